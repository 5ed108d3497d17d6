/// What a server says of itself, for `doctor`.
struct ServerFacts: Sendable, Hashable {
  /// As in `150018` for 15.18.
  let version: Int
  let versionText: String
  /// A pooler stands between: its process id isn't the server's.
  let isPooled: Bool
  /// It is a standby and takes no writes.
  let isStandby: Bool
  /// Transactions are read-only, on a primary too where it is set so.
  let isReadOnly: Bool
  let database: String
  let user: String
  let usesTLS: Bool
}

extension PostgresConnection {
  /// Asks the server; one round trip.
  func facts(deadline: ContinuousClock.Instant? = nil) async throws(PostgresError) -> ServerFacts {
    let statement = try PostgresStatement(
      """
      SELECT pg_backend_pid(), pg_is_in_recovery(),
        current_setting('transaction_read_only') = 'on', current_database()::text,
        current_user::text, current_setting('server_version'),
        current_setting('server_version_num')::int4,
        coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)
      """)
    let rows = try await run([statement], deadline: deadline)
    guard let row = rows.first?.first else {
      throw PostgresError(.protocolViolation, "The server said nothing of itself.", at: location)
    }
    return ServerFacts(
      version: try row.int(6), versionText: try row.text(5),
      isPooled: try row.int(0) != backendID, isStandby: try row.bool(1),
      isReadOnly: try row.bool(2), database: try row.text(3), user: try row.text(4),
      usesTLS: try row.bool(7))
  }
}
