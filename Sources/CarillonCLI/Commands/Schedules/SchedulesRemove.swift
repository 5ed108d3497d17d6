import ArgumentParser
import Carillon

/// Removes schedules.
struct SchedulesRemove: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "rm",
      abstract: "Remove schedules with their history; jobs that have started go on.",
      usage: ProgramName.usage("schedules rm NAME… [options]"),
      discussion: """
        One that a program declares comes back when such a program starts: pause it instead.

        \(ProgramName.examples("schedules rm digest"))
        """)
  }

  @Argument(help: "The schedules.")
  var name: [String]

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await ScheduleAction(
      done: { _ in "removed" }, act: { schedules, name in try await schedules.remove(name) }
    ).run(on: name, json: common.json, in: session, common)
  }
}
