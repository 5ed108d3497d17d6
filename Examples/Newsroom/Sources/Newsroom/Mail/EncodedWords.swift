/// RFC 2047: text that isn't ASCII, in a header that is.
enum EncodedWords {
  /// A line that holds an encoded word may be 76 characters long; this leaves room on it for the
  /// name of the field.
  static let longest = 64
  private static let prefix = "=?utf-8?q?"
  private static let suffix = "?="

  /// May the text stand in a header as it is? A text that looks like an encoded word may not, or
  /// readers would decode it; nor may one with a word so long that its line can't be folded.
  static func areNeeded(for text: String) -> Bool {
    let isPlain = text.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) }
    let hasLongWord = text.split(separator: " ").contains { $0.utf8.count > longest }
    let losesSpaces = text.hasPrefix(" ") || text.hasSuffix(" ") || text.contains("  ")
    return !isPlain || hasLongWord || losesSpaces || text.contains("=?")
  }

  /// The words to write, to be parted by single spaces or folded lines; readers join them again.
  /// No character is split between two words: each must be decodable by itself.
  static func encode(_ text: String) -> [String] {
    let room = longest - prefix.count - suffix.count
    var words: [String] = []
    var word = ""
    for scalar in text.unicodeScalars {
      let encoded = encode(scalar)
      if word.utf8.count + encoded.utf8.count > room {
        words.append(prefix + word + suffix)
        word = ""
      }
      word += encoded
    }
    return word.isEmpty ? words : words + [prefix + word + suffix]
  }

  /// The "Q" encoding, with only those characters left as they are that are allowed everywhere, in
  /// a name too.
  private static func encode(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "!", "*", "+", "-", "/": String(scalar)
    case " ": "_"
    default: String(scalar).utf8.map { "=" + $0.hexadecimal }.joined()
    }
  }
}

extension UInt8 {
  /// Two capital hexadecimal digits.
  var hexadecimal: String {
    let digits = String(self, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }
}
