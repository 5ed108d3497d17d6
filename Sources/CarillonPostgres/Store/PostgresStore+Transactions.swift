import Carillon
import Foundation

extension PostgresStore {
  /// How long a transaction may stand still before the server ends it: that of a suspended machine
  /// must not keep its locks from the others.
  private static let longestPause = "20s"
  /// How long a turn of the engine waits for a row that somebody else has locked.
  private static let patience = "500ms"

  /// Asks for the time, and sets what holds for this transaction alone, as a pooler needs it.
  ///
  /// Every statement here is meant to walk an index, row by row. Said like this, no plan can go
  /// another way because a table was never analysed or has just grown; and it is made once.
  ///
  /// - Parameter patience: how long to wait for a row that somebody else has locked; nil: as long as
  ///   for the statement.
  func prelude(
    node: UUID? = nil, patience: String? = nil
  ) throws(PostgresError) -> PostgresStatement {
    let patience = patience.map { "set_config('lock_timeout', '\($0)', true)," } ?? ""
    return try PostgresStatement(
      """
      SELECT coalesce($1::timestamptz, clock_timestamp()),
        EXISTS (SELECT 1 FROM \(schema("nodes")) WHERE uuid = $2::uuid),
        (SELECT value FROM \(schema("meta")) WHERE key = 'schema_version'), \(sql.gatesText),
        \(patience)
        set_config('idle_in_transaction_session_timeout', '\(PostgresStore.longestPause)', true),
        set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true),
        set_config('enable_bitmapscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)
      """,
      clock?.now(), node)
  }

  /// Runs `body` in a transaction whose first round trip also carries `statements`; `body` commits.
  ///
  /// Begins again when it has surely had no effect: after a conflict with others, after a connection
  /// that broke before COMMIT was sent, and once with each row by itself when a row was refused.
  /// With `whenLocked` it isn't patient with rows that somebody else has locked, and does that instead.
  nonisolated(nonsending) func transact<Answer>(
    _ operation: String, lane: PostgresPool.Lane = .work, node: UUID? = nil,
    timeout: Duration? = nil, before: [PostgresStatement] = [],
    statements: [PostgresStatement] = [],
    whenLocked: (() async throws(StoreError) -> Answer)? = nil,
    _ body: nonisolated(nonsending) (Ledger, Opening) async throws -> Answer
  ) async throws(StoreError) -> Answer {
    var oneByOne = false
    var failures = 0
    while true {
      let fate = Ledger.Fate()
      do {
        let deadline = ContinuousClock.now + (timeout ?? pool.configuration.statementTimeout)
        let (answer, hasReleased) = try await pool.withConnection(lane) { connection in
          let begin = try PostgresStatement(IsolationLevel.readCommitted.begin)
          let prelude = try prelude(
            node: node, patience: whenLocked == nil ? nil : PostgresStore.patience)
          let opening = [begin] + before + [prelude] + statements
          let rows = try await connection.pipeline(opening, deadline: deadline)
          let first = try Opening(rows, preludeAt: 1 + before.count)
          let ledger = Ledger(
            connection, sql, now: first.now, oneByOne: oneByOne, fate: fate, deadline: deadline)
          return (try await body(ledger, first), ledger.hasReleased)
        }
        if hasReleased { changed() }
        return answer
      } catch let error as PostgresError {
        if error.sqlState == SQLState.lockNotAvailable, let whenLocked {
          return try await whenLocked()
        }
        if RowFault(error) != nil, !oneByOne {
          oneByOne = true
          continue
        }
        failures += 1
        guard failures < 4, error.mayBeRepeated(after: fate) else {
          throw StoreError(error, operation: operation)
        }
        // A little apart, so that those who met don't meet again.
        try? await Task.sleep(for: .milliseconds(Int.random(in: 1...10) * failures))
      } catch let error as StoreError {
        throw error
      } catch {
        throw .failed(operation: operation, why: "\(error)")
      }
    }
  }

  /// Answers of a transaction's first round trip.
  struct Opening {
    let now: Instant
    let isRegistered: Bool
    let schemaVersion: String
    /// Pauses and blackouts, as `GateRow.rows` reads them; nil for none.
    let gates: String?
    /// Of the statements that came with it.
    let rows: [Rows]

    init(_ rows: [Rows], preludeAt index: Int) throws(PostgresError) {
      guard let row = rows[index].first else {
        throw PostgresError(.protocolViolation, "The server didn't tell the time.", at: "")
      }
      now = try row.instant(0)
      isRegistered = try row.bool(1)
      schemaVersion = try row.optionalText(2) ?? ""
      gates = try row.optionalText(3)
      self.rows = Array(rows[(index + 1)...])
    }
  }

  /// Reads with one round trip, everything as of one moment.
  nonisolated(nonsending) func read<Answer>(
    _ operation: String, node: UUID? = nil, _ statements: [PostgresStatement],
    _ body: (Instant, Opening) throws -> Answer
  ) async throws(StoreError) -> Answer {
    var failures = 0
    while true {
      do {
        let rows = try await pool.pipeline(
          [prelude(node: node)] + statements, isolation: .repeatableRead)
        let opening = try Opening(rows, preludeAt: 0)
        return try body(opening.now, opening)
      } catch let error as PostgresError {
        failures += 1
        guard failures < 3, error.mayBeRepeated(after: Ledger.Fate()) else {
          throw StoreError(error, operation: operation)
        }
      } catch let error as StoreError {
        throw error
      } catch {
        throw .failed(operation: operation, why: "\(error)")
      }
    }
  }

  /// Makes a statement from values that may turn out not to be sendable.
  func statement<each Value: PostgresValue>(
    _ operation: String, _ sql: String, _ values: repeat each Value
  ) throws(StoreError) -> PostgresStatement {
    do throws(PostgresError) {
      return try PostgresStatement(sql, repeat each values)
    } catch {
      throw StoreError(error, operation: operation)
    }
  }
}

extension PostgresError {
  /// Whether the transaction had no effect, and may fare better when it is begun again at once. A
  /// server that can't be reached is for the caller to wait for.
  func mayBeRepeated(after fate: Ledger.Fate) -> Bool {
    let state = sqlState ?? ""
    let isGone = kind == .connectionLost || state.hasPrefix("57P") || state.hasPrefix("08")
    if isGone { return !fate.isCommitSent && kind == .connectionLost }
    return state == SQLState.serializationFailure || state == SQLState.deadlock
      || state == SQLState.featureNotSupported && message.contains("cached plan")
  }
}

extension StoreError {
  /// What an error from below means to the store's users.
  init(_ error: PostgresError, operation: String) {
    if let refusal = Gate.refusal(error) {
      self = refusal
      return
    }
    switch error.kind {
    case .unreachable, .authentication, .missingDatabase, .permission, .connectionLost,
      .poolExhausted, .closed, .invalidConfiguration:
      self = .unreachable(store: error.location, why: error.message)
    case .refused where error.isReadOnly || error.isRetryable && error.sqlState?.prefix(2) == "53":
      self = .unreachable(store: error.location, why: error.message)
    case .refused, .deadline, .cancelled, .invalidParameter, .protocolViolation:
      self = .failed(operation: operation, why: error.message)
    }
  }
}
