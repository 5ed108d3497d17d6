import ArgumentParser
import Carillon

/// Shows the recurring schedules, by name.
struct SchedulesList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list",
      abstract: "List the recurring schedules, by name.",
      usage: ProgramName.usage("schedules list [options]"),
      discussion: ProgramName.examples("schedules list", "schedules list --json"))
  }

  @Option(
    parsing: .unconditional, help: ArgumentHelp("At most so many, up to 10000.", valueName: "n"),
    transform: OptionText.whole)
  var limit = 1_000

  @Option(help: ArgumentHelp("Go on after this name of an earlier list.", valueName: "name"))
  var after: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    guard (1...10_000).contains(limit) else {
      throw UsageError("--limit: \(limit) is out of range; it goes from 1 to 10000.")
    }
    let (schedules, now) = try await session.withStoreToShow(common) { store in
      (try await Schedules(store: store).list(limit: limit, after: after), try await store.now())
    }
    let views = schedules.map { ScheduleView(schedule: $0, now: now) }
    if common.json {
      session.print(.array(views.map(\.jsonValue)))
    } else if views.isEmpty {
      session.say(
        after == nil ? "There is no schedule yet. `schedules add` stores one." : "No more.")
    } else {
      table(of: views).print(on: session.out)
      if views.count == limit, session.out.isTerminal, let last = views.last {
        session.say("The first \(views.count). Further ones: --after \(last.schedule.name)")
      }
    }
    return .done
  }

  private func table(of views: [ScheduleView]) -> Table {
    var table = Table([
      .init(title: "NAME", narrowest: 12), .init(title: "STATE"), .init(title: "NEXT"),
      .init(title: "AT", leftOut: 3), .init(title: "RECURRENCE", narrowest: 14),
      .init(title: "ZONE", narrowest: 10, leftOut: 1),
      .init(title: "LAST", leftOut: 2), .init(title: "PAUSED", narrowest: 16, leftOut: 4),
    ])
    for view in views {
      let schedule = view.schedule
      table.add([
        .init(schedule.name), .init(view.stateText, view.stateStyle),
        .init(view.nextText, view.isOverdue ? .yellow : .plain),
        .init(schedule.nextAt.map { TimeText.exact($0) } ?? "", .dim),
        .init(schedule.definition.recurrence), .init(schedule.definition.timeZone),
        .init(schedule.lastAt.map(TimeText(now: view.now).relative) ?? "-"),
        .init(view.pauseText, .yellow),
      ])
    }
    return table
  }
}
