/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The byte at which reading stopped, from 1.
  public let position: Int
  public let what: String

  public var description: String { "\(what) at position \(position)" }
}

extension JSONValue {
  /// Reads JSON (RFC 8259) strictly: one value, no comments, no duplicate keys, no NUL and no lone
  /// surrogate in a string (neither database could keep them), at most 128 levels deep.
  public init(json: some StringProtocol) throws(JSONError) {
    var reader = JSONReader(Array(json.utf8))
    self = try reader.document()
  }

  /// Reads JSON from bytes, which must be UTF-8.
  public init(json bytes: [UInt8]) throws(JSONError) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw JSONError(position: 1, what: "the text is not valid UTF-8")
    }
    var reader = JSONReader(bytes)
    self = try reader.document()
  }

  /// Compact JSON with keys in order, so that equal values have equal texts.
  public var json: String {
    var text = ""
    write(to: &text, indent: nil, depth: 0)
    return text
  }

  /// JSON over several lines for people.
  public var prettyJSON: String {
    var text = ""
    write(to: &text, indent: "  ", depth: 0)
    return text
  }

  private func write(to text: inout String, indent: String?, depth: Int) {
    func newLine(_ depth: Int) {
      guard let indent else { return }
      text += "\n" + String(repeating: indent, count: depth)
    }
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += value.description
    case .string(let value): JSONValue.quote(value, into: &text)
    case .array(let values) where values.isEmpty: text += "[]"
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        newLine(depth + 1)
        value.write(to: &text, indent: indent, depth: depth + 1)
      }
      newLine(depth)
      text += "]"
    case .object(let members) where members.isEmpty: text += "{}"
    case .object(let members):
      text += "{"
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { text += "," }
        newLine(depth + 1)
        JSONValue.quote(member.key, into: &text)
        text += indent == nil ? ":" : ": "
        member.value.write(to: &text, indent: indent, depth: depth + 1)
      }
      newLine(depth)
      text += "}"
    }
  }

  private static func quote(_ value: String, into text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

/// A recursive descent over bytes; the grammar of RFC 8259 in the order of its sections.
private struct JSONReader {
  private static let deepest = 128
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  private func error(_ what: String) -> JSONError {
    JSONError(position: position + 1, what: what)
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try self.value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error("something follows the value") }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= JSONReader.deepest else { throw error("more than 128 levels of nesting") }
    skipSpace()
    guard let next = peek() else { throw error("the text ends where a value should be") }
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error("there is no JSON value")
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let start = position
    for byte in word.utf8 where !take(byte) {
      position = start
      throw error("there is no JSON value")
    }
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw error("a key in quotes was expected") }
      let key = try string()
      guard members[key] == nil else { throw error("the key '\(key.prefix(40))' stands twice") }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("':' was expected") }
      members[key] = try value(depth: depth + 1)
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("',' or '}' was expected") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(values) }
    repeat {
      values.append(try value(depth: depth + 1))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("',' or ']' was expected") }
    return .array(values)
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return .number(
      JSONNumber(unchecked: String(decoding: bytes[start..<position], as: UTF8.self)))
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = peek(), (0x30...0x39).contains(byte) { position += 1 }
    guard position > start else { throw error("a digit was expected") }
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw error("a control character stands unescaped in a string")
      default: content.append(byte)
      }
    }
    throw error("a string is not closed")
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    guard let byte = peek() else { throw error("a string is not closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content += try unicodeEscape()
    default: throw error("'\\\(Character(Unicode.Scalar(byte)))' is not an escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> [UInt8] {
    var code = try hexQuad()
    guard code != 0 else { throw error("a string holds NUL, which no database keeps") }
    if (0xD800...0xDBFF).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let second = try hexQuad()
      guard (0xDC00...0xDFFF).contains(second) else { throw error("a surrogate stands alone") }
      code = 0x10000 + (code - 0xD800) << 10 + (second - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw error("a surrogate stands alone") }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func hexQuad() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("four hex digits were expected after \\u")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
