public import Carillon
import Foundation

extension PostgresStore {
  // MARK: Gates

  public func gates() async throws(StoreError) -> Gates {
    try await read("read pauses and blackouts", []) { now, opening in
      Gates(try GateRow.rows(opening.gates ?? "[]")).standing(at: now)
    }
  }

  public func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer {
    let operation = "change a pause or a blackout"
    // Waits for the claims under way; those that come wait for this, and see it.
    let lock = try statement(operation, Node.lock, schema.lock("gates"))
    let answer = try await transact(operation, before: [lock]) { ledger, opening -> GateAnswer in
      do {
        let change = try command.applied(
          to: GateRow.rows(opening.gates ?? "[]"), at: ledger.now)
        var statements: [PostgresStatement] = []
        for row in change.removed {
          statements.append(
            try PostgresStatement(sql.deleteGate, row.scope, row.name, row.blackout))
        }
        for row in change.put { statements.append(try PostgresStore.write(row, sql)) }
        ledger.note(AuditNote.of(change.answer))
        try await ledger.commit(statements)
        return change.answer
      } catch let refusal as GateRefusal {
        try await ledger.rollBack()
        return .refused(refusal)
      }
    }
    changed()
    return answer
  }

  static func write(_ row: GateRow, _ sql: SQL) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      sql.writeGate, row.scope, row.name, row.blackout, Instant(microseconds: row.since),
      row.until.map(Instant.init(microseconds:)), row.by, row.reason, row.calendars, row.timeZone)
  }
}

extension Turn {
  /// Frees jobs whose gates have opened and holds due ones whose gates are closed; answers whether
  /// there are more than one transaction does.
  nonisolated(nonsending) func passGates(
    _ closed: ClosedScopes, _ request: ClaimRequest, _ ready: inout ReadyJobs
  ) async throws -> Bool {
    let isMore = try await freePaused(closed, request, &ready)
    guard closed.closesKeys else { return isMore }
    let open = request.passing(closed).keys
    let kept = request.keys.subtracting(open)
    // Few are usually met, and a small look is cheap.
    for most in [ClosedScopes.batch / 10, ClosedScopes.batch] {
      let hold = try ready.hold(
        kept, passing: open, most: most, dueBy: request.dueBy, at: ledger.now)
      guard let hold, let rows = try await runTolerantly(hold.statement) else { return isMore }
      if try !ready.note(met: rows, of: hold.window) { return isMore }
    }
    return true
  }

  private nonisolated(nonsending) func freePaused(
    _ closed: ClosedScopes, _ request: ClaimRequest, _ ready: inout ReadyJobs
  ) async throws -> Bool {
    let now = ledger.now
    var open: [HandlerKey] = []
    if closed.mayHold {
      open = try await HandlerKey.read(ledger.run(PostgresStatement(ledger.sql.pausedKeys)))
        .filter { request.frees($0, closed) }
    }
    guard !open.isEmpty else {
      if closed.areOver {
        _ = try await ledger.run(
          PostgresStatement(ledger.sql.forgetGates, now - ClosedScopes.linger))
      }
      return false
    }
    let free = try PostgresStatement(
      ledger.sql.freePaused, open.map(\.handlerModule), open.map(\.resourceType),
      ClosedScopes.batch, now)
    var freed = 0
    if let rows = try await runTolerantly(free) {
      for row in rows {
        ready.note(queue: try row.text(0), priority: try row.int(1))
        freed += try row.int(2)
      }
    }
    return freed >= ClosedScopes.batch
  }

  /// Where a row has spoiled the batch before, without what a damaged row keeps from being written.
  private nonisolated(nonsending) func runTolerantly(
    _ statement: PostgresStatement
  ) async throws(PostgresError) -> Rows? {
    guard ledger.oneByOne else { return try await ledger.run(statement) }
    do throws(PostgresError) {
      let rows = try await ledger.run([
        PostgresStatement("SAVEPOINT gates"), statement,
        PostgresStatement("RELEASE SAVEPOINT gates"),
      ])
      return rows[1]
    } catch {
      guard RowFault(error) != nil else { throw error }
      _ = try await ledger.run(PostgresStatement("ROLLBACK TO SAVEPOINT gates"))
      return nil
    }
  }
}
