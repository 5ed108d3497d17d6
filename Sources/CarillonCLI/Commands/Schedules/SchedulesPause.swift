import ArgumentParser
import Carillon
import Foundation

/// Lets schedules fire nothing for a while.
struct SchedulesPause: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "pause",
      abstract: "Fire nothing of schedules until a time, or until they are resumed.",
      usage: ProgramName.usage(
        "schedules pause NAME… [--until TIME | --for DURATION] [--reason TEXT] [options]"),
      discussion: """
        What would have fired in a pause isn't caught up. Jobs that exist already go on.

        \(ProgramName.examples(
          "schedules pause digest --for 2d --reason 'the mail server moves'"))
        """)
  }

  @Argument(help: "The schedules.")
  var name: [String]

  @Option(help: ArgumentHelp("When the pause ends by itself.", valueName: "time"))
  var until: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("After how long it ends by itself.", valueName: "duration"))
  var length: String?

  @Option(help: ArgumentHelp("Why; kept with the schedule.", valueName: "text"))
  var reason: String?

  @Option(help: ArgumentHelp("Who asks for it. (default: $USER)", valueName: "name"))
  var by: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let end = try end()
    let by = by ?? session.environment["USER"].flatMap { $0.isEmpty ? nil : $0 }
    return try await ScheduleAction(
      done: { "is paused \($0.pauseText)" },
      act: { schedules, name in
        try await schedules.pause(name, until: try await end(schedules.store), by: by, why: reason)
      }
    ).run(on: name, json: common.json, in: session, common)
  }

  /// When the pause ends, by the store's clock.
  private func end() throws(UsageError) -> @Sendable (any JobStore) async throws -> Date? {
    switch (until, length) {
    case (nil, nil): return { _ in nil }
    case (let until?, nil):
      let instant = try OptionText.instant(until, "--until")
      return { _ in instant.date }
    case (nil, let length?):
      let length = try OptionText.duration(length, "--for")
      return { store in (try await store.now() + length).date }
    case (_?, _?):
      throw UsageError("--until and --for say two different times. Give one of them.")
    }
  }
}
