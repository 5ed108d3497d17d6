import ArgumentParser
import Logging

/// What every command understands.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the jobs are: sqlite:PATH, postgres://… or memory:. (env: CARILLON_STORE; default: \(StoreURL.standard))",
      valueName: "url"))
  var store: String?

  @Flag(help: "Print JSON, and nothing else, on stdout.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "What to log on stderr: trace, debug, info, notice, warning, error, critical. (env: CARILLON_LOG_LEVEL)",
      valueName: "level"))
  var logLevel: String?

  /// The level asked for; `standard` when none is.
  func level(
    standard: Logger.Level, environment: [String: String]
  ) throws(UsageError) -> Logger.Level {
    let variable = environment["CARILLON_LOG_LEVEL"].flatMap { $0.isEmpty ? nil : $0 }
    guard let text = logLevel ?? variable else { return standard }
    guard let level = Logger.Level(rawValue: text.lowercased()) else {
      let levels = Logger.Level.allCases.map(\.rawValue)
      throw UsageError(
        "\(logLevel == nil ? "CARILLON_LOG_LEVEL" : "--log-level"): '\(text)' is no level. It is one "
          + "of \(levels.joined(separator: ", ")).")
    }
    return level
  }
}
