import ArgumentParser
import Carillon

/// Makes the jobs of a past range that haven't been made.
struct SchedulesBackfill: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "backfill",
      abstract: "Make the jobs of a past range that haven't been made.",
      usage: ProgramName.usage(
        "schedules backfill NAME --from TIME --to TIME [--dry-run] [options]"),
      discussion: """
        From --from on and before --to, also what was missed or skipped. Unless the overlap policy \
        is allow, the jobs run one after another. Repeating it makes nothing twice.

        \(ProgramName.examples(
          "schedules backfill digest --from 2026-11-02T00:00:00Z --to 2026-11-07T00:00:00Z --dry-run"))
        """)
  }

  @Argument(help: "The schedule.")
  var name: String

  @Option(help: ArgumentHelp("Where the range begins.", valueName: "time"))
  var from: String

  @Option(help: ArgumentHelp("Where it ends; what falls on it isn't made.", valueName: "time"))
  var to: String

  @Flag(help: "Show what would be made, and make nothing.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let from = try OptionText.instant(from, "--from")
    let to = try OptionText.instant(to, "--to")
    let jobs = try await session.withSchedules(common) { schedules, _ in
      dryRun
        ? try await schedules.plannedBackfill(name, from: from, to: to)
        : try await schedules.backfill(name, from: from.date, to: to.date)
    }
    if common.json {
      session.print(.array(jobs.map(\.jsonValue)))
    } else if jobs.isEmpty {
      session.say("Nothing in that range is left to be made.")
    }
    for job in jobs where !common.json {
      session.out.line(
        dryRun
          ? TimeText.exact(job.scheduledAt) : "\(job.uuid.text) \(TimeText.exact(job.scheduledAt))")
    }
    return .done
  }
}
