import Carillon
import Crypto
import Foundation

/// A browser that has signed in: with which token, and until when.
///
/// It lives in a signed cookie alone. The token's own record decides at every request whether, and as
/// what, its bearer is let in; so a revoked token ends its sessions.
struct Session: Sendable, Hashable {
  static let cookie = "carillon_session"
  /// How long one lasts at most.
  static let life: Duration = .seconds(12 * 3_600)

  let tokenID: String
  let expiresAt: Instant
  /// Tells sessions of one token apart.
  let nonce: String

  init(tokenID: String, at now: Instant) {
    var generator = SystemRandomNumberGenerator()
    self.tokenID = tokenID
    expiresAt = now + Session.life
    nonce =
      String(UInt64.random(in: 0 ... .max, using: &generator), radix: 36)
      + String(UInt64.random(in: 0 ... .max, using: &generator), radix: 36)
  }

  /// The session that a cookie holds; nil for one that we haven't signed, or that is over.
  init?(_ text: String, key: SymmetricKey, at now: Instant) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, parts[0] == "1", let microseconds = Int64(parts[2]),
      Signature.isGood(parts[4], of: parts[1...3].joined(separator: "."), "session", key)
    else { return nil }
    tokenID = parts[1]
    expiresAt = Instant(microseconds: microseconds)
    nonce = parts[3]
    guard expiresAt > now else { return nil }
  }

  func text(key: SymmetricKey) -> String {
    let content = "\(tokenID).\(expiresAt.microseconds).\(nonce)"
    return "1.\(content).\(Signature.of(content, "session", key))"
  }
}

/// What a form carries to show that it comes from one of our own pages, shown to this very visitor.
enum FormToken {
  static let field = "form_token"

  static func text(for caller: Caller, key: SymmetricKey) -> String {
    Signature.of(caller.session?.nonce ?? "of \(caller.id)", "form", key)
  }
}

/// A keyed digest of a text that is for one purpose.
enum Signature {
  static func of(_ content: String, _ purpose: String, _ key: SymmetricKey) -> String {
    let code = HMAC<SHA256>.authenticationCode(for: Data("\(purpose)\n\(content)".utf8), using: key)
    return code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static func isGood(
    _ signature: String, of content: String, _ purpose: String, _ key: SymmetricKey
  ) -> Bool {
    AccessToken.areEqual(signature, of(content, purpose, key))
  }
}
