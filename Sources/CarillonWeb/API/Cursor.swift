import Carillon
import Crypto
import Foundation

/// Where a list goes on: behind this place, of this list. Signed, so that nobody makes one up.
struct Cursor: Sendable, Hashable {
  fileprivate enum Place: Sendable, Hashable {
    case uuid(UUID)
    case number(Int64)
  }

  private let place: Place
  /// Which list it belongs to: a digest of what was asked for.
  let list: String

  private static let version = "1"

  /// Behind the entry of this uuid.
  init(after uuid: UUID, list: String) {
    place = .uuid(uuid)
    self.list = list
  }

  init(_ position: JobPosition, list: String) {
    place =
      switch position {
      case .job(let uuid): .uuid(uuid)
      case .place(let number): .number(number)
      }
    self.list = list
  }

  /// - Parameter list: what the cursor must belong to.
  init(_ text: String, list: String, key: SymmetricKey) throws(Problem) {
    let problem = Problem(
      .invalidCursor,
      "This cursor isn't one of this list. Take `next` of an answer as it is, with the same filters."
    )
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == Cursor.version, let place = Place(parts[1]),
      AccessToken.areEqual(String(parts[2]), Cursor.mac(Cursor.content(place, list), key))
    else { throw problem }
    self.place = place
    self.list = list
  }

  func text(key: SymmetricKey) -> String {
    "\(Cursor.version).\(place.text).\(Cursor.mac(Cursor.content(place, list), key))"
  }

  /// The uuid of the entry; nil for a list that counts its places.
  var after: UUID? {
    switch place {
    case .uuid(let uuid): uuid
    case .number: nil
    }
  }

  var position: JobPosition {
    switch place {
    case .uuid(let uuid): .job(uuid)
    case .number(let number): .place(number)
    }
  }

  private static func content(_ place: Place, _ list: String) -> String {
    switch place {
    case .uuid(let uuid): "\(uuid.text)\n\(list)"
    case .number(let number): "\(number)\n\(list)"
    }
  }

  private static func mac(_ content: String, _ key: SymmetricKey) -> String {
    let code = HMAC<SHA256>.authenticationCode(for: Data(content.utf8), using: key)
    return code.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension Cursor.Place {
  /// As it stands in a cursor.
  fileprivate var text: String {
    switch self {
    case .uuid(let uuid): uuid.text.replacing("-", with: "")
    case .number(let number): "\(number)"
    }
  }

  fileprivate init?(_ text: Substring) {
    guard text.utf8.count == 32 else {
      guard let number = Int64(text), "\(number)" == text else { return nil }
      self = .number(number)
      return
    }
    var dashed = ""
    for (index, character) in text.enumerated() {
      if [8, 12, 16, 20].contains(index) { dashed += "-" }
      dashed.append(character)
    }
    guard let uuid = UUID(uuidString: dashed) else { return nil }
    self = .uuid(uuid)
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
