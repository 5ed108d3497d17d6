/// What the bearer of a token may do; each role may also do what those before it may.
public enum Role: String, Sendable, Hashable, CaseIterable, Comparable {
  /// Looks at everything but secrets.
  case viewer
  /// Schedules, cancels, retries and reschedules jobs.
  case `operator`
  /// Sees arguments as they are, and deletes.
  case admin

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .operator: 1
    case .admin: 2
    }
  }

  public static func < (lhs: Role, rhs: Role) -> Bool { lhs.rank < rhs.rank }
}

/// A token as a store keeps it: what it is for, and a digest by which its bearer is recognised.
public struct TokenRecord: Sendable, Hashable {
  /// The public half, which stands in the token itself.
  public let id: String
  /// For people: who has it.
  public let name: String
  public let role: Role
  /// SHA-256 of the secret half, in hex; the secret itself is kept nowhere.
  public let digest: String
  public let createdAt: Instant
  /// Since when it counts for nothing; nil while it is good.
  public var revokedAt: Instant?

  public init(
    id: String, name: String, role: Role, digest: String, createdAt: Instant,
    revokedAt: Instant? = nil
  ) {
    self.id = id
    self.name = name
    self.role = role
    self.digest = digest
    self.createdAt = createdAt
    self.revokedAt = revokedAt
  }
}

/// A store that also keeps who may ask: tokens, and the key that signs cursors.
public protocol TokenStore: Sendable {
  /// Keeps a new token; one of the same id stays as it is.
  func addToken(_ token: TokenRecord) async throws(StoreError)

  /// All of them, revoked ones too, oldest first.
  func tokens() async throws(StoreError) -> [TokenRecord]

  /// Revokes a token from `instant` on, if it isn't yet; nil when there is no such token.
  func revokeToken(_ id: String, at instant: Instant) async throws(StoreError) -> TokenRecord?

  /// A secret that all processes of the store share: the kept one, or else `proposed`, which is kept
  /// from now on.
  func sharedSecret(orElse proposed: String) async throws(StoreError) -> String
}

extension TokenRecord {
  /// The token as JSON; nothing in it lets anybody in.
  public var jsonValue: JSONValue {
    .object([
      "id": .string(id),
      "name": .string(name),
      "role": .string(role.rawValue),
      "created_at": JSONValue(createdAt),
      "revoked_at": JSONValue(revokedAt),
    ])
  }
}
