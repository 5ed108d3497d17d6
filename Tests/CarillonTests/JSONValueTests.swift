import Carillon
import CarillonTesting
import Foundation
import Testing

@Suite struct JSONValueTests {
  @Test(arguments: [
    #"null"#, #"true"#, #"false"#, #"0"#, #"-0"#, #"9007199254740993"#, #"1e400"#, #"-1E-400"#,
    #"0.10"#, #"1.000000000000000000001"#, #""""#, #""a\"b\\c""#, #"[]"#, #"{}"#, #"[1,[2,[3]]]"#,
    #"{"a":1,"b":{"c":[true,null]}}"#, #""🔔é""#,
  ])
  func `writes what it has read, to the last digit`(_ json: String) throws {
    #expect(try JSONValue(json: json).json == json)
  }

  @Test func `writes keys in order and without spaces`() throws {
    let value = try JSONValue(json: " { \"b\" : 1 , \"a\" : [ 1 , 2 ] } ")
    #expect(value.json == #"{"a":[1,2],"b":1}"#)
  }

  @Test func `reads escapes, surrogate pairs included`() throws {
    let value = try JSONValue(json: #""\"\\\/\b\f\n\r\t\u00e9\ud834\udd1e""#)
    #expect(value.string == "\"\\/\u{8}\u{C}\n\r\té𝄞")
    #expect(try JSONValue(json: value.json) == value)
  }

  @Test(arguments: [
    ("", 1), ("  ", 3), ("nul", 1), ("tru", 1), ("[1,]", 4), ("[1 2]", 4), ("{\"a\":1,}", 8),
    ("{a:1}", 2), ("{\"a\" 1}", 6), ("{\"a\":}", 6), ("01", 2), ("1.", 3), ("1e", 3), (".5", 1),
    ("+1", 1), ("-", 2), ("\"abc", 5), ("\"a\nb\"", 4), ("\"\\x\"", 4), ("\"\\u12\"", 6),
    ("[1]]", 4), ("1 // no", 3), ("NaN", 1), ("Infinity", 1), ("'a'", 1),
  ])
  func `refuses, and says where`(_ json: String, _ position: Int) {
    let error = #expect(throws: JSONError.self) { try JSONValue(json: json) }
    #expect(error?.position == position)
    #expect(error?.description.hasSuffix("at position \(position)") == true)
  }

  @Test(arguments: [
    #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #""\u0000""#, #"{"\u0000":1}"#, #""\ud834""#,
    #""\udd1e""#, #""\ud834\u0041""#, #""\ud834x""#, #""\ud834\ud834""#,
  ])
  func `refuses what no database keeps: double keys, NUL, lone surrogates`(_ json: String) {
    #expect(throws: JSONError.self) { try JSONValue(json: json) }
  }

  @Test func `reads 128 levels, and refuses more without running out of stack`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try JSONValue(json: nested(128)) }
    #expect(throws: JSONError.self) { try JSONValue(json: nested(130)) }
    #expect(throws: JSONError.self) {
      try JSONValue(json: String(repeating: "[", count: 1_000_000))
    }
    #expect(throws: JSONError.self) {
      try JSONValue(json: String(repeating: "{\"a\":", count: 100_000))
    }
  }

  @Test func `refuses bytes that are no UTF-8`() {
    for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
      #expect(throws: JSONError.self) { try JSONValue(json: bytes.map(UInt8.init)) }
    }
  }

  @Test func `never traps on noise, and what it reads it reads again`() throws {
    var random = SeededGenerator(seed: 6)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d834", "0", "1", "-", ".", "e", "E", "+",
      "true", "false", "null", " ", "\n", "a", "é", "🔔", "\u{0}", "\u{1}", "\"a\"", "\"b\":",
    ]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...12, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      guard let value = try? JSONValue(json: text) else { continue }
      #expect(try JSONValue(json: value.json) == value)
    }
  }

  @Test func `never traps on any bytes`() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<5_000 {
      let bytes = (0..<Int.random(in: 0...16, using: &random)).map { _ in
        UInt8.random(in: .min ... .max, using: &random)
      }
      _ = try? JSONValue(json: bytes)
      _ = try? JSONValue(json: [0x22] + bytes + [0x22])
    }
  }

  @Test func `reads back random values, compact and for people`() throws {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<500 {
      let value = JSONValue.random(depth: 4, using: &random)
      #expect(try JSONValue(json: value.json) == value)
      #expect(try JSONValue(json: value.prettyJSON) == value)
    }
  }

  @Test func `gives its parts by key and index, and nil for what isn't there`() {
    let value: JSONValue = ["a": [1, 2.5, "x", true, nil]]
    #expect(value["a"]?[0]?.int == 1)
    #expect(value["a"]?[1]?.double == 2.5)
    #expect(value["a"]?[2]?.string == "x")
    #expect(value["a"]?[3]?.bool == true)
    #expect(value["a"]?[4]?.isNull == true)
    #expect(value["a"]?[5] == nil)
    #expect(value["a"]?[-1] == nil)
    #expect(value["b"] == nil)
    #expect(value.int == nil)
  }

  @Test func `tells a number that fits from one that doesn't`() throws {
    #expect(try JSONValue(json: "9223372036854775807").int == .max)
    #expect(try JSONValue(json: "9223372036854775808").int == nil)
    #expect(try JSONValue(json: "1.0").int == nil)
    #expect(try JSONValue(json: "1e400").double == .infinity)
    #expect(JSONNumber(.infinity) == nil)
    #expect(JSONNumber(Double.nan) == nil)
  }

  @Test func `goes through Foundation's coders`() throws {
    let value: JSONValue = ["a": [1, 2.5, "x", true, nil], "b": ["c": -7]]
    let data = try JSONEncoder().encode(value)
    #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
  }
}

extension JSONValue {
  fileprivate static func random(
    depth: Int, using random: inout some RandomNumberGenerator
  ) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &random)))
    case 3: return JSONNumber(Double.random(in: -1e9...1e9, using: &random)).map(number) ?? .null
    case 4: return .string(text(using: &random))
    case 5:
      return .array(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
          self.random(depth: depth - 1, using: &random)
        })
    default:
      var members: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        members[text(using: &random)] = self.random(depth: depth - 1, using: &random)
      }
      return .object(members)
    }
  }

  private static func text(using random: inout some RandomNumberGenerator) -> String {
    let scalars: [Unicode.Scalar] = [
      "a", "\"", "\\", "\n", "\u{1}", "\u{7F}", "é", "🔔", "/", "\u{2028}",
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      text.unicodeScalars.append(scalars.randomElement(using: &random) ?? "a")
    }
    return text
  }
}
