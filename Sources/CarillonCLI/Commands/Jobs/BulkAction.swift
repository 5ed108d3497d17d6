import Carillon
import Foundation

/// One command carried out on all jobs that a filter means: counted, agreed to, and done in batches.
struct BulkAction {
  let command: JobCommand
  let options: BulkOptions

  func run(in session: Session, _ common: CommonOptions) async throws -> ExitStatus {
    let text = options.filter ?? ""
    guard options.dryRun || options.yes || session.ask != nil else {
      throw UsageError(
        "Nobody can be asked whether that is meant. Add --yes, or --dry-run to see how many jobs it "
          + "means.")
    }
    return try await session.withStore(common) { store in
      let operations = Operations(store: store)
      let total = try await count(text, operations, session)
      guard !options.dryRun, total > 0 else {
        tell(of: total, text, session, common)
        return .done
      }
      guard try await agrees(session, total) else {
        session.say("Nothing was changed.")
        return .failed
      }
      let operation = try await operations.begin(command, on: text, total: total)
      return try await OperationProgress(session: session, json: common.json)
        .finish(operation, by: operations)
    }
  }

  private func count(
    _ text: String, _ operations: Operations, _ session: Session
  ) async throws -> Int {
    let filter = try await operations.meaning(of: text)
    let line = CountLine("Counting", on: session.err)
    defer { line.end() }
    return try await operations.count(filter) { line.update($0) }
  }

  private func agrees(_ session: Session, _ total: Int) async throws -> Bool {
    guard !options.yes, let ask = session.ask else { return true }
    let verb = command.action.prefix(1).uppercased() + command.action.dropFirst()
    let answer = await ask("\(verb) \(counted(total, "job"))? [y/N] ")
    return ["y", "yes"].contains(answer?.trimmingCharacters(in: .whitespaces).lowercased() ?? "")
  }

  /// Of what would happen, or of nothing.
  private func tell(
    of total: Int, _ text: String, _ session: Session, _ common: CommonOptions
  ) {
    if common.json {
      session.print([
        "action": .string(command.action), "parameters": .object(command.parameters),
        "filter": .string(text), "total": JSONValue(total), "dry_run": .bool(options.dryRun),
      ])
    } else if total == 0 {
      session.say("No job matches.")
    } else {
      session.out.line("would \(command.action) \(counted(total, "job"))")
    }
  }
}

/// Goes on with an operation, and shows how far it has come.
struct OperationProgress {
  let session: Session
  let json: Bool

  func finish(_ operation: JobOperation, by operations: Operations) async throws -> ExitStatus {
    if session.err.isTerminal, !operation.state.isFinal {
      session.say(
        "Operation \(operation.uuid.text). If this ends early, `serve` goes on with it; "
          + "`operations cancel` stops it.")
    }
    let bar = ProgressBar(operation.command.participle, on: session.err)
    let end: JobOperation
    do {
      defer { bar.end() }
      end = try await operations.finish(operation.uuid) { now in
        if now.state == .running { bar.update(now.done + now.skips, of: now.total) }
      }
    }
    if json {
      session.print(end.jsonValue)
    } else {
      session.out.line(end.summary.harmless)
    }
    guard end.state == .done else {
      session.complain("Somebody has stopped the operation.")
      return .conflict
    }
    return .done
  }
}
