import CLibPQ
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One connection to a server. It carries out one thing at a time; a second one at once is refused.
@PostgresIO
final class PostgresConnection {
  /// Whether the next user may have it.
  enum Condition: UInt8, Sendable {
    /// Nothing is under way, and no transaction is open.
    case clean
    /// Busy, or in a transaction that its user left open.
    case dirty
    /// Of no use any more.
    case broken
  }

  nonisolated let location: String
  nonisolated let descriptor: CInt
  nonisolated let serverVersion: Int
  nonisolated let cancelGrace: Duration
  nonisolated let defaultTimeout: Duration
  nonisolated let openedAt = ContinuousClock.now
  private nonisolated let currentCondition = Atomic<UInt8>(Condition.clean.rawValue)

  /// nil once the connection is closed.
  private(set) var handle: ConnectionHandle?
  var prepared: PreparedStatements
  /// Whether statements keep their names; changes when the server turns out not to know them.
  var keepsNames: Bool
  private(set) var isBusy = false
  /// Why the connection is of no use any more.
  private(set) var fault: PostgresError?

  nonisolated var condition: Condition {
    Condition(rawValue: currentCondition.load(ordering: .acquiring)) ?? .broken
  }

  private init(_ handle: ConnectionHandle, _ configuration: PostgresConfiguration) {
    self.handle = handle
    location = configuration.location
    descriptor = PQsocket(handle.pointer)
    serverVersion = Int(PQserverVersion(handle.pointer))
    cancelGrace = configuration.cancelGrace
    defaultTimeout = configuration.statementTimeout
    prepared = PreparedStatements(limit: configuration.preparedStatements)
    keepsNames = configuration.preparation == .named
  }

  /// Connects, by the earlier of the deadline and the configuration's timeout.
  static func open(
    _ configuration: PostgresConfiguration, deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> PostgresConnection {
    let latest =
      ContinuousClock.now + configuration.connectTimeout * configuration.hosts
      + .milliseconds(200)
    let attempt = ConnectAttempt(configuration)
    attempt.start()
    let wake = await withTaskCancellationHandler {
      await PostgresIO.thread.wait(
        until: deadline.map { min($0, latest) } ?? latest, heeding: attempt.finished)
    } onCancel: {
      attempt.finished.raise()
    }
    guard let result = attempt.take() else {
      throw PostgresError(
        wake == .raised ? .cancelled : .deadline,
        wake == .raised
          ? "The task was cancelled while it connected."
          : "Can't connect: the server didn't answer in time. Check host, port and network.",
        at: configuration.location)
    }
    let connection = PostgresConnection(try result.get(), configuration)
    if configuration.preparation == .automatic {
      connection.keepsNames = try await !connection.isPooled(deadline: deadline ?? latest)
    }
    return connection
  }

  /// Whether something between gave the connection to us: a pooler makes up the process id.
  func isPooled(deadline: ContinuousClock.Instant? = nil) async throws(PostgresError) -> Bool {
    let rows = try await query("SELECT pg_backend_pid()", deadline: deadline)
    guard let row = rows.first else { return false }
    return try row.int(0) != backendID
  }

  /// The server process's id, as it was told when connecting.
  var backendID: Int { handle.map { Int(PQbackendPID($0.pointer)) } ?? 0 }

  /// A setting that the server reports by itself, such as `server_version`.
  func reported(_ parameter: String) -> String? {
    handle.flatMap { PQparameterStatus($0.pointer, parameter) }.map { String(cString: $0) }
  }

  var isInTransaction: Bool {
    guard let handle else { return false }
    return PQtransactionStatus(handle.pointer) != PQTRANS_IDLE
  }

  var transactionFailed: Bool {
    guard let handle else { return false }
    return PQtransactionStatus(handle.pointer) == PQTRANS_INERROR
  }

  // MARK: One at a time

  /// The handle, for something that is about to begin.
  func begin() throws(PostgresError) -> ConnectionHandle {
    if let fault { throw fault }
    guard let handle else {
      throw PostgresError(.closed, "The connection is closed.", at: location)
    }
    guard !isBusy else {
      throw PostgresError(
        .protocolViolation,
        "The connection is in use. Give each task its own, or use a pipeline.", at: location)
    }
    isBusy = true
    currentCondition.store(Condition.dirty.rawValue, ordering: .releasing)
    return handle
  }

  func end() {
    isBusy = false
    let isClean = handle != nil && fault == nil && !isInTransaction
    let condition: Condition = fault != nil || handle == nil ? .broken : isClean ? .clean : .dirty
    currentCondition.store(condition.rawValue, ordering: .releasing)
  }

  /// Gives the connection up: whoever uses it next gets this error.
  func spoil(_ error: PostgresError) {
    if fault == nil { fault = error }
    handle = nil
    currentCondition.store(Condition.broken.rawValue, ordering: .releasing)
  }

  /// Closes at once. What is under way fails.
  func close() {
    // Ends the wait for an answer; the descriptor lives until its waiter is gone.
    if isBusy, handle != nil { shutdown(descriptor, CInt(SHUT_RDWR)) }
    spoil(PostgresError(.closed, "The connection is closed.", at: location))
  }

  /// Takes back what its user left: an open transaction.
  func tidy() async {
    guard !isBusy, fault == nil, isInTransaction else { return }
    do {
      // Its user waits for this, perhaps on account of a server that no longer answers.
      _ = try await run(
        [try PostgresStatement("ROLLBACK")], deadline: .now + .seconds(5), shielded: true)
    } catch {
      spoil(error)
    }
  }
}
