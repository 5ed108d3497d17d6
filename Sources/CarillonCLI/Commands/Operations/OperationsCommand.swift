import ArgumentParser

/// Commands on many jobs, as `jobs … --filter` begins them.
struct OperationsCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "operations",
      abstract: "Look at commands on many jobs, stop them, go on with them.",
      discussion: """
        `jobs … --filter` and POST /api/v1/operations begin them. Nodes that serve go on with what \
        is unfinished; `run` does so here and now.

        \(ProgramName.examples("operations list", "operations cancel UUID"))
        """,
      subcommands: [
        OperationsList.self, OperationsShow.self, OperationsCancel.self, OperationsRun.self,
      ])
  }
}
