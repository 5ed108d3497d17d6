import CLibPQ
import Foundation

/// How to reach a server, and how to treat it. Made from a connection string of libpq's.
struct PostgresConfiguration: Sendable {
  /// Whether statements keep their names on the server between two uses.
  enum Preparation: Sendable, Hashable {
    /// Named, unless a pooler stands between (seen by its made-up process id).
    case automatic
    /// Prepared once for each connection.
    case named
    /// Planned anew each time: the only way through a pooler that changes servers.
    case unnamed
  }

  /// Connections for work at most.
  var poolSize = 8
  /// Connections for heartbeats and completions, besides.
  var reservedSize = 2
  /// The schema of Carillon's tables, if not the first of the search path.
  var schema: String?
  var preparation = Preparation.automatic
  /// How long a statement may take if its caller sets no deadline.
  var statementTimeout: Duration = .seconds(30)
  /// How long to wait for a free connection if the caller sets no deadline.
  var poolTimeout: Duration = .seconds(10)
  /// How often to look for changes where no notifications come.
  var poll: Duration = .milliseconds(500)
  /// After a request to cancel, how long the server has to answer before the connection is dropped.
  var cancelGrace: Duration = .seconds(2)
  /// An unused connection is closed after so long.
  var idleTimeout: Duration = .seconds(300)
  /// A connection is replaced when it is so old, so that none outlives a failover for ever.
  var maximumAge: Duration = .seconds(1_800)
  /// Prepared statements kept on each connection; the one unused for longest makes room.
  var preparedStatements = 128

  /// Where, for people: without a password.
  let location: String
  /// Takes the passwords out of a message.
  let redaction: Redaction
  /// What libpq gets, in its order.
  let parameters: [(name: String, value: String)]
  /// For each host. libpq itself counts in whole seconds.
  let connectTimeout: Duration
  let hosts: Int
  private let listenURL: String?

  /// Reads a URL or `key=value` pairs; every parameter of libpq and every `PG*` variable counts.
  ///
  /// Parameters of Carillon's own: `pool_size`, `reserved_size`, `schema`, `listen_url`,
  /// `pooler` (`transaction`, `session` or `none`), and in seconds `statement_timeout` and
  /// `pool_timeout`, and `poll` in milliseconds.
  init(_ text: String) throws(PostgresError) {
    let string = ConnectionString(text)
    guard !string.isAmbiguous else { throw PostgresConfiguration.ambiguous }
    let given = try ConnectionParameters(parsing: string.forServer, named: string.names)
    let known = ConnectionParameters.defaults()
    redaction = Redaction(string.writtenSecrets + given.secrets + known.secrets)
    var values = given.values
    func effective(_ name: String) -> String? { values[name] ?? known.values[name] }

    var location = ConnectionParameters.location(effective)
    if let schema = string.parameters["schema"] {
      // Another schema is another store.
      location += "\(location.contains("?") ? "&" : "?")schema=\(schema)"
    }
    self.location = redaction(location)
    hosts = max(1, (effective("hostaddr") ?? effective("host") ?? "").split(separator: ",").count)
    let seconds = effective("connect_timeout").flatMap(Int.init) ?? 10
    connectTimeout = .seconds(seconds <= 0 ? 300 : max(seconds, 2))

    let additions = [
      "fallback_application_name": "carillon", "connect_timeout": "10", "keepalives_idle": "10",
      "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "15000",
    ]
    for (name, value) in additions where effective(name) == nil { values[name] = value }
    // Texts here are UTF-8, whatever the environment says.
    values["client_encoding"] = "UTF8"
    parameters = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }

    listenURL = string.parameters["listen_url"]
    schema = string.parameters["schema"]
    let own = OwnParameters(values: string.parameters, location: self.location)
    if let size = try own.number("pool_size", 1...1_000) { poolSize = size }
    if let size = try own.number("reserved_size", 0...1_000) { reservedSize = size }
    if let time = try own.number("statement_timeout", 1...86_400) {
      statementTimeout = .seconds(time)
    }
    if let time = try own.number("pool_timeout", 1...86_400) { poolTimeout = .seconds(time) }
    if let time = try own.number("poll", 10...60_000) { poll = .milliseconds(time) }
    if let schema, !ConnectionString.isSchema(schema) {
      throw own.wrong(
        "schema", "must be a name of 1 to 63 bytes, as PostgreSQL's are, without $body$")
    }
    switch string.parameters["pooler"] {
    case nil: break
    case "transaction": preparation = .unnamed
    case "session", "none": preparation = .named
    default: throw own.wrong("pooler", "must be transaction, session or none")
    }
  }

  private static var ambiguous: PostgresError {
    PostgresError(
      .invalidConfiguration,
      "The connection string can't be read: user and password end at the first @, but another one "
        + "follows, or a / stands before it. Write special characters of the user, the password and "
        + "the database's name as %XX: @ is %40, / is %2F, : is %3A, ? is %3F.",
      at: "PostgreSQL")
  }

  /// For the connection that listens: at `listen_url` where that is given, for no notification comes
  /// through a pooler that changes servers.
  func listening() throws(PostgresError) -> PostgresConfiguration {
    guard let listenURL else { return self }
    return try PostgresConfiguration(listenURL)
  }
}

/// Printing a configuration must not print its password.
extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
  var description: String { location }
  var customMirror: Mirror { Mirror(self, children: ["location": location]) }
}

/// Carillon's parameters of a connection string.
private struct OwnParameters {
  let values: [String: String]
  let location: String

  func number(_ name: String, _ range: ClosedRange<Int>) throws(PostgresError) -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw wrong(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func wrong(_ name: String, _ why: String) -> PostgresError {
    PostgresError(
      .invalidConfiguration, "The parameter \(name) of the connection string \(why).", at: location)
  }
}
