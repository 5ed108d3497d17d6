/// One field of a letter's header, folded into lines of at most 78 characters where it has spaces.
struct HeaderField: Sendable, Equatable {
  static let width = 78

  let name: String
  /// The parts between which the field may be folded; a space stands between them.
  private let words: [String]

  /// A field whose value is made by the program: dates, ids, types.
  init(_ name: String, _ value: String) throws(MailError) {
    let isName = !name.isEmpty && name.utf8.allSatisfy { (33...126).contains($0) && $0 != 58 }
    guard isName else { throw .badFieldName(name) }
    self.name = name
    // Whatever isn't printable is dropped: a line end here would begin another field.
    words = value.split(separator: " ").map { word in
      String(String.UnicodeScalarView(word.unicodeScalars.filter { (33...126).contains($0.value) }))
    }
  }

  /// A field of free text, as a subject.
  init(_ name: String, text: String) throws(MailError) {
    if EncodedWords.areNeeded(for: text) {
      try self.init(name, EncodedWords.encode(text).joined(separator: " "))
    } else {
      try self.init(name, text)
    }
  }

  /// A field of people.
  init(_ name: String, _ mailbox: Mailbox) throws(MailError) {
    guard Subscriber.isAddress(mailbox.address) else { throw .badAddress(mailbox.address) }
    let phrase = Self.phrase(mailbox.name)
    try self.init(name, phrase.isEmpty ? mailbox.address : "\(phrase) <\(mailbox.address)>")
  }

  var text: String {
    var lines: [String] = []
    var line = name + ":"
    for (index, word) in words.enumerated() {
      // The first word stays beside the name: a line of nothing but space is not allowed.
      if index > 0, line.utf8.count + 1 + word.utf8.count > Self.width {
        lines.append(line)
        line = ""
      }
      line += " " + word
    }
    return (lines + [line]).joined(separator: "\r\n")
  }

  /// A name as it must stand before an address: as it is, in quotes, or encoded.
  private static func phrase(_ name: String) -> String {
    if EncodedWords.areNeeded(for: name) {
      return EncodedWords.encode(name).joined(separator: " ")
    }
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "-"),
        UInt8(ascii: "'"):
        true
      default: false
      }
    }
    if isPlain { return name }
    let escaped = name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
    return "\"\(String(escaped))\""
  }
}
