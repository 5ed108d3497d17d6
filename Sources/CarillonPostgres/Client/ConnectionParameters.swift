import CLibPQ

/// libpq's connection parameters by name, read by libpq itself.
struct ConnectionParameters {
  private(set) var values: [String: String] = [:]
  private(set) var secrets: [String] = []

  /// What a connection string sets.
  ///
  /// - Parameter named: the names of the parameters after a URL's question mark, for the message.
  init(parsing text: String, named: [String] = []) throws(PostgresError) {
    var why: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(text, &why) else {
      var message = why.map { String(cString: $0) } ?? "out of memory"
      PQfreemem(why)
      // It quotes the name, but a name might be a part of a password with a `?` in it.
      if let name = named.first(where: { message.contains("parameter: \"\($0)\"") }) {
        message = "\(name) is no parameter of libpq's or Carillon's"
      }
      throw PostgresError(
        .invalidConfiguration,
        "The connection string can't be read: \(ConnectionParameters.harmless(message)). It should "
          + "look like postgres://user:password@host:5432/database, with special characters of the "
          + "password as %XX, or like `host=… dbname=…`.",
        at: "PostgreSQL")
    }
    read(options)
  }

  /// What the environment sets, and libpq's own defaults.
  static func defaults() -> ConnectionParameters {
    var parameters = ConnectionParameters()
    if let options = PQconndefaults() { parameters.read(options) }
    return parameters
  }

  private init() {}

  private mutating func read(_ options: UnsafeMutablePointer<PQconninfoOption>) {
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      defer { option += 1 }
      guard let value = option.pointee.val.map({ String(cString: $0) }), !value.isEmpty else {
        continue
      }
      values[String(cString: keyword)] = value
      // libpq marks what a dialogue should not show.
      if let mark = option.pointee.dispchar, mark.pointee == CChar(UInt8(ascii: "*")) {
        secrets.append(value)
      }
    }
  }

  /// libpq quotes what it doesn't understand, which may be a part of a password, and does so at the
  /// end of its message: only what stands before is told.
  private static func harmless(_ message: String) -> String {
    let cut = message.prefix { $0 != "\"" && $0 != "(" }
    let text = String(cut).trimmed
    return text.hasSuffix(":") ? String(text.dropLast()) : text.trimmingTail
  }

  /// A URL for people, without a password.
  static func location(_ value: (String) -> String?) -> String {
    // What the service's file says is known when libpq connects, and not before.
    if let service = value("service") { return "postgres://?service=\(service)" }
    let user = value("user").map { "\($0)@" } ?? ""
    let database = value("dbname") ?? value("user") ?? ""
    let ports = (value("port") ?? "5432").split(separator: ",").map(String.init)
    let names = (value("host") ?? value("hostaddr") ?? "").split(separator: ",").map(String.init)
    if let folder = names.first, folder.hasPrefix("/") || folder.hasPrefix("@") {
      return "postgres://\(user)/\(database)?host=\(folder)&port=\(ports.first ?? "5432")"
    }
    let hosts = names.enumerated().map { index, name in
      "\(name.contains(":") ? "[\(name)]" : name):\(ports.count > index ? ports[index] : ports.last ?? "5432")"
    }
    return "postgres://\(user)\(hosts.joined(separator: ","))/\(database)"
  }
}

extension String {
  fileprivate var trimmingTail: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return String(text)
  }
}
