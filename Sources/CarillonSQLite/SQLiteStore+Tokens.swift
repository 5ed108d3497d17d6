public import Carillon
import GRDB

extension SQLiteStore: TokenStore {
  private static let columns = "id, name, role, digest, created_at, revoked_at"

  public func addToken(_ token: TokenRecord) async throws(StoreError) {
    _ = try await write("keep a token") { ledger in
      let added = try SQL(
        ledger.database,
        """
        INSERT INTO carillon_tokens (\(SQLiteStore.columns)) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO NOTHING
        """,
        token.id, token.name, token.role.rawValue, token.digest, token.createdAt, token.revokedAt
      ).run()
      if added > 0 { try ledger.noteWhereOpen(.added(token)) }
    }
  }

  public func tokens() async throws(StoreError) -> [TokenRecord] {
    try await read("list tokens") { database, _ in
      let rows = try SQL(
        database,
        "SELECT \(SQLiteStore.columns) FROM carillon_tokens ORDER BY created_at, id")
      var tokens: [TokenRecord] = []
      while try rows.step() {
        if let token = SQLiteStore.token(rows) { tokens.append(token) }
      }
      return tokens
    }
  }

  public func revokeToken(
    _ id: String, at instant: Instant
  ) async throws(StoreError) -> TokenRecord? {
    try await write("revoke a token") { ledger in
      let revoked = try SQL(
        ledger.database,
        "UPDATE carillon_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
        instant, id
      ).run()
      let row = try SQL(
        ledger.database,
        "SELECT \(SQLiteStore.columns) FROM carillon_tokens WHERE id = ?", id)
      guard try row.step(), let token = SQLiteStore.token(row) else { return nil }
      if revoked > 0 { try ledger.noteWhereOpen(.revoked(token)) }
      return token
    }
  }

  public func sharedSecret(orElse proposed: String) async throws(StoreError) -> String {
    try await write("keep the key of cursors") { ledger in
      try SQL(
        ledger.database,
        "INSERT OR IGNORE INTO carillon_meta (key, value) VALUES ('http_secret', ?)", proposed
      ).run()
      let row = try SQL(
        ledger.database, "SELECT value FROM carillon_meta WHERE key = 'http_secret'")
      return try row.step() ? row.text(0) : proposed
    }
  }

  /// Nil for a role that a later version knows: its bearer gets in nowhere.
  private static func token(_ row: borrowing SQL) -> TokenRecord? {
    guard let role = Role(rawValue: row.text(2)) else { return nil }
    return TokenRecord(
      id: row.text(0), name: row.text(1), role: role, digest: row.text(3),
      createdAt: row.instant(4), revokedAt: row.optionalInstant(5))
  }
}
