import ArgumentParser

/// What can be done with stored jobs.
struct JobsCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "jobs",
      abstract: "Look at stored jobs, and act on them.",
      discussion: ProgramName.examples(
        "jobs list --status failed", "jobs show UUID",
        "jobs cancel --resource post/UUID"),
      subcommands: [
        JobsList.self, JobsShow.self, JobsCancel.self, JobsRetry.self, JobsReschedule.self,
        JobsDelete.self,
      ])
  }
}
