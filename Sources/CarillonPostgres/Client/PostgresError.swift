/// What went wrong between this program and PostgreSQL. Holds no password.
struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
  enum Kind: String, Sendable, Hashable {
    /// No connection could be made; nothing was sent.
    case unreachable
    /// The server doesn't know the user, or the password is wrong.
    case authentication
    case missingDatabase
    /// The user may not do this.
    case permission
    /// The server refused a statement; `report` says why.
    case refused
    /// The connection broke while a statement was under way: it may have been carried out.
    case connectionLost
    /// The deadline passed. If the statement was sent, it was asked to stop; its fate is unknown
    /// unless the server reported that it did.
    case deadline
    /// The task was cancelled.
    case cancelled
    /// All connections of the lane were in use until the deadline.
    case poolExhausted
    /// The pool, or the listener, has been closed.
    case closed
    /// A value can't be sent, such as text with a NUL.
    case invalidParameter
    /// The connection string can't be used.
    case invalidConfiguration
    /// An answer that isn't what was asked for, or a connection used twice at once.
    case protocolViolation
  }

  let kind: Kind
  /// Whole sentences: what happened, and what to do.
  let message: String
  /// Where, without a password.
  let location: String
  /// What the server said, if it said something.
  let report: ServerReport?
  /// Which statement of a pipeline failed; nil where there is one only.
  let statement: Int?

  init(
    _ kind: Kind, _ message: String, at location: String, report: ServerReport? = nil,
    statement: Int? = nil
  ) {
    self.kind = kind
    self.message = message
    self.location = location
    self.report = report
    self.statement = statement
  }

  var description: String {
    let position = statement.map { " (statement \($0 + 1) of the pipeline)" } ?? ""
    return "\(location): \(message)\(position)"
  }

  /// The server's five-character code, such as `40001`.
  var sqlState: String? { report?.sqlState }

  /// Whether the same transaction may succeed if it is simply begun again.
  var isRetryable: Bool {
    switch kind {
    case .unreachable, .connectionLost, .deadline, .poolExhausted: return true
    case .closed, .cancelled, .invalidParameter, .invalidConfiguration, .protocolViolation:
      return false
    case .authentication, .missingDatabase, .permission, .refused:
      guard let state = report?.sqlState else { return false }
      return SQLState.retryable.contains(state)
        || SQLState.retryableClasses.contains(String(state.prefix(2)))
    }
  }

  /// The server takes no writes: a standby, or a primary that was demoted.
  var isReadOnly: Bool { sqlState == SQLState.readOnly }

  /// Whether the connection that gave this error should not be used again.
  var spoilsConnection: Bool {
    guard let state = sqlState else { return false }
    return isReadOnly || state.hasPrefix("08") || state.hasPrefix("57P")
  }
}

/// What PostgreSQL said about a statement.
struct ServerReport: Sendable, Hashable {
  let sqlState: String
  let message: String
  var severity: String?
  var detail: String?
  var hint: String?
  var schema: String?
  var table: String?
  var column: String?
  var constraint: String?
  var context: String?
}

/// The codes of PostgreSQL that mean something here.
enum SQLState {
  static let serializationFailure = "40001"
  static let deadlock = "40P01"
  static let readOnly = "25006"
  static let queryCancelled = "57014"
  static let tooManyConnections = "53300"
  static let uniqueViolation = "23505"
  static let undefinedTable = "42P01"
  static let invalidStatementName = "26000"
  static let duplicateStatement = "42P05"
  static let featureNotSupported = "0A000"
  static let lockNotAvailable = "55P03"

  /// Conflicts, locks, resources, a server that stops, starts or takes no writes just now.
  static let retryable: Set<String> = [
    serializationFailure, deadlock, readOnly, lockNotAvailable, "40003", "57P01", "57P02", "57P03",
    "57P05", "58000", "58030",
  ]
  /// Connection exceptions and insufficient resources.
  static let retryableClasses: Set<String> = ["08", "53"]
}
