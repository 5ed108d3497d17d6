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

        \(ProgramName.examples(
          "jobs list --status failed", "jobs show UUID", "jobs cancel --resource post/UUID"))
        """,
      subcommands: [
        JobsList.self, JobsShow.self, JobsCancel.self, JobsRetry.self, JobsReschedule.self,
        JobsDelete.self,
      ])
  }
}
