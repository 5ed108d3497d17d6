#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Values in PostgreSQL's binary format, one after another: big-endian, arrays with their sizes.
struct BinaryBytes: Sendable {
  /// Longer than what was written: appending number by number to an array costs ten times as much as
  /// storing into one.
  private var storage: [UInt8] = []
  private(set) var count = 0
  /// Why what was written can't be sent; the first reason counts.
  private(set) var fault: String?

  /// What was written.
  var bytes: [UInt8] { Array(storage.prefix(count)) }

  mutating func reserve(_ more: Int) {
    let missing = count + more - storage.count
    guard missing > 0 else { return }
    // Grown at least twofold: exact growing would copy at each call.
    storage.append(contentsOf: repeatElement(0, count: max(missing, storage.count, 64)))
  }

  mutating func removeAll() { count = 0 }

  @inline(__always)
  mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    reserve(MemoryLayout<Number>.size)
    let offset = count
    storage.withUnsafeMutableBytes {
      $0.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
    count += MemoryLayout<Number>.size
  }

  mutating func append(_ raw: UnsafeRawBufferPointer) {
    guard !raw.isEmpty else { return }
    reserve(raw.count)
    let offset = count
    storage.withUnsafeMutableBytes {
      UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyMemory(from: raw)
    }
    count += raw.count
  }

  /// PostgreSQL has no NUL in a text.
  mutating func append(text: String) {
    var text = text
    text.withUTF8 { utf8 in
      if let base = utf8.baseAddress, memchr(base, 0, utf8.count) != nil {
        refuse("a text holds a NUL (U+0000), which PostgreSQL can't store")
      }
      append(UnsafeRawBufferPointer(utf8))
    }
  }

  /// A value after its length, or the mark of a null: as in arrays and in COPY.
  @inline(__always)
  mutating func append<Value: PostgresValue>(field value: Value) {
    guard !value.isNull else { return append(Int32(-1)) }
    let begin = count
    append(Int32(0))
    value.write(to: &self)
    guard let length = Int32(exactly: count - begin - 4) else {
      return refuse("a value is longer than 2 GiB")
    }
    storage.withUnsafeMutableBytes {
      $0.storeBytes(of: length.bigEndian, toByteOffset: begin, as: Int32.self)
    }
  }

  mutating func refuse(_ why: String) {
    if fault == nil { fault = why }
  }
}
