import Foundation

/// Hides values under keys that sound like secrets, at any depth.
public struct Redaction: Sendable, Hashable {
  /// Parts of keys whose values are hidden, whatever their case.
  public static let standardPatterns = [
    "password", "passwd", "passphrase", "secret", "token", "authorization", "api_key", "apikey",
    "api-key", "access_key", "private_key", "credential", "cookie",
  ]

  package static let mark = JSONValue.string("[redacted]")

  /// In lower case, as bytes.
  private let patterns: [[UInt8]]

  public init(patterns: [String] = Redaction.standardPatterns) {
    self.patterns = patterns.filter { !$0.isEmpty }.map { Array(Redaction.folded($0).utf8) }
  }

  /// The value with what is hidden taken out.
  package func callAsFunction(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null, .bool, .number, .string: value
    case .array(let values): .array(values.map { self($0) })
    case .object(let members):
      .object(
        Dictionary(
          uniqueKeysWithValues: members.map { key, value in
            (key, hides(key) && !value.isNull ? Redaction.mark : self(value))
          }))
    }
  }

  /// Whether what stands there, or what it stands in, is hidden.
  package func hides(path: [String]) -> Bool { path.contains(where: hides) }

  private func hides(_ key: String) -> Bool {
    let key = Redaction.folded(key)
    return patterns.contains { key.contains(bytes: $0) }
  }

  /// In lower case, and composed, so that equal texts have equal bytes.
  private static func folded(_ text: String) -> String {
    let small = text.lowercased()
    return small.utf8.allSatisfy { $0 < 0x80 } ? small : small.precomposedStringWithCanonicalMapping
  }
}
