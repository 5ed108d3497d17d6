import ArgumentParser
import Carillon

/// Times at which nothing of a queue, a handler or a resource type starts.
struct BlackoutsCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "blackouts",
      abstract: "List, add and remove times at which a queue, handler or resource type is closed.",
      discussion: ProgramName.examples(
        "blackouts add night --queue mail --window '22:00-06:00' --tz Europe/Paris",
        "blackouts list", "blackouts rm night"),
      subcommands: [BlackoutsList.self, BlackoutsAdd.self, BlackoutsRemove.self])
  }
}

/// Shows all blackouts.
struct BlackoutsList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list",
      abstract: "List blackouts, and which of them close something just now.",
      discussion: ProgramName.examples("blackouts list", "blackouts list --json"))
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let (gates, now) = try await session.withStoreToShow(common) { store in
      (try await store.gates(), try await store.now())
    }
    for gate in gates.unreadable {
      session.warn("The blackout '\(gate.name)' can't be read: \(gate.why)")
    }
    if common.json {
      session.print(.array(gates.blackouts.map { $0.jsonValue(at: now) }))
    } else if gates.blackouts.isEmpty {
      session.say("There is no blackout. `blackouts add` makes one.")
    } else {
      BlackoutsList.table(of: gates.blackouts, now: now).print(on: session.out)
    }
    return .done
  }

  private static func table(of blackouts: [Blackout], now: Instant) -> Table {
    var table = Table([
      .init(title: "NAME", narrowest: 10), .init(title: "CLOSES", narrowest: 14),
      .init(title: "NOW"), .init(title: "WINDOWS", narrowest: 16),
      .init(title: "TIME ZONE", leftOut: 2), .init(title: "REASON", narrowest: 10, leftOut: 1),
    ])
    for blackout in blackouts {
      let state: Table.Cell =
        if !blackout.isClosed(at: now) {
          .init("open", .green)
        } else if let opening = blackout.nextOpening(after: now) {
          .init("closed until \(TimeText.exact(opening))", .yellow)
        } else {
          .init("never opens", .red)
        }
      let windows = blackout.windows
      table.add([
        .init(blackout.name), .init("\(blackout.scope)"), state,
        .init(windows.prefix(3).joined(separator: "; ") + (windows.count > 3 ? "; …" : "")),
        .init(blackout.zone.name), .init(blackout.reason ?? ""),
      ])
    }
    return table
  }
}

/// Stores a blackout.
struct BlackoutsAdd: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "add",
      abstract: "Close a queue, handler or resource type at the times of a calendar.",
      usage: ProgramName.usage(
        "blackouts add NAME (--queue Q | --handler H | --resource-type T) "
          + "(--window WINDOW | --calendar FILE)… [--tz ZONE] [--reason TEXT] [options]"),
      discussion: """
        WINDOW is days, times or both: SAT,SUN or 22:00-06:00 or 'MON-FRI 09:00-17:00'; or a date \
        such as 2027-12-25, 2027-12-24/2027-12-31 or *-12-25. FILE is what `schedules add \
        --exclude` takes. A blackout of the same name is replaced.

        \(ProgramName.examples(
          "blackouts add night --queue mail --window 22:00-06:00 --tz Europe/Paris",
          "blackouts add holidays --resource-type invoice --calendar holidays.ics"))
        """)
  }

  @Argument(help: "What it is called.")
  var name: String

  @Option(help: ArgumentHelp("The queue that it closes.", valueName: "name"))
  var queue: String?

  @Option(help: ArgumentHelp("The handler, or its job type.", valueName: "name"))
  var handler: String?

  @Option(help: ArgumentHelp("The resource type.", valueName: "name"))
  var resourceType: String?

  @Option(help: ArgumentHelp("A time at which it is closed.", valueName: "window"))
  var window: [String] = []

  @Option(help: ArgumentHelp("A file of such times.", valueName: "file"))
  var calendar: [String] = []

  @Option(help: ArgumentHelp("An IANA time zone. (default: UTC)", valueName: "zone"))
  var tz: String?

  @Option(help: ArgumentHelp("Why; shown wherever it closes something.", valueName: "text"))
  var reason: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let zone = try OptionText.zone(tz ?? "UTC", "--tz")
    var calendars = try await TimetableOptions.calendars(calendar, "--calendar")
    if !window.isEmpty { calendars.append(try windows()) }
    guard !calendars.isEmpty else {
      throw UsageError("When? Give --window, such as 22:00-06:00, or --calendar with a file.")
    }
    return try await session.withStore(common) { store in
      let request = try BlackoutRequest(
        name, try await scope(session, store), calendars: CalendarRules(excluding: calendars),
        in: zone, reason: reason)
      switch try await store.apply(.addBlackout(request, by: session.user)) {
      case .added(let blackout, let replaced):
        let now = try await store.now()
        tell(blackout, replaced, now, in: session)
        return .done
      case .refused(let refusal): throw refusal
      case .paused, .resumed, .removed: return .failed
      }
    }
  }

  private func windows() throws(UsageError) -> ScheduleCalendar {
    do {
      return try ScheduleCalendar(name, reading: window.joined(separator: "\n"))
    } catch {
      throw UsageError("--window: \(error.description)")
    }
  }

  private func scope(_ session: Session, _ store: any JobStore) async throws -> GateScope {
    switch (queue, handler, resourceType) {
    case (let queue?, nil, nil): return .queue(queue)
    case (nil, let handler?, nil): return try await session.handlerScope(handler, in: store)
    case (nil, nil, let type?): return .resourceType(type)
    case (nil, nil, nil):
      throw UsageError("What does it close? Give --queue, --handler or --resource-type.")
    case (_, _, _):
      throw UsageError(
        "A blackout closes one thing. Give one of --queue, --handler and "
          + "--resource-type.")
    }
  }

  private func tell(
    _ blackout: Blackout, _ replaced: Blackout?, _ now: Instant, in session: Session
  ) {
    if common.json {
      var members = blackout.jsonValue(at: now).object ?? [:]
      members["replaced"] = replaced?.jsonValue(at: now) ?? .null
      session.print(.object(members))
    } else {
      let windows = blackout.windows.prefix(5).joined(separator: "; ")
      session.out.line(
        "'\(blackout.name)' closes \(blackout.scope): \(windows) (\(blackout.zone.name))".harmless)
      if let replaced { session.say("It took the place of one that closed \(replaced.scope).") }
    }
    if blackout.isClosed(at: now), blackout.nextOpening(after: now) == nil {
      session.warn("It doesn't open within ten years.")
    }
  }
}

/// Removes a blackout.
struct BlackoutsRemove: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "rm",
      abstract: "Remove a blackout; what it closed just now opens at once.",
      usage: ProgramName.usage("blackouts rm NAME [options]"),
      discussion: ProgramName.examples("blackouts rm night"))
  }

  @Argument(help: "The blackout.")
  var name: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await session.withStore(common) { store in
      switch try await store.apply(.removeBlackout(name)) {
      case .removed(_, let blackout):
        if common.json {
          let now = try await store.now()
          session.print(blackout?.jsonValue(at: now) ?? ["name": .string(name)])
        } else {
          session.out.line("\(name) removed".harmless)
        }
        return .done
      case .refused(.noBlackout):
        let names = try await store.gates().blackouts.map(\.name)
        throw CommandFailure(
          status: .notFound,
          description: GateRefusal.noBlackout(name).description
            + DidYouMean.question(about: name, among: names))
      case .refused(let refusal): throw refusal
      case .paused, .resumed, .added: return .failed
      }
    }
  }
}
