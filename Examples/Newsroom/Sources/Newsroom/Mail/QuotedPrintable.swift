/// RFC 2045's quoted-printable: any text in lines of at most 76 ASCII characters, and still
/// legible for people when most of it is ASCII.
enum QuotedPrintable {
  static let width = 76

  /// Line ends of any kind become CR LF.
  static func encode(_ text: String) -> String {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return lines.map { encode(line: $0) }.joined(separator: "\r\n")
  }

  private static func encode(line: Substring) -> String {
    let bytes = Array(line.utf8)
    var encoded = ""
    var column = 0
    for (index, byte) in bytes.enumerated() {
      let isLast = index == bytes.count - 1
      let unit = encode(byte, atStart: column == 0, isLast: isLast)
      // A soft line break needs the last column for its "=", unless the line ends right here.
      if column + unit.count > width - (isLast ? 0 : 1) {
        encoded += "=\r\n"
        column = 0
        let again = encode(byte, atStart: true, isLast: isLast)
        encoded += again
        column += again.count
      } else {
        encoded += unit
        column += unit.count
      }
    }
    return encoded
  }

  private static func encode(_ byte: UInt8, atStart: Bool, isLast: Bool) -> String {
    let isPlain =
      switch byte {
      case UInt8(ascii: "="): false
      // Transports strip spaces from the ends of lines.
      case UInt8(ascii: " "), UInt8(ascii: "\t"): !isLast
      // A lone dot ends an SMTP dialogue, and "From " begins a letter in an mbox file.
      case UInt8(ascii: "."), UInt8(ascii: "F"): !atStart
      case 33...126: true
      default: false
      }
    return isPlain ? String(Unicode.Scalar(byte)) : "=" + byte.hexadecimal
  }
}
