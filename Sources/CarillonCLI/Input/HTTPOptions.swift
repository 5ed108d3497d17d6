import ArgumentParser
import CarillonWeb

/// Where the HTTP API and the dashboard listen.
struct HTTPOptions: ParsableArguments {
  /// What was asked for.
  enum Wish: Sendable, Hashable {
    /// Nothing was said: the usual address, if it is free.
    case standard
    case address(HTTPAddress)
    case none
  }

  @Option(
    help: ArgumentHelp(
      "Where the HTTP API listens; port 0 takes a free one. (default: \(HTTPAddress.standard))",
      valueName: "host:port"))
  var http: String?

  @Flag(name: .customLong("no-http"), help: "Without the HTTP API and the dashboard.")
  var noHTTP = false

  @Flag(
    name: .customLong("behind-tls"),
    help: "Browsers get here through a proxy with TLS: keep their sessions off plain connections.")
  var isBehindTLS = false

  @Option(
    name: .customLong("rate-limit"),
    help: ArgumentHelp(
      "How many requests per second each token may make. (default: no limit)",
      valueName: "requests"))
  var requestsPerSecond: Int?

  func wish() throws(UsageError) -> Wish {
    if let limit = requestsPerSecond, limit < 1 {
      throw UsageError("--rate-limit: \(limit) is no limit. Write a whole number from 1.")
    }
    switch (http, noHTTP) {
    case (nil, false): return .standard
    case (nil, true): return .none
    case (_?, true):
      throw UsageError("--http and --no-http contradict each other. Give one of them.")
    case (let text?, false):
      guard let address = HTTPAddress(text) else {
        throw UsageError(
          "--http: '\(text.prefix(80))' is no address. Write HOST:PORT, such as 127.0.0.1:7117 or "
            + "[::1]:7117.")
      }
      return .address(address)
    }
  }
}
