import ArgumentParser
import Carillon

/// Goes on with an operation.
struct OperationsRun: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "run", abstract: "Go on with an operation until it has ended.",
      discussion: ProgramName.examples("operations run UUID"))
  }

  @Argument(help: "The operation.")
  var uuid: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let uuid = try OptionText.uuid(uuid, "UUID")
    return try await session.withStore(common) { store in
      let operations = Operations(store: store)
      return try await OperationProgress(session: session, json: common.json)
        .finish(try await operations.named(uuid), by: operations)
    }
  }
}
