import ArgumentParser
import Carillon

/// Removes jobs.
struct JobsDelete: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "delete",
      abstract: "Remove jobs that aren't running, with their attempts.",
      usage: ProgramName.usage(
        "jobs delete UUID… [options]",
        "jobs delete --filter TERMS [--dry-run | --yes] [options]"),
      discussion: ProgramName.examples(
        "jobs delete UUID", "jobs delete --filter 'status:cancelled before:30d' --dry-run"))
  }

  @Argument(help: "The jobs.")
  var uuid: [String] = []

  @OptionGroup var bulk: BulkOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    if try bulk.isMeant(besides: uuid) {
      return try await BulkAction(command: .delete, options: bulk).run(in: session, common)
    }
    return try await JobsAction(command: .delete, done: { _ in "deleted" })
      .run(on: uuid, json: common.json, in: session, common)
  }
}
