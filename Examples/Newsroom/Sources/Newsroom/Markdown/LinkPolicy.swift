import Foundation

/// Which addresses an article may link to, and how they are written.
struct LinkPolicy: Sendable {
  /// What relative addresses are resolved against. Nil leaves them relative, as on the site's own
  /// pages; a feed or a letter is read elsewhere and needs whole ones.
  var base: URL?

  /// The address to write, or nil if it is refused.
  ///
  /// Allowed are relative addresses and a short list of schemes. Everything else would be a list
  /// of bad ones, and such lists are always one short: `javascript:`, `data:`, `vbscript:`…
  func address(_ destination: String) -> String? {
    // Browsers drop these characters before they look for a scheme: "java\nscript:" is one.
    let seen = String(
      String.UnicodeScalarView(
        destination.unicodeScalars.filter { $0.value > 0x20 && !(0x7F...0x9F).contains($0.value) }))
    if let scheme = Self.scheme(of: seen) {
      return Self.allowed.contains(scheme) ? Self.encoded(seen) : nil
    }
    guard let base else { return Self.encoded(seen) }
    return URL(string: Self.encoded(seen), relativeTo: base)?.absoluteString
  }

  private static let allowed: Set<String> = ["http", "https", "mailto", "tel"]

  /// What stands before a colon that comes before any slash, question mark or hash.
  private static func scheme(of address: String) -> String? {
    guard let end = address.firstIndex(where: { ":/?#".contains($0) }), address[end] == ":" else {
      return nil
    }
    return address[..<end].lowercased()
  }

  /// Percent-encodes what an address may not hold as it is; what is encoded already stays.
  private static func encoded(_ address: String) -> String {
    let kept = CharacterSet(
      charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        + "-._~:/?#@!$&'()*+,;=%")
    return address.addingPercentEncoding(withAllowedCharacters: kept) ?? ""
  }
}
