import ArgumentParser

/// What can be done with stored jobs.
struct JobsCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "jobs",
      abstract: "Look at stored jobs, and act on them.",
      discussion: ProgramName.examples(
        "jobs list --status failed", "jobs show 018f3c1e-7b2a-7c4d-9e8f-0123456789ab",
        "jobs cancel --resource post/018f3c1e-7b2a-7c4d-9e8f-0123456789ab"),
      subcommands: [
        JobsList.self, JobsShow.self, JobsCancel.self, JobsRetry.self, JobsReschedule.self,
        JobsDelete.self,
      ])
  }
}
