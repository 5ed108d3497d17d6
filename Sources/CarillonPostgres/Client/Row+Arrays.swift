import Foundation

extension Row {
  /// An array of one dimension of integers.
  func int64Array(_ column: Int) throws(PostgresError) -> [Int64?] {
    try array(column, "integers") { (bytes, type) in
      switch (type, bytes.count) {
      case (20, 8): Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
      case (23, 4): Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
      case (21, 2): Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
      default: nil
      }
    }
  }

  func textArray(_ column: Int) throws(PostgresError) -> [String?] {
    try array(column, "texts") { (bytes, type) in
      [25, 1043, 18, 19].contains(type) ? String(decoding: bytes, as: UTF8.self) : nil
    }
  }

  func uuidArray(_ column: Int) throws(PostgresError) -> [UUID?] {
    try array(column, "uuids") { (bytes, type) in
      guard type == 2950, bytes.count == 16 else { return nil }
      return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
  }

  /// `read` answers nil for an element of another type.
  private func array<Element>(
    _ column: Int, _ what: String, _ read: (UnsafeRawBufferPointer, UInt32) -> Element?
  ) throws(PostgresError) -> [Element?] {
    let elements = try withBytes(column) { (bytes, type) throws(PostgresError) -> [Element?] in
      var reader = BinaryReader(bytes)
      guard let dimensions = reader.int32(), reader.int32() != nil, let element = reader.int32()
      else { throw wrongType(column, type, "an array of \(what)") }
      if dimensions == 0 { return [] }
      guard dimensions == 1, let count = reader.int32(), count >= 0, reader.int32() != nil else {
        throw wrong(column, "isn't an array of one dimension")
      }
      var elements: [Element?] = []
      elements.reserveCapacity(min(Int(count), bytes.count / 4))
      for _ in 0..<count {
        guard let length = reader.int32() else { throw wrong(column, "ends too early") }
        guard length >= 0 else {
          elements.append(nil)
          continue
        }
        guard let part = reader.bytes(Int(length)) else { throw wrong(column, "ends too early") }
        guard let value = read(part, UInt32(bitPattern: element)) else {
          throw wrongType(column, type, "an array of \(what)")
        }
        elements.append(value)
      }
      return elements
    }
    return try present(column, elements)
  }
}

/// Walks over bytes in PostgreSQL's binary format; nil where they end too early.
private struct BinaryReader {
  private let all: UnsafeRawBufferPointer
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { all = bytes }

  mutating func int32() -> Int32? {
    guard let four = bytes(4) else { return nil }
    return Int32(bigEndian: four.loadUnaligned(as: Int32.self))
  }

  mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count <= all.count - offset else { return nil }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: all[offset..<(offset + count)])
  }
}
