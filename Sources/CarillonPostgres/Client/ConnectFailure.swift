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
      advice = ConnectFailure.advice(tooMany: text)
    default:
      kind = .unreachable
      advice = ConnectFailure.advice(unreachable: text)
    }
    return PostgresError(
      kind, "Can't connect: \(text.asSentence) \(advice)", at: location,
      report: code.map { ServerReport(sqlState: $0, message: text) })
  }

  /// A role and a database may have limits of their own, which they reach before the server does.
  static func advice(tooMany text: String) -> String {
    if text.contains("for role") {
      return "Lower pool_size, or raise the role's limit: ALTER ROLE … CONNECTION LIMIT …."
    }
    if text.contains("for database") {
      return "Lower pool_size, or raise the database's limit: ALTER DATABASE … CONNECTION LIMIT …."
    }
    return "Lower pool_size, or raise max_connections on the server."
  }

  private static func advice(unreachable text: String) -> String {
    if text.contains("definition of service") || text.contains("service file") {
      return "Correct the name after service=, or write its part [NAME] of ~/.pg_service.conf, or "
        + "of the file that PGSERVICEFILE names."
    }
    if text.contains("does not support SSL") {
      return "Turn `ssl` on in the server's postgresql.conf, or ask for less with `sslmode=prefer`."
    }
    if text.contains("certificate") {
      return "Give the authority's certificate with `sslrootcert`, and the name that the server's "
        + "certificate has as host."
    }
    return "Check that the server runs and that host and port are right."
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
    if message.contains("too many clients") || message.contains("too many connections")
      || message.contains("connection slots")
    {
      return "53300"
    }
    return ""
  }
}
