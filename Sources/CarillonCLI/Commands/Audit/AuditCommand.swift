import ArgumentParser

/// Who has done what.
struct AuditCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "audit",
      abstract: "Who has done what to this store.",
      discussion: ProgramName.examples(
        "audit list --since 2d", "audit list --actor ada@host --json"),
      subcommands: [AuditList.self])
  }
}
