import ArgumentParser

/// Recurring schedules, and what expressions mean.
struct SchedulesCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "schedules",
      abstract: "Recurring schedules: what an expression means, and when it fires.",
      discussion: """
        EXPR is cron with five fields or six (seconds first), @daily and the like, @every 15m, \
        @after 10m, @at 2027-03-28T09:00, or RRULE:… with DTSTART:…, RDATE:…, EXDATE:… beside it.

        \(ProgramName.examples(
          "schedules explain '0 9 * * MON-FRI' --tz Europe/Paris",
          "schedules next @hourly --count 3"))
        """,
      subcommands: [SchedulesExplain.self, SchedulesNext.self])
  }
}
