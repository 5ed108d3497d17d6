import ArgumentParser
import Carillon

/// Makes a job of a schedule now.
struct SchedulesRunNow: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "run-now",
      abstract: "Make a job of a schedule now, and print its uuid.",
      usage: ProgramName.usage("schedules run-now NAME [options]"),
      discussion: """
        Also of one that is paused or has ended. Unless its overlap policy is allow, the job \
        waits for the end of those that haven't ended. It needs a `serve` or `run-due` to run.

        \(ProgramName.examples("schedules run-now digest"))
        """)
  }

  @Argument(help: "The schedule.")
  var name: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let job = try await session.withSchedules(common) { schedules, _ in
      try await schedules.runNow(name)
    }
    if common.json { session.print(job.jsonValue) } else { session.out.line(job.uuid.text) }
    return .done
  }
}
