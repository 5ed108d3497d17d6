import CLibPQ

extension PostgresConnection {
  /// Carries out one statement.
  nonisolated(nonsending) func query<each Value: PostgresValue>(
    _ sql: String, _ values: repeat each Value, deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> Rows {
    try await query(PostgresStatement(sql, repeat each values), deadline: deadline)
  }

  nonisolated(nonsending) func query(
    _ statement: PostgresStatement, deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> Rows {
    let rows = try await run([statement], deadline: deadline)
    guard let first = rows.first else {
      throw PostgresError(.protocolViolation, "The server gave no answer.", at: location)
    }
    return first
  }

  /// Carries out several statements with one round trip: all of them, or none.
  ///
  /// Outside of a transaction they are one of their own. Give an isolation level to have an explicit
  /// one, which `SET LOCAL` and other levels than the server's default need. After an error, which
  /// names its statement, everything is rolled back; within a transaction of the caller's, that one
  /// has failed.
  ///
  /// - Parameter last: what follows an explicit transaction, as one of its own.
  nonisolated(nonsending) func pipeline(
    _ statements: [PostgresStatement], isolation: IsolationLevel? = nil,
    last: PostgresStatement? = nil, deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> [Rows] {
    guard let isolation else { return try await run(statements, deadline: deadline) }
    do {
      let all =
        try [PostgresStatement(isolation.begin)] + statements + [PostgresStatement("COMMIT")]
        + [last].compactMap(\.self)
      return Array(try await run(all, deadline: deadline).dropFirst().prefix(statements.count))
    } catch {
      throw error.statement.map { error.of(statement: max($0 - 1, 0)) } ?? error
    }
  }

  /// Sends statements and takes their answers; once more if the server has forgotten what it had
  /// prepared. `shielded`: goes on although its task is cancelled.
  func run(
    _ statements: [PostgresStatement], deadline: ContinuousClock.Instant? = nil,
    shielded: Bool = false
  ) async throws(PostgresError) -> [Rows] {
    guard !statements.isEmpty else { return [] }
    let deadline = deadline ?? .now + defaultTimeout
    let isAlone = !isInTransaction
    do {
      return try await runOnce(statements, deadline, shielded)
    } catch {
      guard isAlone, forgetPrepared(after: error) else { throw error }
      return try await runOnce(statements, deadline, shielded)
    }
  }

  /// Whether the error is one of prepared statements, which are now forgotten.
  private func forgetPrepared(after error: PostgresError) -> Bool {
    guard keepsNames, fault == nil else { return false }
    switch error.sqlState {
    case SQLState.featureNotSupported where error.message.contains("cached plan"):
      // A table has changed. The old names stay on the server until the connection ends.
      prepared.forgetAll()
    case SQLState.invalidStatementName, SQLState.duplicateStatement:
      // Something between gives us other servers, or somebody discarded them all.
      prepared.forgetAll()
      keepsNames = false
    default:
      return false
    }
    return true
  }

  private func runOnce(
    _ statements: [PostgresStatement], _ deadline: ContinuousClock.Instant, _ shielded: Bool
  ) async throws(PostgresError) -> [Rows] {
    try await exclusively(deadline, shielded) { (run, handle) throws(PostgresError) in
      let isAlone = PQtransactionStatus(handle.pointer) == PQTRANS_IDLE
      try await self.giveUpNames(for: statements, handle, run)
      let exchange = PipelineExchange(self, handle, run)
      let outcome = try await exchange.carryOut(statements)
      if isAlone, self.transactionFailed {
        // The pipeline had begun a transaction, and it's over. A request to stop must not hit its end.
        try await run.settle()
        _ = try await exchange.carryOut([try PostgresStatement("ROLLBACK")])
      }
      return try outcome.get()
    }
  }

  /// Frees what there is no room for any more. Not in a failed transaction, where nothing works.
  private func giveUpNames(
    for statements: [PostgresStatement], _ handle: ConnectionHandle, _ run: StatementRun
  ) async throws(PostgresError) {
    guard keepsNames, !transactionFailed else { return }
    let more = statements.count { prepared.name(of: $0) == nil }
    let names = prepared.makeRoom(for: more)
    guard !names.isEmpty else { return }
    var commands: [PostgresStatement] = []
    for name in names { commands.append(try PostgresStatement("DEALLOCATE \(name)")) }
    let exchange = PipelineExchange(self, handle, run, isNamed: false)
    _ = try await exchange.carryOut(commands)
  }

  /// Has the connection for one thing. What throws here, and not within its result, spoils the
  /// connection: nobody knows what it would answer next.
  func exclusively<Value: Sendable>(
    _ deadline: ContinuousClock.Instant, _ shielded: Bool,
    _ body: @PostgresIO (StatementRun, ConnectionHandle) async throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    if !shielded, Task.isCancelled { throw cancelledEarly }
    if deadline <= .now { throw expiredEarly }
    let handle = try begin()
    defer { end() }
    let signal = shielded ? nil : Signal()
    let run = StatementRun(self, handle, deadline: deadline, signal: signal)
    let result: Result<Value, PostgresError> = await withTaskCancellationHandler {
      do throws(PostgresError) {
        let value = try await body(run, handle)
        try await run.settle()
        return .success(value)
      } catch {
        if error.leavesConnectionUsable, PQstatus(handle.pointer) == CONNECTION_OK {
          do throws(PostgresError) { try await run.settle() } catch { spoil(error) }
        } else {
          spoil(error)
        }
        return .failure(error)
      }
    } onCancel: {
      signal?.raise()
    }
    switch result {
    case .success(let value): return value
    case .failure(let error):
      if error.spoilsConnection { spoil(error) }
      throw error.because(of: run.stopReason)
    }
  }

  private var cancelledEarly: PostgresError {
    PostgresError(
      .cancelled, "The task was cancelled before the statement was sent.", at: location)
  }

  private var expiredEarly: PostgresError {
    PostgresError(
      .deadline, "The deadline had passed before the statement was sent.", at: location)
  }
}

extension PostgresError {
  /// The server's answer to a statement, or a value that was never sent: the connection is in order.
  fileprivate var leavesConnectionUsable: Bool { report != nil || kind == .invalidParameter }

  /// The error for what the server stopped because it was asked to.
  func because(of reason: Kind?) -> PostgresError {
    guard let reason, sqlState == SQLState.queryCancelled else { return self }
    return PostgresError(
      reason,
      reason == .deadline
        ? "The server was too slow and was asked to stop; the statement had no effect. Allow it more "
          + "time, or look for what holds it up in pg_stat_activity."
        : "The task was cancelled and the server stopped the statement, which had no effect.",
      at: location, report: report, statement: statement)
  }
}
