import Foundation

/// Makes text from outside fit for a row: no NUL, bounded, whole characters.
package enum StoredText {
  /// Bytes of an error that are kept: 8 KiB.
  package static let longestError = 8_192

  package static func error(_ text: String) -> String { bounded(text, longestError) }
  package static func reason(_ text: String) -> String { bounded(text, 1_024) }
  package static func logLine(_ text: String) -> String { bounded(text, 1_024) }

  private static func bounded(_ text: String, _ limit: Int) -> String {
    var kept = text
    if text.utf8.count > limit {
      var end = text.utf8.index(text.startIndex, offsetBy: limit)
      while end > text.startIndex, String.Index(end, within: text.unicodeScalars) == nil {
        end = text.utf8.index(before: end)
      }
      kept = "\(text[..<end])… (\(text.utf8.count) bytes in all)"
    }
    return kept.utf8.contains(0) ? kept.replacing("\0", with: "␀") : kept
  }
}

/// The JSON of a handler's result, or a note saying why it wasn't kept.
package struct ResultText {
  /// Bytes of a result that are kept: 64 KiB.
  package static let longest = 65_536

  package let json: String

  package init(_ value: any Encodable & Sendable) {
    func note(_ text: String) -> String {
      JSONValue.object(["not_kept": .string(StoredText.reason(text))]).json
    }
    do {
      let data = try JSONEncoder().encode(value)
      guard data.count <= ResultText.longest else {
        json = note("the result has \(data.count) bytes; the limit is \(ResultText.longest)")
        return
      }
      json = try JSONValue(json: Array(data)).json
    } catch {
      json = note("the result can't be kept as JSON: \(error)")
    }
  }
}

/// A stable 64-bit digest (FNV-1a, 64 bits) for telling texts apart, not for security.
package struct Digest {
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  package mutating func combine(_ text: String) {
    for byte in text.utf8 { combine(byte: byte) }
    combine(byte: 0)
  }

  package mutating func combine(byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
  }
}
