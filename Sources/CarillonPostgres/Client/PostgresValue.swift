import Carillon
import Foundation

/// A value that can be bound to a parameter; always sent in PostgreSQL's binary format.
protocol PostgresValue: Sendable {
  static var postgresType: PostgresType { get }
  var isNull: Bool { get }
  func write(to bytes: inout BinaryBytes)
}

/// A value that can be an element of an array, for `unnest`.
protocol PostgresElement: PostgresValue {
  /// Requirements, so that their loops are compiled for each type and not once for all.
  static func writeArray(_ elements: [Self], to bytes: inout BinaryBytes)
  static func writeArray(optional elements: [Self?], to bytes: inout BinaryBytes)
}

/// A type's identity, the same in every PostgreSQL.
struct PostgresType: Sendable, Hashable {
  let oid: UInt32
  /// Of an array of it.
  let arrayOID: UInt32

  static let bool = PostgresType(oid: 16, arrayOID: 1000)
  static let bytea = PostgresType(oid: 17, arrayOID: 1001)
  static let int8 = PostgresType(oid: 20, arrayOID: 1016)
  static let int2 = PostgresType(oid: 21, arrayOID: 1005)
  static let int4 = PostgresType(oid: 23, arrayOID: 1007)
  static let text = PostgresType(oid: 25, arrayOID: 1009)
  static let float8 = PostgresType(oid: 701, arrayOID: 1022)
  static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
  static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
  static let jsonb = PostgresType(oid: 3802, arrayOID: 3807)
}

/// JSON's text, bound as `jsonb`.
struct JSONText: Sendable, Hashable {
  let text: String
  init(_ text: String) { self.text = text }
}

extension PostgresValue {
  var isNull: Bool { false }
}

extension Int64: PostgresElement {
  static var postgresType: PostgresType { .int8 }
  func write(to bytes: inout BinaryBytes) { bytes.append(self) }
}

/// Bound as `int8`.
extension Int: PostgresElement {
  static var postgresType: PostgresType { .int8 }
  func write(to bytes: inout BinaryBytes) { bytes.append(Int64(self)) }
}

extension Int32: PostgresElement {
  static var postgresType: PostgresType { .int4 }
  func write(to bytes: inout BinaryBytes) { bytes.append(self) }
}

extension Int16: PostgresElement {
  static var postgresType: PostgresType { .int2 }
  func write(to bytes: inout BinaryBytes) { bytes.append(self) }
}

extension Bool: PostgresElement {
  static var postgresType: PostgresType { .bool }
  func write(to bytes: inout BinaryBytes) { bytes.append(UInt8(self ? 1 : 0)) }
}

extension Double: PostgresElement {
  static var postgresType: PostgresType { .float8 }
  func write(to bytes: inout BinaryBytes) { bytes.append(bitPattern) }
}

extension String: PostgresElement {
  static var postgresType: PostgresType { .text }
  func write(to bytes: inout BinaryBytes) { bytes.append(text: self) }
}

extension UUID: PostgresElement {
  static var postgresType: PostgresType { .uuid }
  func write(to bytes: inout BinaryBytes) { withUnsafeBytes(of: uuid) { bytes.append($0) } }
}

extension Data: PostgresElement {
  static var postgresType: PostgresType { .bytea }
  func write(to bytes: inout BinaryBytes) { withUnsafeBytes { bytes.append($0) } }
}

/// Bound as `timestamptz`; the ends of the range become those of PostgreSQL's, its infinities.
extension Instant: PostgresElement {
  /// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970.
  static let postgresEpoch: Int64 = 946_684_800_000_000

  static var postgresType: PostgresType { .timestamptz }
  func write(to bytes: inout BinaryBytes) {
    let (value, overflow) = microseconds.subtractingReportingOverflow(Instant.postgresEpoch)
    bytes.append(overflow ? Int64.min : microseconds == .max ? .max : value)
  }
}

extension JSONText: PostgresElement {
  static var postgresType: PostgresType { .jsonb }
  func write(to bytes: inout BinaryBytes) {
    bytes.append(UInt8(1))  // the version of jsonb's binary format
    bytes.append(text: text)
  }
}

extension Optional: PostgresValue where Wrapped: PostgresValue {
  static var postgresType: PostgresType { Wrapped.postgresType }
  var isNull: Bool { self?.isNull ?? true }
  func write(to bytes: inout BinaryBytes) { self?.write(to: &bytes) }
}

extension Optional: PostgresElement where Wrapped: PostgresElement {
  static func writeArray(_ elements: [Self], to bytes: inout BinaryBytes) {
    Wrapped.writeArray(optional: elements, to: &bytes)
  }
}

extension Array: PostgresValue where Element: PostgresElement {
  static var postgresType: PostgresType {
    PostgresType(oid: Element.postgresType.arrayOID, arrayOID: 0)
  }

  func write(to bytes: inout BinaryBytes) {
    Element.writeArray(self, to: &bytes)
  }
}

extension PostgresElement {
  static func writeArray(_ elements: [Self], to bytes: inout BinaryBytes) {
    writeHeader(count: elements.count, hasNull: elements.contains { $0.isNull }, to: &bytes)
    for element in elements { bytes.append(field: element) }
  }

  static func writeArray(optional elements: [Self?], to bytes: inout BinaryBytes) {
    writeHeader(
      count: elements.count,
      hasNull: elements.contains { if case .none = $0 { true } else { false } }, to: &bytes)
    for element in elements {
      if let element { bytes.append(field: element) } else { bytes.append(Int32(-1)) }
    }
  }

  private static func writeHeader(count: Int, hasNull: Bool, to bytes: inout BinaryBytes) {
    bytes.reserve(20 + count * 12)
    bytes.append(Int32(count == 0 ? 0 : 1))
    bytes.append(Int32(hasNull ? 1 : 0))
    bytes.append(postgresType.oid)
    guard count > 0 else { return }
    bytes.append(Int32(clamping: count))
    bytes.append(Int32(1))
  }
}
