import ArgumentParser
import Carillon

/// Tries failed or cancelled jobs once more.
struct JobsRetry: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "retry",
      abstract: "Try failed or cancelled jobs once more, now.",
      usage: ProgramName.usage(
        "jobs retry UUID… [options]", "jobs retry --filter TERMS [--dry-run | --yes] [options]"),
      discussion: """
        A job whose attempts are spent gets one more. To begin again from the first attempt, use \
        `jobs reschedule`.

        \(ProgramName.examples(
          "jobs retry UUID", "jobs retry --filter 'status:failed queue:mail after:2h'"))
        """)
  }

  @Argument(help: "The jobs.")
  var uuid: [String] = []

  @OptionGroup var bulk: BulkOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    if try bulk.isMeant(besides: uuid) {
      return try await BulkAction(command: .retry, options: bulk).run(in: session, common)
    }
    return try await JobsAction(command: .retry, done: { _ in "is due now" })
      .run(on: uuid, json: common.json, in: session, common)
  }
}
