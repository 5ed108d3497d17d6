import ArgumentParser
import Carillon

/// Stops operations.
struct OperationsCancel: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "cancel", abstract: "Stop an operation; what it has done stays.",
      discussion: ProgramName.examples("operations cancel UUID"))
  }

  @Argument(help: "The operation.")
  var uuid: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let uuid = try OptionText.uuid(uuid, "UUID")
    let operation = try await session.withStore(common) { store in
      try await Operations(store: store).cancel(uuid)
    }
    if common.json {
      session.print(operation.jsonValue)
    } else {
      session.out.line(
        operation.state == .cancelled
          ? "stopped: \(operation.summary.harmless)"
          : "had ended already: \(operation.summary.harmless)")
    }
    return operation.state == .cancelled ? .done : .conflict
  }
}
