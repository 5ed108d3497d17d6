import ArgumentParser
import Carillon

/// Ends pauses.
struct SchedulesResume: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "resume",
      abstract: "End pauses; each goes on with its next occurrence from now.",
      usage: ProgramName.usage("schedules resume NAME… [options]"),
      discussion: ProgramName.examples("schedules resume digest"))
  }

  @Argument(help: "The schedules.")
  var name: [String]

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await ScheduleAction(
      done: { $0.nextSentence }, act: { schedules, name in try await schedules.resume(name) }
    ).run(on: name, json: common.json, in: session, common)
  }
}
