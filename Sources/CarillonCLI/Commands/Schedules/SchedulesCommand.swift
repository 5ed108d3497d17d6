import ArgumentParser

/// Recurring schedules, and what expressions mean.
struct SchedulesCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "schedules",
      abstract: "Recurring schedules, and what an expression means.",
      discussion: """
        EXPR is cron with five fields or six (seconds first), @daily and the like, @every 15m, \
        @after 10m, @at 2027-03-28T09:00, or RRULE:… with DTSTART:…, RDATE:…, EXDATE:… beside it.

        What acts on schedules tells of each, and exits by the worst. With --json one name prints \
        the record; several print an array.

        \(ProgramName.examples(
          "schedules add digest send_email '0 9 * * MON-FRI' --tz Europe/Paris",
          "schedules explain '0 9 * * MON-FRI' --tz Europe/Paris",
          "schedules next @hourly --count 3"))
        """,
      groupedSubcommands: [
        CommandGroup(
          name: "Stored schedules",
          subcommands: [
            SchedulesList.self, SchedulesShow.self, SchedulesAdd.self, SchedulesEdit.self,
            SchedulesPause.self, SchedulesResume.self, SchedulesRemove.self,
          ]),
        CommandGroup(
          name: "Runs",
          subcommands: [SchedulesRunNow.self, SchedulesBackfill.self, SchedulesPreview.self]),
        CommandGroup(
          name: "Expressions", subcommands: [SchedulesExplain.self, SchedulesNext.self]),
      ])
  }
}
