import Carillon
import Foundation

/// Closes the tables to all but a move: triggers refuse every change, whoever makes it, and cost
/// nothing where there are none.
///
/// A move's own writes go through while a row in `meta` says so, which its transaction writes and
/// deletes: nobody else can see that row.
struct Gate {
  let schema: Schema

  static let sqlState = "CM001"
  private static let moved = "carillon: moved to "
  private static let filling = "carillon: filled from "
  static let tables = [
    "jobs", "attempts", "nodes", "minute_counts", "schedules", "occurrences", "operations",
    "operation_effects", "audit", "gates", "tokens",
  ]

  // MARK: The mark

  static func findMark(_ schema: Schema) -> String {
    "SELECT value FROM \(schema("meta")) WHERE key = 'move'"
  }

  func find() throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(Gate.findMark(schema))
  }

  /// Locks the mark, so that of two moves one waits for the other.
  func findLocking() throws(PostgresError) -> PostgresStatement {
    try PostgresStatement("SELECT value FROM \(schema("meta")) WHERE key = 'move' FOR UPDATE")
  }

  static func read(_ rows: Rows) throws -> MoveMark? {
    guard let row = rows.first else { return nil }
    let text = try row.text(0)
    do {
      return try MoveMark(text: text)
    } catch {
      throw StoreError.failed(
        operation: "read what a move has left",
        why: "the row 'move' of the table meta can't be read: \(error)")
    }
  }

  func put(_ mark: MoveMark) throws -> PostgresStatement {
    try PostgresStatement(
      """
      INSERT INTO \(schema("meta")) (key, value) VALUES ('move', $1)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value
      """,
      try mark.text)
  }

  func forget() throws(PostgresError) -> PostgresStatement {
    try PostgresStatement("DELETE FROM \(schema("meta")) WHERE key = 'move'")
  }

  // MARK: The triggers

  /// Waits for the writers that there are; those that come wait for this transaction's end.
  func lock() throws(PostgresError) -> PostgresStatement {
    let tables = Gate.tables.map { schema($0) }.joined(separator: ", ")
    return try PostgresStatement("LOCK TABLE \(tables) IN SHARE ROW EXCLUSIVE MODE")
  }

  func close(for mark: MoveMark) throws(PostgresError) -> [PostgresStatement] {
    let message = (mark.role == .source ? Gate.moved : Gate.filling) + mark.peer
    var statements = try lift()
    statements.append(
      try PostgresStatement(
        """
        CREATE FUNCTION \(schema("refuse_change"))() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
          IF EXISTS (SELECT 1 FROM \(schema("meta")) WHERE key = 'move_writes') THEN
            RETURN NULL;
          END IF;
          RAISE EXCEPTION USING ERRCODE = '\(Gate.sqlState)', MESSAGE = TG_ARGV[0];
        END $body$
        """))
    for table in Gate.tables {
      statements.append(
        try PostgresStatement(
          """
          CREATE TRIGGER carillon_closed BEFORE INSERT OR UPDATE OR DELETE ON \(schema(table))
          FOR EACH STATEMENT EXECUTE FUNCTION \(schema("refuse_change"))(\(message.quotedLiteral))
          """))
    }
    return statements
  }

  func lift() throws(PostgresError) -> [PostgresStatement] {
    var statements: [PostgresStatement] = []
    for table in Gate.tables {
      statements.append(
        try PostgresStatement("DROP TRIGGER IF EXISTS carillon_closed ON \(schema(table))"))
    }
    statements.append(
      try PostgresStatement("DROP FUNCTION IF EXISTS \(schema("refuse_change"))()"))
    return statements
  }

  /// Lets this transaction write until `endPass`.
  func beginPass() throws(PostgresError) -> PostgresStatement {
    try PostgresStatement("INSERT INTO \(schema("meta")) (key, value) VALUES ('move_writes', '')")
  }

  func endPass() throws(PostgresError) -> PostgresStatement {
    try PostgresStatement("DELETE FROM \(schema("meta")) WHERE key = 'move_writes'")
  }

  /// What a refused write's error means; nil for any other error.
  static func refusal(_ error: PostgresError) -> StoreError? {
    guard error.sqlState == sqlState, let message = error.report?.message else { return nil }
    if message.hasPrefix(moved) {
      return .moved(store: error.location, to: String(message.dropFirst(moved.count)))
    }
    if message.hasPrefix(filling) {
      return .filling(store: error.location, from: String(message.dropFirst(filling.count)))
    }
    return nil
  }
}

extension String {
  /// Quoted as PostgreSQL's texts are.
  fileprivate var quotedLiteral: String {
    "E'\(replacing("\\", with: "\\\\").replacing("'", with: "''").replacing("\0", with: ""))'"
  }
}
