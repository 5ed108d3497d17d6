import CLibPQ

/// Owns one connection of libpq's; closes it with its last reference.
final class ConnectionHandle: @unchecked Sendable {
  // @unchecked: the thread that connects hands it to `PostgresIO`, where alone it is used from then
  // on; at the end, nobody else can have a reference.
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit { PQfinish(pointer) }

  var message: String { PQerrorMessage(pointer).map { String(cString: $0).trimmed } ?? "" }
}

/// What is needed to ask a server to stop a statement; outlives its connection.
final class CancelHandle: @unchecked Sendable {
  // @unchecked: libpq makes a copy that no longer depends on the connection, and lets any thread
  // use it.
  private let pointer: OpaquePointer

  init?(_ connection: ConnectionHandle) {
    guard let pointer = PQgetCancel(connection.pointer) else { return nil }
    self.pointer = pointer
  }

  deinit { PQfreeCancel(pointer) }

  /// Blocks until the server has heard it.
  func ask() {
    var message = [CChar](repeating: 0, count: 256)
    _ = PQcancel(pointer, &message, CInt(message.count))
  }
}
