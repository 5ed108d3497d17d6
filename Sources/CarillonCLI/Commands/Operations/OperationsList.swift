import ArgumentParser
import Carillon

/// Shows operations, newest first.
struct OperationsList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list", abstract: "List operations, newest first.",
      discussion: ProgramName.examples("operations list", "operations list --unfinished --json"))
  }

  @Flag(help: "Only those that haven't ended.")
  var unfinished = false

  @Option(
    parsing: .unconditional, help: ArgumentHelp("At most so many, up to 10000.", valueName: "n"),
    transform: OptionText.whole)
  var limit = 100

  @Option(help: ArgumentHelp("Go on after this one of an earlier list.", valueName: "uuid"))
  var after: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    guard (1...10_000).contains(limit) else {
      throw UsageError("--limit: \(limit) is out of range; it goes from 1 to 10000.")
    }
    let query = OperationQuery(
      isUnfinished: unfinished, limit: limit,
      after: try after.map { text throws(UsageError) in try OptionText.uuid(text, "--after") })
    let (operations, now) = try await session.withStoreToShow(common) { store in
      (try await store.operations(query), try await store.now())
    }
    if common.json {
      session.print(.array(operations.map(\.jsonValue)))
    } else if operations.isEmpty {
      session.say("There is no operation. `jobs … --filter` begins one.")
    } else {
      OperationsList.table(of: operations, now: now).print(on: session.out)
    }
    return .done
  }

  private static func table(of operations: [JobOperation], now: Instant) -> Table {
    let time = TimeText(now: now)
    var table = Table([
      .init(title: "STATE"), .init(title: "UUID"), .init(title: "ACTION"),
      .init(title: "DONE", isNumber: true), .init(title: "SKIPPED", isNumber: true),
      .init(title: "TOTAL", isNumber: true), .init(title: "BEGUN", leftOut: 1),
      .init(title: "BY", narrowest: 10, leftOut: 2), .init(title: "FILTER", narrowest: 16),
    ])
    for operation in operations {
      table.add([
        .init(operation.state.rawValue), .init(operation.uuid.text),
        .init(operation.command.action), .init("\(operation.done)"), .init("\(operation.skips)"),
        .init("\(operation.total)"), .init(time.relative(operation.insertedAt)),
        .init(operation.startedBy ?? "-"), .init(operation.filterText),
      ])
    }
    return table
  }
}
