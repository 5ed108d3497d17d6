import CLibPQ

extension ServerReport {
  /// The fields of a result that is an error.
  init(_ result: OpaquePointer) {
    func field(_ code: Character) -> String? {
      guard let value = code.asciiValue, let text = PQresultErrorField(result, CInt(value)) else {
        return nil
      }
      return String(cString: text)
    }
    // Without fields the error is libpq's own, such as a connection that broke.
    let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
    self.init(
      sqlState: field("C") ?? "", message: field("M") ?? text.trimmed,
      severity: field("V") ?? field("S"), detail: field("D"), hint: field("H"),
      schema: field("s"), table: field("t"), column: field("c"), constraint: field("n"),
      context: field("W"))
  }
}

extension PostgresError {
  /// The error that the server's report amounts to.
  init(_ report: ServerReport, at location: String, statement: Int? = nil) {
    let kind: Kind
    let advice: String
    switch report.sqlState {
    case "28P01", "28000":
      kind = .authentication
      advice = "Check user and password in the connection string, and pg_hba.conf on the server."
    case "3D000":
      kind = .missingDatabase
      advice = "Create it with createdb, or correct the connection string."
    case "42501":
      kind = .permission
      advice = "`doctor` names the rights that are missing; the owner of the tables grants them."
    case SQLState.readOnly:
      kind = .refused
      advice =
        "The server is a standby, or the role or database is set to read only. Connect to the primary "
        + "(`target_session_attrs=read-write` with several hosts finds it), or reset "
        + "`default_transaction_read_only`."
    case SQLState.tooManyConnections:
      kind = .refused
      advice = ConnectFailure.advice(tooMany: report.message)
    case let state where state.hasPrefix("08") || state.hasPrefix("57P"):
      kind = .connectionLost
      advice = "The statement may have been carried out; it can be tried again on a new connection."
    default:
      kind = .refused
      advice = ""
    }
    var text = report.sqlState.isEmpty ? report.message : "\(report.message) [\(report.sqlState)]"
    if let detail = report.detail { text += ". \(detail)" }
    if let hint = report.hint { text += ". \(hint)" }
    if !advice.isEmpty { text += text.hasSuffix(".") ? " \(advice)" : ". \(advice)" }
    self.init(kind, text, at: location, report: report, statement: statement)
  }

  static func lost(_ why: String, at location: String) -> PostgresError {
    let reason = why.isEmpty ? "the server closed it" : why.trimmed
    return PostgresError(
      .connectionLost,
      "The connection broke: \(reason.asSentence) What was under way may have been carried out.",
      at: location)
  }

  func of(statement: Int) -> PostgresError {
    PostgresError(kind, message, at: location, report: report, statement: statement)
  }
}

extension String {
  /// With a full stop, unless it ends like a sentence.
  var asSentence: String { last.map(".?!".contains) == true ? self : "\(self)." }

  /// Without spaces and line ends around it, and with the lines inside joined.
  var trimmed: String {
    split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
      .filter { !$0.isEmpty }.joined(separator: "; ")
  }
}
