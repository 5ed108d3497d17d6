#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Values in PostgreSQL's binary format, one after another: big-endian, arrays with their sizes.
struct BinaryBytes: Sendable {
  private(set) var bytes: [UInt8] = []
  /// Why what was written can't be sent; the first reason counts.
  private(set) var fault: String?

  var count: Int { bytes.count }

  mutating func reserve(_ more: Int) {
    // Grown at least twofold: exact reserving would copy at each call.
    guard bytes.capacity - bytes.count < more else { return }
    bytes.reserveCapacity(max(bytes.count + more, bytes.capacity * 2))
  }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  @inline(__always)
  mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

  /// PostgreSQL has no NUL in a text.
  mutating func append(text: String) {
    var text = text
    text.withUTF8 { utf8 in
      if let base = utf8.baseAddress, memchr(base, 0, utf8.count) != nil {
        refuse("a text holds a NUL (U+0000), which PostgreSQL can't store")
      }
      bytes.append(contentsOf: utf8)
    }
  }

  /// A value after its length, or the mark of a null: as in arrays and in COPY.
  @inline(__always)
  mutating func append<Value: PostgresValue>(field value: Value) {
    guard !value.isNull else { return append(Int32(-1)) }
    let begin = bytes.count
    append(Int32(0))
    value.write(to: &self)
    guard let length = Int32(exactly: bytes.count - begin - 4) else {
      return refuse("a value is longer than 2 GiB")
    }
    withUnsafeBytes(of: length.bigEndian) { raw in
      for index in 0..<4 { bytes[begin + index] = raw[index] }
    }
  }

  mutating func refuse(_ why: String) {
    if fault == nil { fault = why }
  }
}
