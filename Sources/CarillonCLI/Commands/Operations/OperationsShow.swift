import ArgumentParser
import Carillon

/// Shows one operation.
struct OperationsShow: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "show", abstract: "Show an operation, and how far it has come.",
      discussion: ProgramName.examples("operations show UUID"))
  }

  @Argument(help: "The operation.")
  var uuid: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let uuid = try OptionText.uuid(uuid, "UUID")
    let (operation, now) = try await session.withStoreToShow(common) { store in
      (try await Operations(store: store).named(uuid), try await store.now())
    }
    guard !common.json else {
      session.print(operation.jsonValue)
      return .done
    }
    let time = TimeText(now: now)
    session.out.line("\(operation.command.action)  \(operation.uuid.text)\n")
    var facts = [
      Fact("state", operation.state.rawValue),
      Fact("filter", operation.filterText),
      Fact("so far", "\(operation.summary); \(operation.total) in all"),
      Fact("begun", time.both(operation.insertedAt)),
    ]
    if !operation.command.parameters.isEmpty {
      facts.insert(Fact("with", JSONValue.object(operation.command.parameters).json), at: 2)
    }
    if let by = operation.startedBy { facts.append(Fact("by", by)) }
    if let end = operation.finishedAt { facts.append(Fact("ended", time.both(end))) }
    for line in facts.flatMap({ $0.lines(on: session.out) }) { session.out.line(line) }
    return .done
  }
}
