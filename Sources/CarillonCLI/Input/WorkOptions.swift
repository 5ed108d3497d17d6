import ArgumentParser
import Carillon

/// How much a scheduler of this process works on.
struct WorkOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Jobs at once, over all queues. (default: 10)", valueName: "n"),
    transform: OptionText.whole)
  var concurrency: Int?

  @Option(
    help: ArgumentHelp(
      "Work on these queues alone, so many jobs at once in each: default=10,mail=5.",
      valueName: "name=n,…"))
  var queues: String?

  /// What the flags say; nil when they say nothing.
  func limits() throws(UsageError) -> QueueLimits? {
    switch (concurrency, queues) {
    case (nil, nil): return nil
    case (let count?, nil): return .all(try OptionText.concurrency(count, "--concurrency"))
    case (nil, let text?): return .each(try OptionText.queues(text, "--queues"))
    case (_?, _?):
      throw UsageError(
        "--concurrency and --queues both say how many jobs run at once. Give one of them.")
    }
  }
}
