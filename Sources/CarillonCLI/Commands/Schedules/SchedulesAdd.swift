import ArgumentParser
import Carillon

/// Stores a recurring schedule.
struct SchedulesAdd: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "add",
      abstract: "Store a recurring schedule.",
      usage: ProgramName.usage("schedules add NAME HANDLER EXPR [options]"),
      discussion: ProgramName.examples(
        "schedules add digest send_email '0 9 * * MON-FRI' --tz Europe/Paris",
        "schedules add poll send_email '@every 15m' --overlap skip --misfire skip"))
  }

  @Argument(help: "What the schedule is called.")
  var name: String

  @Argument(help: "A handler's name or job type.")
  var handler: String

  @Argument(help: ArgumentHelp("When; see `schedules --help`.", valueName: "expr"))
  var expression: String

  @OptionGroup var definition: DefinitionOptions

  @Option(help: ArgumentHelp("For a handler of another program.", valueName: "type"))
  var jobType: String?

  @Option(help: ArgumentHelp("For a handler of another program.", valueName: "type"))
  var resourceType: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    _ = try OptionText.recurrence(expression, "EXPR")
    let choice = try HandlerChoice(
      named: handler, jobType: jobType, resourceType: resourceType, in: session.catalog,
      labels: .options)
    var definition = try choice.definition(name: name, recurrence: expression)
    for change in try await self.definition.changes(catalog: session.catalog) {
      try change(&definition)
    }
    // What is wrong with it must not make a store.
    _ = try ScheduleRequest(uuid: session.makeUUID(), name: name, definition: definition)
    let view = try await session.withSchedules(common, mayBeNew: true) { schedules, store in
      ScheduleView(
        schedule: try await schedules.add(name, definition), now: try await store.now())
    }
    if common.json {
      session.print(view.jsonValue)
    } else {
      session.out.line("\(name.harmless) \(view.nextSentence.harmless)")
    }
    return .done
  }
}
