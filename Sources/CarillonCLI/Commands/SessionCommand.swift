import ArgumentParser
import Logging

/// A command that works on a session and answers with a status; what it throws has one too.
protocol SessionCommand: ParsableCommand, Sendable {
  var common: CommonOptions { get }

  /// The least that is logged when nobody says otherwise; warnings.
  static var standardLogLevel: Logger.Level { get }

  func run(in session: Session) async throws -> ExitStatus
}

extension SessionCommand {
  static var standardLogLevel: Logger.Level { .warning }

  func logLevel(in session: Session) throws(UsageError) -> Logger.Level {
    try common.level(standard: Self.standardLogLevel, environment: session.environment)
  }
}

/// What the running program is called, so that the help's examples can be copied.
enum ProgramName {
  @TaskLocal static var current = "carillon"

  /// The ways to call a command, each the arguments after the program's name.
  static func usage(_ lines: String...) -> String {
    lines.map { "\(current) \($0)" }.joined(separator: "\n       ")
  }

  /// The examples of a command, each the arguments after the program's name.
  static func examples(_ lines: String...) -> String {
    "EXAMPLES:\n" + lines.map { "  \(current) \($0)" }.joined(separator: "\n")
  }
}
