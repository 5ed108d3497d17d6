import ArgumentParser
import Carillon

/// What a schedule says, as far as options tell it.
struct DefinitionOptions: ParsableArguments {
  @OptionGroup var timetable: TimetableOptions

  @Option(help: ArgumentHelp("What the jobs work on.", valueName: "uuid"))
  var resource: String?

  @Option(help: ArgumentHelp("A JSON object for the handler.", valueName: "json"))
  var args: String?

  @Option(help: ArgumentHelp("The queue; the handler's otherwise.", valueName: "name"))
  var queue: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Higher runs first; the handler's otherwise.", valueName: "n"),
    transform: OptionText.whole)
  var priority: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Attempts of each job; the handler's otherwise.", valueName: "n"),
    transform: OptionText.whole)
  var maxAttempts: Int?

  @Option(help: ArgumentHelp("Ends after so many runs.", valueName: "n"))
  var maxRuns: String?

  @Option(
    help: ArgumentHelp(
      "Missed: skip, once, all or all:MAX:WINDOW. (default: once)", valueName: "policy"))
  var misfire: String?

  @Option(help: ArgumentHelp("How late is missed. (default: 1m)", valueName: "duration"))
  var misfireThreshold: String?

  @Option(
    help: ArgumentHelp(
      "While a job of it hasn't ended: skip, buffer_one, buffer_all, cancel_other or allow.",
      valueName: "policy"))
  var overlap: String?

  @Option(help: ArgumentHelp("Starts each job up to so much later.", valueName: "duration"))
  var jitter: String?

  @Option(help: ArgumentHelp("Pauses it after so many failed jobs in a row.", valueName: "n"))
  var pauseAfter: String?

  /// The changes that the options ask for; all that can be wrong with a text is said here.
  func changes(catalog: HandlerCatalog) async throws -> [DefinitionChange] {
    try await timetable.changes() + limits() + policies() + job(catalog)
  }

  private func job(_ catalog: HandlerCatalog) throws(UsageError) -> [DefinitionChange] {
    var changes: [DefinitionChange] = []
    if let resource {
      let uuid = try OptionText.uuid(resource, "--resource")
      changes.append { $0.resource = Resource($0.resource.type, uuid) }
    }
    if let args {
      let args = try OptionText.args(args)
      changes.append { definition in
        definition.args = args
        // They are written for the handler as this program has it.
        if let entry = catalog.entry(named: definition.handlerModule) {
          definition.argsVersion = entry.type.argsVersion
        }
      }
    }
    if let queue { changes.append { $0.queue = queue } }
    if let priority { changes.append { $0.priority = priority } }
    if let maxAttempts { changes.append { $0.maxAttempts = maxAttempts } }
    return changes
  }

  private func limits() throws(UsageError) -> [DefinitionChange] {
    var changes: [DefinitionChange] = []
    if let maxRuns {
      let count = try OptionText.wholeOrNone(maxRuns, "--max-runs")
      changes.append { $0.maxRuns = count }
    }
    if let pauseAfter {
      let count = try OptionText.wholeOrNone(pauseAfter, "--pause-after")
      changes.append { $0.pauseAfterFailures = count }
    }
    return changes
  }

  private func policies() throws(UsageError) -> [DefinitionChange] {
    var changes: [DefinitionChange] = []
    if let misfire {
      let policy: MisfirePolicy
      do {
        policy = try MisfirePolicy(misfire)
      } catch {
        throw UsageError("--misfire: \(error.description)")
      }
      changes.append { $0.misfirePolicy = policy }
    }
    if let misfireThreshold {
      let threshold = try OptionText.duration(misfireThreshold, "--misfire-threshold")
      changes.append { $0.misfireThreshold = threshold }
    }
    if let overlap {
      if ClockChange.Overlap(rawValue: overlap.lowercased()) != nil {
        throw UsageError(
          "--overlap: '\(overlap)' is a rule for local times that come twice. Say it with "
            + "--clock-overlap; --overlap is about jobs that haven't ended.")
      }
      let policy: OverlapPolicy = try OptionText.choice(
        overlap.replacing("-", with: "_"), "--overlap")
      changes.append { $0.overlapPolicy = policy }
    }
    if let jitter {
      let jitter = try OptionText.duration(jitter, "--jitter")
      changes.append { $0.jitter = jitter }
    }
    return changes
  }
}

/// One thing that a schedule is to say instead of what it says.
typealias DefinitionChange = @Sendable (inout ScheduleDefinition) throws -> Void

extension TimetableOptions {
  /// The changes that the options ask for, of a schedule that says something already.
  fileprivate func changes() async throws -> [DefinitionChange] {
    var changes: [DefinitionChange] = []
    if let tz {
      let zone = try OptionText.zone(tz, "--tz").name
      changes.append { $0.timeZone = zone }
    }
    if let start {
      let start = try OptionText.instantOrNone(start, "--start")
      changes.append { $0.startAt = start }
    }
    if let end {
      let end = try OptionText.instantOrNone(end, "--end")
      changes.append { $0.endAt = end }
    }
    return try await changes + clockChanges() + calendarChanges()
  }

  private func clockChanges() throws(UsageError) -> [DefinitionChange] {
    let (gap, overlap) = (try gapRule(), try overlapRule())
    guard gap != nil || overlap != nil else { return [] }
    return [
      { definition in
        let recurrence = try OptionText.recurrence(definition.recurrence, "EXPR")
        definition.clockChange = ClockChange(
          recurrence, gap: gap ?? definition.clockChange?.gap,
          overlap: overlap ?? definition.clockChange?.overlap)
      }
    ]
  }

  private func calendarChanges() async throws -> [DefinitionChange] {
    let collision: CalendarRules.Collision? = try onCollision.map { text throws(UsageError) in
      try OptionText.choice(text, "--on-collision")
    }
    guard collision != nil || !exclude.isEmpty || !require.isEmpty else { return [] }
    let excluded = try await TimetableOptions.calendarsOrNone(exclude, "--exclude")
    let required = try await TimetableOptions.calendarsOrNone(require, "--require")
    return [
      { definition in
        let known = definition.calendars
        definition.calendars = CalendarRules(
          excluding: excluded ?? known.excluded, requiring: required ?? known.required,
          onCollision: collision ?? known.collision)
      }
    ]
  }

  /// Nil where the option isn't given; an empty list for `none`.
  private static func calendarsOrNone(
    _ paths: [String], _ option: String
  ) async throws -> [ScheduleCalendar]? {
    if paths.isEmpty { return nil }
    return paths == [OptionText.none] ? [] : try await calendars(paths, option)
  }
}
