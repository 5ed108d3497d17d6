import Carillon
import Foundation
import GRDB

/// Closes the tables to all but a move: triggers refuse every change, in any process and also in
/// programs that had opened the file before, and cost nothing where there are none.
///
/// A move's own writes go through while a row in `carillon_meta` says so, which its transaction
/// writes and deletes: nobody else can see that row.
enum Gate {
  private static let mark = "move"
  private static let open = "move_writes"
  /// What a refused write's message begins with; the peer follows.
  private static let moved = "carillon: moved to "
  private static let filling = "carillon: filled from "
  private static let tables = [
    "carillon_jobs", "carillon_attempts", "carillon_nodes", "carillon_minute_counts",
    "carillon_schedules", "carillon_occurrences", "carillon_operations",
    "carillon_operation_effects", "carillon_audit", "carillon_gates", "carillon_tokens",
  ]

  static func mark(in database: Database) throws -> MoveMark? {
    let row = try SQL(database, "SELECT value FROM carillon_meta WHERE key = ?", Gate.mark)
    guard try row.step() else { return nil }
    do {
      return try MoveMark(text: row.text(0))
    } catch {
      throw StoreError.failed(
        operation: "read what a move has left",
        why: "the row 'move' of carillon_meta can't be read: \(error)")
    }
  }

  static func put(_ mark: MoveMark?, in database: Database) throws {
    guard let mark else {
      try SQL(database, "DELETE FROM carillon_meta WHERE key = ?", Gate.mark).run()
      return
    }
    try SQL(
      database, "INSERT OR REPLACE INTO carillon_meta (key, value) VALUES (?, ?)", Gate.mark,
      mark.text
    ).run()
  }

  static func close(_ database: Database, for mark: MoveMark) throws {
    try lift(database)
    let text = (mark.role == .source ? moved : filling) + mark.peer
    let message = text.replacing("'", with: "''").replacing("\0", with: "")
    for (table, change) in changes {
      try database.execute(
        sql: """
          CREATE TRIGGER \(name(table, change)) BEFORE \(change) ON \(table)
          WHEN NOT EXISTS (SELECT 1 FROM carillon_meta WHERE key = '\(open)')
          BEGIN SELECT RAISE(ABORT, '\(message)'); END
          """)
    }
  }

  static func lift(_ database: Database) throws {
    for (table, change) in changes {
      try database.execute(sql: "DROP TRIGGER IF EXISTS \(name(table, change))")
    }
  }

  /// Lets `body` write in a closed store.
  static func pass<Answer>(_ database: Database, _ body: () throws -> Answer) throws -> Answer {
    try SQL(database, "INSERT INTO carillon_meta (key, value) VALUES (?, '')", open).run()
    let answer = try body()
    try SQL(database, "DELETE FROM carillon_meta WHERE key = ?", open).run()
    return answer
  }

  /// What a refused write's message means; nil for any other message.
  static func refusal(_ message: String, location: String) -> StoreError? {
    if message.hasPrefix(moved) {
      return .moved(store: location, to: String(message.dropFirst(moved.count)))
    }
    if message.hasPrefix(filling) {
      return .filling(store: location, from: String(message.dropFirst(filling.count)))
    }
    return nil
  }

  /// What `doctor` should say; nothing of a store that takes changes.
  static func findings(in database: Database) throws -> [Finding] {
    try mark(in: database).flatMap(Finding.init(of:)).map { [$0] } ?? []
  }

  private static var changes: [(table: String, change: String)] {
    tables.flatMap { table in ["INSERT", "UPDATE", "DELETE"].map { (table, $0) } }
  }

  private static func name(_ table: String, _ change: String) -> String {
    "\(table)_closed_\(change.lowercased())"
  }
}
