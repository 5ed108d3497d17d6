import ArgumentParser
import Carillon

/// Which jobs a command is for, where a filter says that instead of UUIDs.
struct BulkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("All jobs that these terms mean; see `jobs list`.", valueName: "terms"))
  var filter: String?

  @Flag(help: "With --filter: say how many jobs it means, and change nothing.")
  var dryRun = false

  @Flag(help: "With --filter: don't ask.")
  var yes = false

  /// Whether a filter says which jobs are meant, rather than UUIDs; throws unless just one does.
  func isMeant(besides uuids: [String]) throws(UsageError) -> Bool {
    guard let filter else {
      guard !dryRun, !yes else {
        throw UsageError("\(dryRun ? "--dry-run" : "--yes") goes with --filter alone.")
      }
      guard !uuids.isEmpty else {
        throw UsageError("Which jobs? Give their UUIDs, or --filter TERMS.")
      }
      return false
    }
    guard uuids.isEmpty else {
      throw UsageError("UUIDs and --filter can't stand together. Give one of them.")
    }
    guard filter.contains(where: { !$0.isWhitespace }) else {
      throw UsageError(
        "--filter: without a term it means every job. Say what they have in common, such as "
          + "status:failed; 'priority:>=0' is all of them.")
    }
    return true
  }
}
