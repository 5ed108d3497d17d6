import CLibPQ

extension PostgresConnection {
  /// Sends a text by the simple protocol; answers with what the server refused.
  func simple(
    _ sql: String, _ run: StatementRun, _ handle: ConnectionHandle
  ) async throws(PostgresError) -> PostgresError? {
    guard PQsendQuery(handle.pointer, sql) == 1 else { throw run.lost() }
    try await run.flush()
    return try await drain(run, handle)
  }

  /// Takes the results up to the last; answers with the first error.
  func drain(
    _ run: StatementRun, _ handle: ConnectionHandle
  ) async throws(PostgresError) -> PostgresError? {
    var failure: PostgresError?
    while let result = try await run.result() {
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: continue
      case PGRES_FATAL_ERROR:
        let report = ServerReport(result)
        let error =
          report.sqlState.isEmpty ? run.lost() : PostgresError(report, at: location)
        guard PQstatus(handle.pointer) == CONNECTION_OK else { throw error }
        if failure == nil { failure = error }
      default:
        throw PostgresError(
          .protocolViolation, "The server began something that a script can't have, such as COPY.",
          at: location)
      }
    }
    return failure
  }
}
