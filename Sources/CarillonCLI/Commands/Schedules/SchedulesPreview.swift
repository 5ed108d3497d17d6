import ArgumentParser
import Carillon

/// Shows when a schedule fires in a range, or would have fired; changes nothing.
struct SchedulesPreview: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "preview",
      abstract: "Show when a schedule fires in a range, past or future; nothing runs.",
      usage: ProgramName.usage("schedules preview NAME [--from TIME] [--to TIME] [options]"),
      discussion: """
        By what the schedule says, whether it is paused or not. What became of past occurrences is \
        in `schedules show`.

        \(ProgramName.examples(
          "schedules preview digest --to 2027-04-01T00:00:00Z",
          "schedules preview digest --from 2026-10-20T00:00:00Z --to 2026-10-30T00:00:00Z"))
        """)
  }

  @Argument(help: "The schedule.")
  var name: String

  @Option(help: ArgumentHelp("Where the range begins; now otherwise.", valueName: "time"))
  var from: String?

  @Option(help: ArgumentHelp("Where it ends; open otherwise.", valueName: "time"))
  var to: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("At most so many.", valueName: "n"),
    transform: OptionText.whole)
  var count = 100

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let from = try from.map { text throws(UsageError) in try OptionText.instant(text, "--from") }
    let to = try to.map { text throws(UsageError) in try OptionText.instant(text, "--to") }
    let count = try TimetableOptions.count(count)
    let (schedule, now) = try await session.withSchedules(common) { schedules, store in
      (try await schedules.named(name), try await store.now())
    }
    let begin = from ?? now
    if let to, to < begin {
      throw UsageError("The range is empty: --to, \(to.rfc3339), lies before its beginning.")
    }
    let timetable = try schedule.definition.timetable()
    let end = to ?? Instant.representable.upperBound
    let page = OccurrenceTable(
      timetable: timetable, after: begin - .microseconds(1), through: end, count: count)
    if common.json {
      session.print(page.jsonValue)
    } else if page.isEmpty {
      session.say("It doesn't fire in that range.")
    } else {
      page.print(on: session.out)
      if to != nil, let last = page.last, page.count == count,
        timetable.next(after: last).map({ $0.nominal <= end }) ?? false
      {
        session.say("The first \(count). Further ones: --count, or --from \(last.rfc3339)")
      }
    }
    return .done
  }
}
