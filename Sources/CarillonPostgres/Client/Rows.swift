import CLibPQ
import Carillon
import Foundation

/// A statement's rows, read straight from libpq's memory.
struct Rows: Sendable, RandomAccessCollection {
  let storage: RowStorage

  var startIndex: Int { 0 }
  var endIndex: Int { storage.count }

  /// A row; one that the answer doesn't have throws when a column of it is read.
  subscript(index: Int) -> Row { Row(storage: storage, index: CInt(clamping: index)) }

  /// How many rows an insert, update or delete touched, or a select returned.
  var affected: Int { storage.affected }
  /// What was done, such as `COMMIT` or `INSERT 0 1`.
  var command: String { storage.command }
  var columnNames: [String] {
    (0..<storage.columns).map { PQfname(storage.result, $0).map { String(cString: $0) } ?? "" }
  }
}

/// Keeps a result of libpq until its last reader is gone.
final class RowStorage: @unchecked Sendable {
  // @unchecked: a result doesn't change after it was received, and reading one is safe from any
  // thread.
  let result: OpaquePointer
  let count: Int
  let columns: CInt
  let types: [UInt32]
  let location: String

  /// Takes the result over.
  init(_ result: OpaquePointer, location: String) {
    self.result = result
    self.location = location
    count = Int(PQntuples(result))
    columns = PQnfields(result)
    types = (0..<columns).map { PQftype(result, $0) }
  }

  deinit { PQclear(result) }

  var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }
  var command: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }
}

/// One row. Columns are read by number; what isn't there or is of another type throws.
struct Row: Sendable {
  fileprivate let storage: RowStorage
  fileprivate let index: CInt

  /// The column's bytes while `body` runs; nil for null.
  @inline(__always)
  func withBytes<Result>(
    _ column: Int, _ body: (UnsafeRawBufferPointer, UInt32) throws(PostgresError) -> Result
  ) throws(PostgresError) -> Result? {
    guard column >= 0, column < storage.types.count else {
      throw wrong(column, "isn't there: the answer has \(storage.columns) columns")
    }
    guard index >= 0, index < storage.count else {
      throw wrong(column, "isn't there: the answer has \(storage.count) rows, none at \(index)")
    }
    let number = CInt(truncatingIfNeeded: column)
    guard PQgetisnull(storage.result, index, number) == 0 else { return nil }
    let bytes = UnsafeRawBufferPointer(
      start: PQgetvalue(storage.result, index, number),
      count: Int(PQgetlength(storage.result, index, number)))
    defer { withExtendedLifetime(storage) {} }
    return try body(bytes, storage.types[column])
  }

  func isNull(_ column: Int) -> Bool {
    // libpq says "null" of what isn't there.
    PQgetisnull(storage.result, index, CInt(clamping: column)) != 0
  }

  func wrong(_ column: Int, _ what: String) -> PostgresError {
    let name = PQfname(storage.result, CInt(clamping: column)).map { " (\(String(cString: $0)))" }
    return PostgresError(
      .protocolViolation, "Column \(column)\(name ?? "") of an answer \(what).",
      at: storage.location)
  }

  func wrongType(_ column: Int, _ type: UInt32, _ wanted: String) -> PostgresError {
    wrong(column, "is of the type with the oid \(type), not \(wanted); cast it in the statement")
  }
}
