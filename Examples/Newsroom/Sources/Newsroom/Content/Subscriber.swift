import Foundation

/// Someone who asked for a letter about each new post.
struct Subscriber: Sendable, Equatable {
  let name: String
  let address: String
  let uuid: UUID
}

extension Subscriber {
  /// The uuid of the letter about one post to this subscriber: the same at each asking, so
  /// `jobs list --resource email/UUID` finds every job about that letter.
  func letterUUID(about post: UUID) -> UUID {
    UUID(name: "letter to \(uuid.lowercase)", in: post)
  }

  /// One `@` with something on either side, no spaces and no control characters. Line ends in
  /// particular: in a letter's header they would begin a field of the sender's choosing.
  static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    let allowed = text.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII && scalar.value > 0x20 && scalar.value < 0x7F
        && !"()<>[]:;,\\\"".unicodeScalars.contains(scalar)
    }
    return allowed && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
  }
}
