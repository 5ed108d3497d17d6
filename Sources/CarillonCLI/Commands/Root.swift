import ArgumentParser

/// The whole command line.
struct Root: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: ProgramName.current,
      abstract: "Scheduled jobs that survive: stores them, runs them at their time, retries them.",
      discussion: """
        \(ProgramName.examples(
          "serve",
          "schedule publish_post --resource UUID --in 10m",
          "jobs list --status failed"))

        EXIT CODES:
          \(statuses(...ExitStatus.notFound))
          \(statuses(ExitStatus.conflict...))
        """,
      version: "Carillon \(CarillonVersion.current)",
      groupedSubcommands: [
        CommandGroup(
          name: "Jobs",
          subcommands: [
            Schedule.self, JobsCommand.self, OperationsCommand.self, SchedulesCommand.self,
            RunDue.self,
          ]),
        CommandGroup(
          name: "Service",
          subcommands: [
            Serve.self, StatsCommand.self, QueuesCommand.self, BlackoutsCommand.self,
            HandlersCommand.self, TokensCommand.self, AuditCommand.self,
          ]),
        CommandGroup(
          name: "Upkeep",
          subcommands: [Doctor.self, Prune.self, Migrate.self, Move.self, Bench.self]),
      ]
    )
  }

  private static func statuses(_ range: some RangeExpression<ExitStatus>) -> String {
    ExitStatus.allCases.filter(range.contains).map { "\($0.rawValue) \($0.meaning)" }
      .joined(separator: ", ")
  }
}
