import CLibPQ

/// A row for COPY: add a value for each column, in the order of the columns.
struct CopyRow {
  fileprivate var bytes = BinaryBytes()
  fileprivate var fields: Int16 = 0

  mutating func add<Value: PostgresValue>(_ value: Value) {
    bytes.append(field: value)
    fields &+= 1
  }
}

extension PostgresConnection {
  /// Bytes that are gathered before they are sent: 128 KiB.
  private nonisolated static var chunk: Int { 1 << 17 }

  /// Copies rows into a table, all or none; answers with how many. Values must have their columns'
  /// very types, for nothing is converted. When `encode` throws, or a row doesn't fit, nothing is
  /// stored and the connection is in order.
  nonisolated(nonsending) func copy<Source: Sequence>(
    _ rows: Source, into table: String, columns: [String],
    deadline: ContinuousClock.Instant? = nil,
    encode: (Source.Element, inout CopyRow) throws(PostgresError) -> Void
  ) async throws(PostgresError) -> Int {
    let names = columns.map(\.quotedIdentifier).joined(separator: ", ")
    let deadline = deadline ?? .now + defaultTimeout
    let copy = try await CopyIn(
      self, "COPY \(table) (\(names)) FROM STDIN (FORMAT binary)", deadline: deadline)
    do throws(PostgresError) {
      var buffer = CopyRow()
      buffer.bytes.appendCopyHeader()
      for row in rows {
        buffer.fields = 0
        // The count goes before the fields.
        buffer.bytes.append(Int16(clamping: columns.count))
        try encode(row, &buffer)
        if let why = buffer.fault(columns: columns.count) {
          throw PostgresError(.invalidParameter, "Nothing was copied: \(why).", at: location)
        }
        guard buffer.bytes.count >= Self.chunk else { continue }
        try await copy.put(buffer.bytes.bytes)
        buffer.bytes.removeAll()
      }
      buffer.bytes.append(Int16(-1))
      try await copy.put(buffer.bytes.bytes)
    } catch {
      throw await copy.abort(because: error)
    }
    return try await copy.finish()
  }
}

extension CopyRow {
  fileprivate func fault(columns: Int) -> String? {
    bytes.fault ?? (fields == columns ? nil : "a row has \(fields) values for \(columns) columns")
  }
}

extension BinaryBytes {
  fileprivate mutating func appendCopyHeader() {
    Array("PGCOPY\n".utf8).withUnsafeBytes { append($0) }
    append(UInt8(0xFF))
    Array("\r\n\0".utf8).withUnsafeBytes { append($0) }
    append(Int32(0))  // no flags
    append(Int32(0))  // no extension of the header
  }
}

extension String {
  /// Quoted as PostgreSQL's names are.
  var quotedIdentifier: String { "\"\(replacing("\"", with: "\"\""))\"" }
}
