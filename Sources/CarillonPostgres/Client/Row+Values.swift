import Carillon
import Foundation

extension Row {
  // MARK: Values that must be there

  func int64(_ column: Int) throws(PostgresError) -> Int64 {
    try present(column, optionalInt64(column))
  }
  func int(_ column: Int) throws(PostgresError) -> Int { Int(try int64(column)) }
  func bool(_ column: Int) throws(PostgresError) -> Bool {
    try present(column, optionalBool(column))
  }
  func double(_ column: Int) throws(PostgresError) -> Double {
    try present(column, optionalDouble(column))
  }
  func text(_ column: Int) throws(PostgresError) -> String {
    try present(column, optionalText(column))
  }
  func uuid(_ column: Int) throws(PostgresError) -> UUID {
    try present(column, optionalUUID(column))
  }
  func instant(_ column: Int) throws(PostgresError) -> Instant {
    try present(column, optionalInstant(column))
  }
  func data(_ column: Int) throws(PostgresError) -> Data {
    try present(column, optionalData(column))
  }

  @inline(__always)
  func present<Value>(_ column: Int, _ value: Value?) throws(PostgresError) -> Value {
    guard let value else { throw wrong(column, "is null") }
    return value
  }

  // MARK: Values that may be null

  /// Any of PostgreSQL's integers.
  func optionalInt64(_ column: Int) throws(PostgresError) -> Int64? {
    try withBytes(column) { (bytes, type) throws(PostgresError) in
      switch (type, bytes.count) {
      case (20, 8): Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
      case (23, 4): Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
      case (21, 2): Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
      case (26, 4): Int64(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
      default: throw wrongType(column, type, "an integer")
      }
    }
  }

  func optionalInt(_ column: Int) throws(PostgresError) -> Int? {
    try optionalInt64(column).map(Int.init)
  }

  func optionalBool(_ column: Int) throws(PostgresError) -> Bool? {
    try withBytes(column) { (bytes, type) throws(PostgresError) in
      guard type == 16, bytes.count == 1 else { throw wrongType(column, type, "bool") }
      return bytes[0] != 0
    }
  }

  /// A `float8` or `float4`.
  func optionalDouble(_ column: Int) throws(PostgresError) -> Double? {
    try withBytes(column) { (bytes, type) throws(PostgresError) in
      switch (type, bytes.count) {
      case (701, 8):
        Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
      case (700, 4):
        Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
      default: throw wrongType(column, type, "a floating-point number")
      }
    }
  }

  /// A text, name, enum's label, or JSON's text. Other types answer with the bytes of their binary
  /// format: cast them.
  func optionalText(_ column: Int) throws(PostgresError) -> String? {
    try withBytes(column) { (bytes, type) in
      // jsonb begins with the version of its binary format.
      let text = type == 3802 ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : bytes
      return String(decoding: text, as: UTF8.self)
    }
  }

  func optionalUUID(_ column: Int) throws(PostgresError) -> UUID? {
    try withBytes(column) { (bytes, type) throws(PostgresError) in
      guard type == 2950, bytes.count == 16 else { throw wrongType(column, type, "uuid") }
      return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
  }

  /// A `timestamptz`; what lies beyond an `Instant` takes the nearest end.
  func optionalInstant(_ column: Int) throws(PostgresError) -> Instant? {
    try withBytes(column) { (bytes, type) throws(PostgresError) in
      guard type == 1184 || type == 1114, bytes.count == 8 else {
        throw wrongType(column, type, "timestamptz")
      }
      return Instant(postgres: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
    }
  }

  func optionalData(_ column: Int) throws(PostgresError) -> Data? {
    try withBytes(column) { (bytes, _) in Data(bytes) }
  }
}

extension Instant {
  /// From PostgreSQL's count of microseconds; its infinities are the ends of the range.
  init(postgres value: Int64) {
    let (sum, overflow) = value.addingReportingOverflow(Instant.postgresEpoch)
    self.init(microseconds: value == .min ? .min : overflow ? .max : sum)
  }
}
