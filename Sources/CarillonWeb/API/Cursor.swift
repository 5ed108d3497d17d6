import Carillon
import Crypto
import Foundation

/// Where a list goes on: after this job, of this list. Signed, so that nobody makes one up.
struct Cursor: Sendable, Hashable {
  let after: UUID
  /// Which list it belongs to: a digest of what was asked for.
  let list: String

  private static let version = "1"

  func text(key: SymmetricKey) -> String {
    let content = Cursor.content(after, list)
    return "\(Cursor.version).\(after.text.replacing("-", with: "")).\(Cursor.mac(content, key))"
  }

  /// - Parameter list: what the cursor must belong to.
  init(_ text: String, list: String, key: SymmetricKey) throws(Problem) {
    let problem = Problem(
      .invalidCursor,
      "This cursor isn't one of this list. Take `next` of an answer as it is, with the same filters."
    )
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == Cursor.version, parts[1].utf8.count == 32,
      let uuid = Cursor.uuid(parts[1]),
      AccessToken.areEqual(String(parts[2]), Cursor.mac(Cursor.content(uuid, list), key))
    else { throw problem }
    after = uuid
    self.list = list
  }

  init(after: UUID, list: String) {
    self.after = after
    self.list = list
  }

  private static func content(_ after: UUID, _ list: String) -> String { "\(after.text)\n\(list)" }

  private static func uuid(_ text: Substring) -> UUID? {
    var dashed = ""
    for (index, character) in text.enumerated() {
      if [8, 12, 16, 20].contains(index) { dashed += "-" }
      dashed.append(character)
    }
    return UUID(uuidString: dashed)
  }

  private static func mac(_ content: String, _ key: SymmetricKey) -> String {
    let code = HMAC<SHA256>.authenticationCode(for: Data(content.utf8), using: key)
    return code.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// The key that signs cursors: the store's, so that cursors hold over restarts and among nodes; of a
/// store that keeps none, this process's.
actor CursorKey {
  private let store: (any TokenStore)?
  private var known: SymmetricKey?

  init(store: (any TokenStore)?) { self.store = store }

  func key() async throws(StoreError) -> SymmetricKey {
    if let known { return known }
    var generator = SystemRandomNumberGenerator()
    let proposed = (0..<4).map { _ in
      String(UInt64.random(in: 0 ... .max, using: &generator), radix: 16)
    }.joined(separator: "-")
    let secret = try await store?.sharedSecret(orElse: proposed) ?? proposed
    // Of two callers that were here at once, without a store, the first has made the key.
    if let known { return known }
    let key = SymmetricKey(data: SHA256.hash(data: Data(secret.utf8)))
    known = key
    return key
  }
}
