import ArgumentParser
import Carillon

/// Changes what a schedule says.
struct SchedulesEdit: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "edit",
      abstract: "Change what a schedule says; what isn't given stays as it is.",
      usage: ProgramName.usage("schedules edit NAME [EXPR] [options]"),
      discussion: """
        none takes away --start, --end, --max-runs, --pause-after, --exclude and --require.

        \(ProgramName.examples(
          "schedules edit digest '0 8 * * MON-FRI'",
          "schedules edit digest --tz Europe/Berlin --end none"))
        """)
  }

  @Argument(help: "The schedule.")
  var name: String

  @Argument(help: ArgumentHelp("When; see `schedules --help`.", valueName: "expr"))
  var expression: String?

  @OptionGroup var definition: DefinitionOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    var changes = try await definition.changes(catalog: session.catalog)
    if let expression {
      _ = try OptionText.recurrence(expression, "EXPR")
      // First, for the rules about the clocks depend on it.
      changes.insert({ $0.recurrence = expression }, at: 0)
    }
    guard !changes.isEmpty else {
      throw UsageError("What should change? Give an EXPR, or options such as --tz ZONE.")
    }
    let all = changes
    return try await ScheduleAction(
      done: { $0.nextSentence },
      act: { schedules, name in
        try await schedules.edit(name) { definition in
          for change in all { try change(&definition) }
        }
      }
    ).run(on: [name], json: common.json, in: session, common)
  }
}
