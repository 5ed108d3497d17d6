import Carillon
import HTTPTypes
import Synchronization

/// Tells who asks, and keeps out who may not.
final class Gatekeeper: Sendable {
  /// How long a revoked token may still be good on a node that has just looked.
  static let memory: Duration = .seconds(2)
  /// At most so often an unknown token makes the store be asked.
  private static let patience: Duration = .milliseconds(200)

  private struct Known {
    var tokens: [String: TokenRecord] = [:]
    var isOpen = false
    var readAt: Duration?
    var isReading = false
  }

  private let access: Access
  private let store: (any TokenStore)?
  private let clock: any SchedulerClock
  private let known = Mutex(Known())

  init(access: Access, store: (any TokenStore)?, clock: any SchedulerClock) {
    self.access = access
    self.store = store
    self.clock = clock
  }

  /// The caller, who has at least `role`; throws `unauthenticated`, `forbidden`, `wrongHost`.
  func admit(_ head: HTTPRequest, to role: Role?) async throws -> Caller {
    guard let role else { return .nobody }
    let caller = try await caller(head)
    guard let has = caller.role, has >= role else {
      throw Problem(
        .forbidden,
        "This needs the role \(role.rawValue); the token has \(caller.role?.rawValue ?? "none").")
    }
    return caller
  }

  private func caller(_ head: HTTPRequest) async throws -> Caller {
    if case .trusted(let role) = access {
      return Caller(id: "trusted", name: "trusted", role: role)
    }
    if let header = head.headerFields[.authorization] {
      guard let text = Gatekeeper.bearer(header), let halves = AccessToken.halves(of: text),
        let record = try await record(halves.id),
        AccessToken.areEqual(record.digest, AccessToken.digest(of: halves.secret)),
        record.revokedAt == nil
      else {
        throw Gatekeeper.unauthenticated(
          "This token is unknown or revoked.", error: "invalid_token")
      }
      return Caller(id: record.id, name: record.name, role: record.role)
    }
    guard access == .openOnLoopback, try await isOpen() else {
      throw Gatekeeper.unauthenticated(
        "Send a token: Authorization: Bearer carillon_…. `carillon tokens add` makes one.")
    }
    guard LoopbackHost.isNamed(by: head.authority) else {
      throw Problem(
        .wrongHost,
        "Without a token, ask at localhost or 127.0.0.1. `carillon tokens add` makes a token.")
    }
    return Caller(id: "loopback", name: "loopback", role: .admin)
  }

  private static func bearer(_ header: String) -> Substring? {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return parts[1].drop { $0 == " " }
  }

  private static func unauthenticated(_ detail: String, error: String? = nil) -> Problem {
    let challenge = "Bearer realm=\"carillon\"" + (error.map { ", error=\"\($0)\"" } ?? "")
    return Problem(.unauthenticated, detail, headers: [.wwwAuthenticate: challenge])
  }

  private func isOpen() async throws -> Bool {
    try await refresh(unlessWithin: Gatekeeper.memory)
    return known.withLock { $0.isOpen }
  }

  private func record(_ id: String) async throws -> TokenRecord? {
    try await refresh(unlessWithin: Gatekeeper.memory)
    if let record = known.withLock({ $0.tokens[id] }) { return record }
    // It may have been made a moment ago.
    try await refresh(unlessWithin: Gatekeeper.patience)
    return known.withLock { $0.tokens[id] }
  }

  private func refresh(unlessWithin age: Duration) async throws {
    let now = clock.uptime()
    let mustRead = known.withLock { known in
      // Whoever comes while one looks goes by what was known; only the first have to wait.
      if let readAt = known.readAt, known.isReading || now - readAt < age { return false }
      known.isReading = true
      return true
    }
    guard mustRead else { return }
    defer { known.withLock { $0.isReading = false } }
    let tokens = try await store?.tokens() ?? []
    known.withLock { known in
      known.tokens = Dictionary(tokens.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
      // A revoked token keeps it closed: revoking the last one must open nothing.
      known.isOpen = tokens.isEmpty
      known.readAt = now
    }
  }
}

/// Names of this machine that no web page's own name can stand for.
public enum LoopbackHost {
  /// Whether a Host header names one, with or without a port.
  static func isNamed(by authority: String?) -> Bool {
    guard let authority else { return false }
    if authority.hasPrefix("[") {
      return authority.prefix { $0 != "]" } == "[::1"
    }
    return isLoopback(String(authority.prefix { $0 != ":" }))
  }

  /// Whether an address to listen on is reached from this machine alone.
  public static func isLoopback(_ host: String) -> Bool {
    if ["localhost", "::1", "[::1]"].contains(host.lowercased()) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return parts.count == 4 && parts[0] == 127 && parts.allSatisfy { $0 != nil }
  }
}
