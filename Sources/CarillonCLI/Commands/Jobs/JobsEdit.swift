import ArgumentParser
import Carillon

/// Gives pending jobs another priority, queue or number of attempts.
struct JobsEdit: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "edit",
      abstract: "Give pending jobs another priority, queue or number of attempts.",
      usage: ProgramName.usage(
        "jobs edit UUID… [--priority N] [--queue NAME] [--max-attempts N] [options]",
        "jobs edit --filter TERMS [--priority N] … [--dry-run | --yes] [options]"),
      discussion: """
        Attempts that are spent stay within: there is at least one more. What a job does, and what \
        it works on, can't be changed.

        \(ProgramName.examples(
          "jobs edit UUID --priority 10",
          "jobs edit --filter 'status:pending queue:mail' --queue mail-slow --yes"))
        """)
  }

  @Argument(help: "The jobs.")
  var uuid: [String] = []

  @OptionGroup var bulk: BulkOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Higher runs first; from 0 on.", valueName: "n"),
    transform: OptionText.whole)
  var priority: Int?

  @Option(help: ArgumentHelp("The queue it goes to.", valueName: "name"))
  var queue: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many attempts it has in all.", valueName: "n"),
    transform: OptionText.whole)
  var maxAttempts: Int?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let edit = try JobEdit(priority: priority, queue: queue, maxAttempts: maxAttempts)
    guard !edit.isEmpty else {
      throw UsageError("What is to change? Give --priority, --queue or --max-attempts.")
    }
    if try bulk.isMeant(besides: uuid) {
      return try await BulkAction(command: .edit(edit), options: bulk).run(in: session, common)
    }
    return try await JobsAction(
      command: .edit(edit),
      done: {
        "is in queue \($0.queue) with priority \($0.priority), "
          + "\(counted($0.maxAttempts, "attempt"))"
      }
    ).run(on: uuid, json: common.json, in: session, common)
  }
}
