public import Carillon
import GRDB

extension SQLiteStore: TokenStore {
  public func addToken(_ token: TokenRecord) async throws(StoreError) {
    _ = try await write("keep a token") { ledger in
      if try TokenRow.insert(token, into: ledger.database) { try ledger.note(.added(token)) }
    }
  }

  public func tokens() async throws(StoreError) -> [TokenRecord] {
    try await read("list tokens") { database, _ in
      let rows = try SQL(
        database,
        "SELECT \(TokenRow.columns) FROM carillon_tokens ORDER BY created_at, id")
      var tokens: [TokenRecord] = []
      while try rows.step() {
        if let token = TokenRow.read(rows) { tokens.append(token) }
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
        "SELECT \(TokenRow.columns) FROM carillon_tokens WHERE id = ?", id)
      guard try row.step(), let token = TokenRow.read(row) else { return nil }
      if revoked > 0 { try ledger.note(.revoked(token)) }
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
}

/// Between a row of `carillon_tokens` and a `TokenRecord`.
enum TokenRow {
  static let columns = "id, name, role, digest, created_at, revoked_at"

  /// Nil for a role that a later version knows: its bearer gets in nowhere.
  static func read(_ row: borrowing SQL) -> TokenRecord? {
    guard let role = Role(rawValue: row.text(2)) else { return nil }
    return TokenRecord(
      id: row.text(0), name: row.text(1), role: role, digest: row.text(3),
      createdAt: row.instant(4), revokedAt: row.optionalInstant(5))
  }

  /// What `read` would pass over without a word; nil when it takes the row as it is.
  static func loss(_ row: borrowing SQL) -> String? {
    for (column, name) in [(0, "id"), (1, "name"), (2, "role"), (3, "digest")] as [(CInt, String)]
    where !row.isSoundText(column) {
      return "\(name) is no text in UTF-8"
    }
    let role = row.text(2)
    return Role(rawValue: role) == nil ? "role is '\(role.prefix(40))'" : nil
  }

  /// Answers whether it is new; one of the same id stays as it is.
  static func insert(_ token: TokenRecord, into database: Database) throws -> Bool {
    try SQL(
      database,
      """
      INSERT INTO carillon_tokens (\(columns)) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO NOTHING
      """,
      token.id, token.name, token.role.rawValue, token.digest, token.createdAt, token.revokedAt
    ).run() > 0
  }
}
