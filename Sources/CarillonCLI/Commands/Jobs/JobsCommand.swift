import ArgumentParser

/// What can be done with stored jobs.
struct JobsCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "jobs",
      abstract: "Look at stored jobs, and act on them.",
      discussion: """
        What acts on jobs takes one UUID or several, tells of each, and exits by the worst. With \
        --json one UUID prints the record; several, or --resource, print an array.

        --filter acts on all jobs that its terms mean, and prints the operation. Its batches are \
        gone on with by `serve` if this process ends early.

        \(ProgramName.examples(
          "jobs list --status failed", "jobs show UUID", "jobs cancel --resource post/UUID",
          "jobs retry --filter 'status:failed queue:mail' --dry-run"))
        """,
      subcommands: [
        JobsList.self, JobsShow.self, JobsCancel.self, JobsRetry.self, JobsReschedule.self,
        JobsEdit.self, JobsDelete.self,
      ])
  }
}
