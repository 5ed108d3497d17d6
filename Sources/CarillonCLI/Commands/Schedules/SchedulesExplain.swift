import ArgumentParser
import Carillon

/// Says what an expression means; opens no store.
struct SchedulesExplain: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "explain",
      abstract: "Say in plain words what an expression means, and when it fires next.",
      usage: ProgramName.usage("schedules explain EXPR [--tz ZONE] [options]"),
      discussion: ProgramName.examples(
        "schedules explain '0 9 * * MON-FRI' --tz Europe/Paris",
        "schedules explain '30 2 * * *' --tz Europe/Paris --after 2027-03-26T00:00:00Z",
        "schedules explain 'RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17' --exclude holidays.txt"))
  }

  @Argument(help: ArgumentHelp("When: cron, @every, @after, @at or RRULE.", valueName: "expr"))
  var expression: String

  @OptionGroup var timetable: TimetableOptions

  // An expression has no runs that could overlap, so the word is plain enough here.
  @Option(help: .hidden)
  var overlap: String?

  @Option(help: ArgumentHelp("The time to begin after; now otherwise.", valueName: "time"))
  var after: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many times to show.", valueName: "n"),
    transform: OptionText.whole)
  var count = 10

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let timetable = try await timetable.timetable(of: expression, overlap: overlap)
    let after = try TimetableOptions.after(after)
    let count = try TimetableOptions.count(count)
    let page = ExplanationPage(timetable: timetable, after: after, count: count)
    if common.json { session.print(page.jsonValue) } else { page.print(on: session.out) }
    return .done
  }
}
