import ArgumentParser
import Carillon

/// Removes jobs.
struct JobsDelete: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "delete",
      abstract: "Remove jobs that aren't running, with their attempts.",
      usage: ProgramName.usage("jobs delete UUID… [options]"),
      discussion: ProgramName.examples("jobs delete UUID"))
  }

  @Argument(help: "The jobs.")
  var uuid: [String]

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await JobsAction(command: .delete, done: { _ in "deleted" })
      .run(on: uuid, json: common.json, in: session, common)
  }
}
