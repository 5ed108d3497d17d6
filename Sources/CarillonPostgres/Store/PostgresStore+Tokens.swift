public import Carillon

extension PostgresStore: TokenStore {
  public func addToken(_ token: TokenRecord) async throws(StoreError) {
    let operation = "keep a token"
    let insert: PostgresStatement
    do throws(PostgresError) {
      insert = try TokenRow.insert(token, sql)
    } catch {
      throw StoreError(error, operation: operation)
    }
    try await transact(operation, statements: [insert]) { ledger, opening in
      if opening.rows[0].first != nil { ledger.note(.added(token)) }
      try await ledger.commit()
    }
  }

  public func tokens() async throws(StoreError) -> [TokenRecord] {
    let operation = "list tokens"
    let list = try statement(
      operation,
      "SELECT \(TokenRow.columns) FROM \(schema("tokens")) ORDER BY created_at, id")
    return try tokens(operation, try await rows(operation, [list]).last)
  }

  public func revokeToken(
    _ id: String, at instant: Instant
  ) async throws(StoreError) -> TokenRecord? {
    let operation = "revoke a token"
    let revoke = try statement(
      operation,
      """
      UPDATE \(schema("tokens")) SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL
      RETURNING id
      """,
      instant, id)
    let find = try statement(
      operation, "SELECT \(TokenRow.columns) FROM \(schema("tokens")) WHERE id = $1", id)
    return try await transact(operation, statements: [revoke, find]) { ledger, opening in
      let token = try tokens(operation, opening.rows[1]).first
      if let token, opening.rows[0].first != nil { ledger.note(.revoked(token)) }
      try await ledger.commit()
      return token
    }
  }

  public func sharedSecret(orElse proposed: String) async throws(StoreError) -> String {
    let operation = "keep the key of cursors"
    let keep = try statement(
      operation,
      """
      INSERT INTO \(schema("meta")) (key, value) VALUES ('http_secret', $1)
      ON CONFLICT (key) DO NOTHING
      """,
      proposed)
    let find = try statement(
      operation, "SELECT value FROM \(schema("meta")) WHERE key = 'http_secret'")
    // Each statement sees what was committed before it, also by a process that was first.
    let answers = try await rows(operation, [keep, find])
    do throws(PostgresError) {
      return try answers.last?.first?.text(0) ?? proposed
    } catch {
      throw StoreError(error, operation: operation)
    }
  }

  private func rows(
    _ operation: String, _ statements: [PostgresStatement]
  ) async throws(StoreError) -> [Rows] {
    do throws(PostgresError) {
      return try await pool.pipeline(statements, isolation: .readCommitted)
    } catch {
      throw StoreError(error, operation: operation)
    }
  }

  /// Passes over roles that a later version knows: their bearers get in nowhere.
  private func tokens(_ operation: String, _ rows: Rows?) throws(StoreError) -> [TokenRecord] {
    guard let rows else { return [] }
    var tokens: [TokenRecord] = []
    do throws(PostgresError) {
      for row in rows {
        if let token = try TokenRow.read(row) { tokens.append(token) }
      }
    } catch {
      throw StoreError(error, operation: operation)
    }
    return tokens
  }
}

/// Between a row of `tokens` and a `TokenRecord`.
enum TokenRow {
  static let columns = "id, name, role, digest, created_at, revoked_at"

  /// Nil for a role that a later version knows.
  static func read(_ row: Row) throws(PostgresError) -> TokenRecord? {
    guard let role = Role(rawValue: try row.text(2)) else { return nil }
    return TokenRecord(
      id: try row.text(0), name: try row.text(1), role: role, digest: try row.text(3),
      createdAt: try row.instant(4), revokedAt: try row.optionalInstant(5))
  }

  /// Answers with a row if it is new; one of the same id stays as it is.
  static func insert(_ token: TokenRecord, _ sql: SQL) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      """
      INSERT INTO \(sql.schema("tokens")) (\(columns))
      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING id
      """,
      token.id, token.name, token.role.rawValue, token.digest, token.createdAt, token.revokedAt)
  }
}
