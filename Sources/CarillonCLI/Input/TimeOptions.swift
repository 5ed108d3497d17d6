import ArgumentParser
import Carillon

/// When a job should run: at a time, in a while, or now.
struct TimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "When: RFC 3339 with an offset, such as 2027-03-01T09:00:00+01:00.", valueName: "time"))
  var at: String?

  @Option(
    name: .customLong("in"),
    help: ArgumentHelp("How long from now: 90s, 10m, 2h, 7d, 1h30m.", valueName: "duration"))
  var delay: String?

  /// The time asked for; nil when none is.
  func time() throws(UsageError) -> ScheduledTime? {
    switch (at, delay) {
    case (nil, nil): return nil
    case (let at?, nil): return .at(try OptionText.instant(at, "--at"))
    case (nil, let delay?): return .in(try OptionText.duration(delay, "--in"))
    case (_?, _?):
      throw UsageError("--at and --in say two different times. Give one of them.")
    }
  }
}
