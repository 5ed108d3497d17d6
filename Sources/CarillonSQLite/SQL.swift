import Carillon
import Foundation
import GRDB
import GRDBSQLite

/// One run of a prepared statement: bind, step, read. Thin over SQLite's C interface.
///
/// GRDB prepares and caches the statement, and owns connection and transaction. Binding and reading
/// by column number here costs a tenth of going through its value types, which matters at tens of
/// thousands of jobs a second.
struct SQL: ~Copyable {
  private let statement: Statement
  private let database: Database
  private var handle: OpaquePointer { statement.sqliteStatement }

  init<each Value: SQLValue>(
    _ database: Database, _ sql: String, _ values: repeat each Value
  ) throws {
    try self.init(database, database.cachedStatement(sql: sql), repeat each values)
  }

  /// Runs a statement that was prepared before: looking one up by its text costs as much as a small
  /// query.
  init<each Value: SQLValue>(
    _ database: Database, _ statement: Statement, _ values: repeat each Value
  ) throws {
    let bound = SQL.cleared(statement)
    var index: CInt = 0
    for value in repeat each values {
      index += 1
      try SQL.check(value.bind(to: bound.sqliteStatement, at: index), database)
    }
    self.init(bound: bound, database)
  }

  /// For statements put together from parts.
  init(_ database: Database, _ sql: String, all values: [any SQLValue]) throws {
    let bound = SQL.cleared(try database.cachedStatement(sql: sql))
    for (index, value) in values.enumerated() {
      try SQL.check(value.bind(to: bound.sqliteStatement, at: CInt(index + 1)), database)
    }
    self.init(bound: bound, database)
  }

  private init(bound: Statement, _ database: Database) {
    statement = bound
    self.database = database
  }

  private static func cleared(_ statement: Statement) -> Statement {
    sqlite3_reset(statement.sqliteStatement)
    sqlite3_clear_bindings(statement.sqliteStatement)
    return statement
  }

  private static func check(_ code: CInt, _ database: Database) throws {
    guard code == SQLITE_OK else { throw error(code, database) }
  }

  deinit { sqlite3_reset(statement.sqliteStatement) }

  private static func error(_ code: CInt, _ database: Database) -> DatabaseError {
    let message = database.sqliteConnection.flatMap { sqlite3_errmsg($0) }.map {
      String(cString: $0)
    }
    return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
  }

  /// Moves to the next row; false at the end.
  func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw SQL.error(code, database)
    }
  }

  /// Runs a statement that answers no rows; answers with how many rows it changed.
  @discardableResult
  consuming func run() throws -> Int {
    while try step() {}
    return database.changesCount
  }

  // MARK: Reading the current row

  func isNull(_ column: CInt) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func int64(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }
  func int(_ column: CInt) -> Int { Int(sqlite3_column_int64(handle, column)) }
  func instant(_ column: CInt) -> Instant { Instant(microseconds: int64(column)) }
  func optionalInstant(_ column: CInt) -> Instant? { isNull(column) ? nil : instant(column) }
  func optionalInt64(_ column: CInt) -> Int64? { isNull(column) ? nil : int64(column) }
  func optionalInt(_ column: CInt) -> Int? { isNull(column) ? nil : int(column) }
  func optionalDouble(_ column: CInt) -> Double? {
    isNull(column) ? nil : sqlite3_column_double(handle, column)
  }

  func text(_ column: CInt) -> String {
    guard let bytes = sqlite3_column_text(handle, column) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func optionalText(_ column: CInt) -> String? { isNull(column) ? nil : text(column) }

  /// Whether it is text of valid UTF-8.
  func isSoundText(_ column: CInt) -> Bool {
    guard sqlite3_column_type(handle, column) == SQLITE_TEXT,
      let bytes = sqlite3_column_text(handle, column)
    else { return false }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) != nil
  }

  /// The size of a text or blob.
  func size(_ column: CInt) -> Int { Int(sqlite3_column_bytes(handle, column)) }

  func blob(_ column: CInt) -> Blob {
    guard let bytes = sqlite3_column_blob(handle, column) else { return Blob(bytes: []) }
    return Blob(bytes: Array(UnsafeRawBufferPointer(start: bytes, count: size(column))))
  }

  /// The UUID of a blob of 16 bytes; nil for anything else.
  func uuid(_ column: CInt) -> UUID? {
    guard let bytes = sqlite3_column_blob(handle, column),
      sqlite3_column_bytes(handle, column) == 16
    else { return nil }
    return UUID(
      high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
      low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }
}

/// What can be bound to a statement.
protocol SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt
}

/// Tells SQLite to copy what it is given (`SQLITE_TRANSIENT`, a macro that Swift can't import).
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension Optional: SQLValue where Wrapped: SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    switch self {
    case .some(let value): value.bind(to: handle, at: index)
    case .none: sqlite3_bind_null(handle, index)
    }
  }
}

extension Int64: SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    sqlite3_bind_int64(handle, index, self)
  }
}

extension Int: SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    sqlite3_bind_int64(handle, index, Int64(self))
  }
}

extension Double: SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    sqlite3_bind_double(handle, index, self)
  }
}

extension Instant: SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    sqlite3_bind_int64(handle, index, microseconds)
  }
}

extension String: SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    var copy = self
    return copy.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text(handle, index, $0.baseAddress, CInt($0.count), transient)
      }
    }
  }
}

/// Bytes that needn't be a UUID's.
struct Blob: SQLValue {
  let bytes: [UInt8]

  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    bytes.withUnsafeBytes {
      sqlite3_bind_blob(
        handle, index, $0.baseAddress ?? UnsafeRawPointer(handle), CInt($0.count), transient)
    }
  }
}

extension UUID: SQLValue {
  func bind(to handle: OpaquePointer, at index: CInt) -> CInt {
    withUnsafeBytes(of: uuid) { sqlite3_bind_blob(handle, index, $0.baseAddress, 16, transient) }
  }
}
