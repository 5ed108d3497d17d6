import ArgumentParser
import Carillon
import Foundation

/// Shows one schedule: what it says, when it fires next, what became of its occurrences.
struct SchedulesShow: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "show",
      abstract: "Show one schedule: what it says, what is to come, and its history.",
      usage: ProgramName.usage("schedules show NAME [options]"),
      discussion: ProgramName.examples("schedules show nightly", "schedules show nightly --json"))
  }

  @Argument(help: "The schedule.")
  var name: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many occurrences of its history, newest first.", valueName: "n"),
    transform: OptionText.whole)
  var limit = 10

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    guard (0...1_000).contains(limit) else {
      throw UsageError("--limit: \(limit) is out of range; it goes from 0 to 1000.")
    }
    let page = try await session.withSchedules(common) { schedules, store in
      let schedule = try await schedules.named(name)
      let history = limit == 0 ? [] : try await schedules.history(name, limit: limit)
      var statuses: [UUID: JobStatus] = [:]
      for uuid in history.compactMap(\.jobUUID) {
        statuses[uuid] = try await store.job(uuid)?.status
      }
      return SchedulePage(
        view: ScheduleView(schedule: schedule, now: try await store.now()), history: history,
        statuses: statuses)
    }
    if common.json { session.print(page.jsonValue) } else { page.print(on: session.out) }
    return .done
  }
}
