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

  @Option(help: ArgumentHelp("Who asks for it. (default: $USER)", valueName: "name"))
  var by: String?

  @OptionGroup var pause: PauseOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let end = try pause.end()
    let by = by ?? session.environment["USER"].flatMap { $0.isEmpty ? nil : $0 }
    return try await ScheduleAction(
      done: { "is paused \($0.pauseText)" },
      act: { schedules, name in
        let now = try await schedules.store.now()
        return try await schedules.pause(
          name, until: end?.instant(at: now).date, by: by, why: pause.reason)
      }
    ).run(on: name, json: common.json, in: session, common)
  }
}
