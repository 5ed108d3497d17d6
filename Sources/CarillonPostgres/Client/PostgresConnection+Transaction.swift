/// How much of others' work a transaction sees.
enum IsolationLevel: String, Sendable {
  case readCommitted = "READ COMMITTED"
  case repeatableRead = "REPEATABLE READ"
  case serializable = "SERIALIZABLE"

  var begin: String { "BEGIN ISOLATION LEVEL \(rawValue)" }
}

extension PostgresConnection {
  /// Commits when `body` returns, rolls back when it throws.
  ///
  /// An error of kind `connectionLost` or `deadline` leaves open whether it was committed.
  nonisolated(nonsending) func transaction<Value>(
    isolation: IsolationLevel = .readCommitted, deadline: ContinuousClock.Instant? = nil,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    _ = try await query(PostgresStatement(isolation.begin), deadline: deadline)
    let value: Value
    do {
      value = try await body(self)
    } catch {
      await tidy()
      throw error
    }
    do {
      let answer = try await query(PostgresStatement("COMMIT"), deadline: deadline)
      guard answer.command == "COMMIT" else {
        // So does PostgreSQL end a transaction in which a statement failed that `body` passed over.
        throw PostgresError(
          .refused, "The transaction was rolled back: one of its statements had failed.",
          at: location)
      }
    } catch {
      await tidy()
      throw error
    }
    return value
  }

  /// Runs a text of several statements without parameters, such as a migration; outside of a
  /// transaction it is one by itself.
  func script(
    _ sql: String, deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) {
    _ = try PostgresStatement(sql)
    let deadline = deadline ?? .now + defaultTimeout
    let failure = try await exclusively(deadline, false) {
      (run, handle) throws(PostgresError) -> PostgresError? in
      let isAlone = !self.isInTransaction
      let failure = try await self.simple(sql, run, handle)
      if isAlone, self.transactionFailed { _ = try await self.simple("ROLLBACK", run, handle) }
      return failure
    }
    if let failure { throw failure }
  }
}
