import ArgumentParser
import Carillon

/// Deletes jobs that ended long ago.
struct Prune: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "prune",
      abstract: "Delete jobs that ended long ago, with their attempts.",
      usage: ProgramName.usage("prune [--older-than 7d] [--status STATUS]… [options]"),
      discussion: """
        `serve` does this by itself every minute, for jobs older than 7 days.

        \(ProgramName.examples(
          "prune", "prune --older-than 12h --status executed --status cancelled"))
        """)
  }

  @Option(help: ArgumentHelp("How long ago they ended at least.", valueName: "duration"))
  var olderThan = "7d"

  @Option(
    help: ArgumentHelp(
      "Only these: executed, failed, cancelled. May be repeated. (default: all three)",
      valueName: "status"))
  var status: [String] = []

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let age = try OptionText.duration(olderThan, "--older-than")
    let statuses = try statuses()
    let deleted = try await session.withStore(common) { store in
      var deleted = 0
      while true {
        let count = try await store.prune(olderThan: age, statuses: statuses, limit: 500)
        deleted += count
        if count < 500 { return deleted }
      }
    }
    if common.json {
      session.print(.object(["deleted": JSONValue(deleted)]))
    } else {
      session.out.line("deleted: \(deleted)")
    }
    return .done
  }

  private func statuses() throws(UsageError) -> Set<JobStatus> {
    var statuses: Set<JobStatus> = []
    for text in status {
      let status = try OptionText.status(text, "--status")
      guard status.isFinal else {
        throw UsageError(
          "--status: \(status.rawValue) jobs haven't ended and are never pruned. `jobs cancel` and "
            + "`jobs delete` act on them.")
      }
      statuses.insert(status)
    }
    return statuses.isEmpty ? [.executed, .failed, .cancelled] : statuses
  }
}
