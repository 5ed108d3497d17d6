import ArgumentParser
import Carillon

/// Says when an expression fires next, for programs; opens no store.
struct SchedulesNext: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "next",
      abstract: "Print the next instants of an expression, in UTC.",
      usage: ProgramName.usage(
        "schedules next EXPR [--tz ZONE] [--after TIME] [--count N] [options]",
        "schedules next --from FILE"),
      discussion: """
        --from answers many questions: each line is a JSON object with expr and, where wanted, tz, \
        gap, overlap, after and count; its answer is a line {"next":[…]} or {"error":"…"}, as soon as it is known.

        \(ProgramName.examples(
          "schedules next '0 9 * * MON-FRI' --tz Europe/Paris --count 3",
          "schedules next @daily --after 2027-01-01T00:00:00Z --json",
          "schedules next --from questions.jsonl"))
        """)
  }

  @Argument(help: ArgumentHelp("When: cron, @every, @after, @at or RRULE.", valueName: "expr"))
  var expression: String?

  @OptionGroup var timetable: TimetableOptions

  // An expression has no runs that could overlap, so the word is plain enough here.
  @Option(help: .hidden)
  var overlap: String?

  @Option(help: ArgumentHelp("The time to begin after; now otherwise.", valueName: "time"))
  var after: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many; 1 otherwise.", valueName: "n"),
    transform: OptionText.whole)
  var count: Int?

  @Option(help: ArgumentHelp("A file with a question a line; - for stdin.", valueName: "file"))
  var from: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    if let from {
      if let name = optionBesideFrom {
        throw UsageError(
          "\(name) can't stand beside --from: each line of the file says it all.")
      }
      return try await QuestionStream(path: from).answer(on: session.out.sink)
    }
    guard let expression else {
      throw UsageError("Which expression? Give one, such as '0 9 * * MON-FRI', or --from FILE.")
    }
    let timetable = try await timetable.timetable(of: expression, overlap: overlap)
    let instants = timetable.instants(
      after: try TimetableOptions.after(after), count: try TimetableOptions.count(count ?? 1))
    if common.json {
      session.print(["next": .array(instants.map { .string($0.shortText) })])
    } else if instants.isEmpty {
      session.say("It doesn't fire any more.")
    } else {
      session.out.line(instants.map(\.shortText).joined(separator: "\n"))
    }
    return .done
  }

  private var optionBesideFrom: String? {
    let given: [(String, Bool)] = [
      ("EXPR", expression != nil), ("--after", after != nil), ("--count", count != nil),
      ("--overlap", overlap != nil),
    ]
    return timetable.given ?? given.first(where: \.1)?.0
  }
}

extension Timetable {
  /// The nominal times of the next occurrences.
  func instants(after instant: Instant, count: Int) -> [Instant] {
    occurrences(after: instant, through: Instant.representable.upperBound).prefix(count)
      .map(\.nominal)
  }
}
