import ArgumentParser
import Carillon

/// Gives a job a new time.
struct JobsReschedule: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "reschedule",
      abstract: "Give a job a new time; one that has ended begins a new run.",
      usage: ProgramName.usage(
        "jobs reschedule UUID… (--at TIME | --in DURATION) [options]",
        "jobs reschedule --filter TERMS (--at TIME | --in DURATION) [--dry-run | --yes] [options]"),
      discussion: ProgramName.examples(
        "jobs reschedule UUID --in 2h",
        "jobs reschedule UUID --at 2027-03-01T09:00:00+01:00",
        "jobs reschedule --filter 'status:failed error:timeout' --in 1h"))
  }

  @Argument(help: "The jobs.")
  var uuid: [String] = []

  @OptionGroup var bulk: BulkOptions
  @OptionGroup var when: TimeOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    guard let time = try when.time() else {
      throw UsageError("When? Give --at TIME or --in DURATION.")
    }
    if try bulk.isMeant(besides: uuid) {
      return try await BulkAction(command: .reschedule(time), options: bulk)
        .run(in: session, common)
    }
    return try await JobsAction(
      command: .reschedule(time),
      done: { "is scheduled for \(TimeText.exact($0.scheduledAt))" }
    ).run(on: uuid, json: common.json, in: session, common)
  }
}
