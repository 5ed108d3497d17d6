public import Carillon
import Crypto
import Foundation

/// A new bearer token: shown once, and then known by its digest alone.
///
/// The text is `carillon_ID_SECRET`; the secret has 256 random bits.
public struct AccessToken: Sendable {
  /// What the bearer sends.
  public let text: String
  /// What a store keeps.
  public let record: TokenRecord

  public init(name: String, role: Role, at now: Instant) {
    var generator = SystemRandomNumberGenerator()
    let id = Self.hex((0..<6).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    let secret = Self.hex((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    text = "carillon_\(id)_\(secret)"
    record = TokenRecord(
      id: id, name: name, role: role, digest: Self.digest(of: secret), createdAt: now)
  }

  /// The halves of a token's text; nil for what can't be one.
  static func halves(of text: some StringProtocol) -> (id: String, secret: String)? {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "carillon", !parts[1].isEmpty, parts[2].utf8.count == 64
    else { return nil }
    return (String(parts[1]), String(parts[2]))
  }

  static func digest(of secret: String) -> String {
    hex(SHA256.hash(data: Data(secret.utf8)))
  }

  /// Whether two digests are equal, in a time that doesn't tell where they differ.
  static func areEqual(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
