import Carillon
import CarillonPostgres
import Foundation

/// Where the jobs are, as `--store` or `CARILLON_STORE` says it.
enum StoreURL: Sendable, Hashable, CustomStringConvertible {
  case sqlite(path: String)
  /// The connection string, which may hold a password, and what of it can be shown.
  case postgres(url: String, location: String)
  case memory

  /// The store of a command that isn't told another.
  static let standard = StoreURL.sqlite(path: "carillon.db")

  var description: String {
    switch self {
    case .sqlite(let path): "sqlite:\(path)"
    case .postgres(_, let location): location
    case .memory: "memory:"
    }
  }

  /// Whether there is something to open; memory is always new, and a server has to be asked.
  var isThere: Bool {
    switch self {
    case .sqlite(let path): FileManager.default.fileExists(atPath: path)
    case .postgres: true
    case .memory: false
    }
  }

  /// As `isThere`, and a server is asked whether it has a store's tables. Makes nothing.
  func isStore() async throws(StoreError) -> Bool {
    switch self {
    case .sqlite, .memory: isThere
    case .postgres(let url, _): try await PostgresStore.holdsTables(url: url)
    }
  }

  /// The flag wins over the environment, which wins over the default.
  init(option: String?, environment: [String: String]) throws(UsageError) {
    if let option {
      self = try StoreURL(text: option, source: "--store")
    } else if let text = environment["CARILLON_STORE"], !text.isEmpty {
      self = try StoreURL(text: text, source: "CARILLON_STORE")
    } else {
      self = .standard
    }
  }

  /// - Parameter source: where the text stands, for the message.
  ///
  /// No message repeats more of a text than its scheme, unless it can hold no password.
  init(text: String, source: String) throws(UsageError) {
    let right =
      "Write sqlite:PATH, such as sqlite:carillon.db, or postgres://USER@HOST/DATABASE, or memory:."
    if StoreURL.holdsPairs(text) {
      self = try StoreURL(connection: text, source: source)
      return
    }
    guard let colon = text.firstIndex(of: ":") else {
      guard !text.isEmpty else { throw UsageError("\(source) is empty. \(right)") }
      let isPlain = !text.contains("@")
      throw UsageError(
        isPlain
          ? "\(source) '\(text)' doesn't say which kind of store it is. Write sqlite:\(text) for a "
            + "file, postgres://… for a server, or memory:."
          : "\(source) doesn't say which kind of store it is. \(right)")
    }
    let scheme = text[..<colon].lowercased()
    let rest = String(text[text.index(after: colon)...])
    switch scheme {
    case "memory":
      guard rest.isEmpty else {
        throw UsageError("\(source): nothing may follow memory:, which has no name.")
      }
      self = .memory
    case "sqlite":
      guard !rest.isEmpty else {
        throw UsageError("\(source): sqlite: needs a path. \(right)")
      }
      guard !rest.hasPrefix("//"), rest != ":memory:" else {
        throw UsageError(
          rest == ":memory:"
            ? "\(source): write memory: for a store in memory."
            : "\(source): the path follows sqlite: directly, as in sqlite:carillon.db or "
              + "sqlite:/var/lib/carillon.db.")
      }
      guard !rest.utf8.contains(0) else { throw UsageError("\(source): the path holds NUL.") }
      self = .sqlite(path: rest)
    case "postgres", "postgresql":
      guard rest.hasPrefix("//") else {
        throw UsageError("\(source): write \(scheme)://USER@HOST/DATABASE.")
      }
      self = try StoreURL(connection: "\(scheme):\(rest)", source: source)
    default:
      throw UsageError("\(source): '\(scheme.prefix(40)):' is no kind of store. \(right)")
    }
  }

  private init(connection text: String, source: String) throws(UsageError) {
    do throws(StoreError) {
      self = .postgres(url: text, location: try PostgresStore.location(of: text))
    } catch {
      throw UsageError("\(source): \(error)")
    }
  }

  /// Whether it is a connection string as psql takes it, too: `host=… dbname=…`.
  private static func holdsPairs(_ text: String) -> Bool {
    let name = text.drop(while: \.isWhitespace).prefix { ("a"..."z").contains($0) || $0 == "_" }
    return !name.isEmpty && text[name.endIndex...].drop(while: \.isWhitespace).first == "="
  }
}
