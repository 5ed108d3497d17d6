import CLibPQ

struct PostgresNotification: Sendable, Hashable {
  let channel: String
  let payload: String
}

extension PostgresConnection {
  /// The notifications that have arrived with other answers, or by `readWhileIdle`.
  func takeNotifications() -> [PostgresNotification] {
    guard let handle else { return [] }
    var taken: [PostgresNotification] = []
    while let notification = PQnotifies(handle.pointer) {
      defer { PQfreemem(notification) }
      taken.append(
        PostgresNotification(
          channel: String(cString: notification.pointee.relname),
          payload: String(cString: notification.pointee.extra)))
    }
    return taken
  }

  /// Reads what has come unasked. Throws when the server has gone.
  func readWhileIdle() throws(PostgresError) {
    let handle = try begin()
    defer { end() }
    guard PQconsumeInput(handle.pointer) == 1, PQstatus(handle.pointer) == CONNECTION_OK else {
      let error = PostgresError.lost(handle.message, at: location)
      spoil(error)
      throw error
    }
    // Makes libpq look at what it has read; an answer to nothing is the server's farewell.
    guard PQisBusy(handle.pointer) == 0, let result = PQgetResult(handle.pointer) else { return }
    let report = ServerReport(result)
    PQclear(result)
    let error = PostgresError(report, at: location)
    spoil(error)
    throw error
  }
}
