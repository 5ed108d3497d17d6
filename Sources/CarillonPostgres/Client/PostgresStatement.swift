/// A statement with its parameters, encoded and ready to be sent any number of times.
struct PostgresStatement: Sendable {
  let sql: String
  let types: [UInt32]
  /// Where each value lies in `bytes`; nil for null.
  let ranges: [Range<Int>?]
  let bytes: [UInt8]

  init<each Value: PostgresValue>(
    _ sql: String, _ values: repeat each Value
  ) throws(PostgresError) {
    var encoder = Encoder()
    for value in repeat each values { encoder.add(value) }
    try self.init(sql, encoder)
  }

  /// For statements put together from parts.
  init(_ sql: String, all values: [any PostgresValue]) throws(PostgresError) {
    var encoder = Encoder()
    for value in values { encoder.add(value) }
    try self.init(sql, encoder)
  }

  private init(_ sql: String, _ encoder: Encoder) throws(PostgresError) {
    let fault =
      encoder.bytes.fault
      ?? (encoder.types.count > 65_535 ? "a statement has more than 65 535 parameters" : nil)
      ?? (sql.utf8.contains(0) ? "a statement holds a NUL (U+0000)" : nil)
    if let fault {
      throw PostgresError(
        .invalidParameter, "Nothing was sent: \(fault). Take it out first.", at: "PostgreSQL")
    }
    self.sql = sql
    types = encoder.types
    ranges = encoder.ranges
    bytes = encoder.bytes.bytes
  }

  private struct Encoder {
    var bytes = BinaryBytes()
    var types: [UInt32] = []
    var ranges: [Range<Int>?] = []

    mutating func add<Value: PostgresValue>(_ value: Value) {
      types.append(Value.postgresType.oid)
      let begin = bytes.count
      if value.isNull {
        ranges.append(nil)
      } else {
        value.write(to: &bytes)
        ranges.append(begin..<bytes.count)
      }
    }
  }
}
