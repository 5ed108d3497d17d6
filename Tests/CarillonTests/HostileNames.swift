import Foundation

/// Names that a row could carry to make a careless program load something.
enum HostileNames {
  /// So many names, none of them one of `real`: the fixed ones, then variations of the real ones.
  static func all(from real: [String], count: Int) -> [String] {
    let known = Set(real.map { Data($0.utf8) })
    var names = fixed
    var random = Xorshift(state: 0x9E37_79B9_7F4A_7C15)
    while names.count < count {
      let name = variation(of: real.randomElement(using: &random) ?? "A.B", using: &random)
      if !known.contains(Data(name.utf8)) { names.append(name) }
    }
    return names
  }

  private static let fixed = [
    "", " ", ".", "..", "\0", "nil", "*", "%s%n", "Swift.Array", "Swift.Int", "Sa", "Si", "ytD",
    "$sSi", "$sSaySiG", "$s13CarillonTests13InternalShapeC", "$S13CarillonTests13InternalShapeC",
    "_T013CarillonTests13InternalShapeC", "13CarillonTests13InternalShapeC",
    "13CarillonTests13InternalShapeCD", "$s13CarillonTests13InternalShapeCmD",
    "13CarillonTests9ShapeNestO6NestedC", "13CarillonTests12GenericShapeCySiG",
    "CarillonTests.GenericShape<Swift.Int>", "CarillonTests.InternalShape.Type",
    "any Carillon.JobHandler", "Carillon.JobHandler", "Carillon.HandlerCatalog",
    "Foundation.Process", "Foundation.Bundle", "NSTask", "../x.so", "/usr/lib/x.so",
    "file:///x.so", "x.so", "libc.so.6", "\u{1}\u{2}\u{3}\u{4}\u{5}", "\u{2}AAAA",
    "'; DROP TABLE jobs; --", "${jndi:ldap://x}", "CarillonTests.InternalShape\0",
    "\0CarillonTests.InternalShape", "\u{202E}epahSlanretnI.stseTnollirC",
    "Carillon\u{200B}Tests.InternalShape", "СarillonTests.InternalShape",
    "CarillonTests．InternalShape", "InternalShape", "carillontests.internalshape",
    String(repeating: "A", count: 1 << 20), String(repeating: "Say", count: 350_000),
    "CarillonTests.InternalShape" + String(repeating: "\0", count: 1 << 20),
    String(repeating: "é", count: 1 << 19), String(repeating: "(", count: 1 << 20),
  ]

  private static let inserted: [Character] = [
    "\0", "\u{1}", "\n", " ", ".", "/", "$", "\u{202E}", "\u{200D}", "\u{FEFF}", "\u{301}", "é",
    "🎉", "0", "C",
  ]

  private static let lookalikes: [Character: Character] = [
    "a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "C": "С", "S": "Ѕ", "I": "І", "l": "1",
    ".": "․",
  ]

  private static func variation(of name: String, using random: inout Xorshift) -> String {
    var characters = Array(name)
    let index = Int.random(in: characters.indices, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: characters.insert(inserted.randomElement(using: &random) ?? " ", at: index)
    case 1: characters.remove(at: index)
    case 2: characters = characters.map { lookalikes[$0] ?? $0 }
    case 3: characters.reverse()
    case 4: return "$s" + mangled(name)
    case 5: return mangled(name)
    case 6: return String(name.prefix(index))
    default:
      return String(
        decoding: (0..<index + 1).map { _ in UInt8.random(in: 0...255, using: &random) },
        as: UTF8.self)
    }
    return String(characters)
  }

  /// As the compiler would mangle it, if it were a class in a module.
  private static func mangled(_ name: String) -> String {
    name.split(separator: ".").map { "\($0.utf8.count)\($0)" }.joined() + "C"
  }
}

/// Random numbers that are the same at every run.
struct Xorshift: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
