/// Tells from libpq's message why there is no connection: it has no code of its own for that.
struct ConnectFailure {
  let message: String
  let needsPassword: Bool

  func error(at location: String) -> PostgresError {
    let (code, text) = serverCode()
    let kind: PostgresError.Kind
    let advice: String
    switch code ?? guess() {
    case "28P01", "28000":
      kind = .authentication
      advice = "Check user and password in the connection string, and pg_hba.conf on the server."
    case "3D000":
      kind = .missingDatabase
      advice = "Create it with createdb, or correct the connection string."
    case "42501":
      kind = .permission
      advice = "Grant the user CONNECT on the database."
    case "53300":
      kind = .unreachable
      advice = "Lower pool_size, or raise max_connections on the server."
    default:
      kind = .unreachable
      advice = "Check that the server runs and that host and port are right."
    }
    let sentence = text.last.map(".?!".contains) == true ? text : "\(text)."
    return PostgresError(
      kind, "Can't connect: \(sentence) \(advice)", at: location,
      report: code.map { ServerReport(sqlState: $0, message: text) })
  }

  /// The code in a verbose message, such as `FATAL:  28P01: password …`, and the message without it.
  private func serverCode() -> (String?, String) {
    let parts = message.split(separator: "; ").filter { !$0.hasPrefix("LOCATION:") }
    let text = parts.joined(separator: "; ")
    for part in text.split(separator: ": ") {
      let code = part.drop { $0 == " " }
      let isCode =
        code.utf8.count == 5 && code.contains(where: \.isNumber)
        && code.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
      if isCode { return (String(code), text.replacing(" \(code):", with: "")) }
    }
    return (nil, text)
  }

  /// For messages without a code: of libpq's own, or where several hosts were tried.
  private func guess() -> String {
    if needsPassword || message.contains("no password supplied")
      || message.contains("password authentication failed") || message.contains("pg_hba.conf")
      || message.contains("role \"") && message.contains("does not exist")
    {
      return "28P01"
    }
    if message.contains("database \"") && message.contains("does not exist") { return "3D000" }
    if message.contains("too many clients") || message.contains("connection slots") {
      return "53300"
    }
    return ""
  }
}
