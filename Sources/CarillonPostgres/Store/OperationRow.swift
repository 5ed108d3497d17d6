import Carillon
import Foundation

/// Between a row of `operations` and a `JobOperation`.
enum OperationRow {
  static let columns = """
    uuid, action, parameters, filter, meaning, started_by, state, total, done, skipped, cursor, \
    inserted_at, updated_at, finished_at
    """

  /// Nil for a row that this program can't read, as one of a later version.
  static func read(_ row: Row) throws(PostgresError) -> JobOperation? {
    JobOperation(
      uuid: try row.uuid(0), action: try row.text(1), parameters: try row.text(2),
      filterText: try row.text(3), meaning: try row.text(4), startedBy: try row.optionalText(5),
      state: try row.text(6), total: try row.int(7), done: try row.int(8),
      skipped: try row.text(9), cursor: try row.optionalUUID(10), insertedAt: try row.instant(11),
      updatedAt: try row.instant(12), finishedAt: try row.optionalInstant(13))
  }

  static func readable(_ rows: Rows) throws(PostgresError) -> [JobOperation] {
    var found: [JobOperation] = []
    for row in rows {
      if let operation = try read(row) { found.append(operation) }
    }
    return found
  }

  /// Writes the row, whether there is one or not.
  static func write(
    _ operation: JobOperation, to table: String
  ) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      """
      INSERT INTO \(table) (\(columns))
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      ON CONFLICT (uuid) DO UPDATE SET
        state = excluded.state, total = excluded.total, done = excluded.done,
        skipped = excluded.skipped, cursor = excluded.cursor, updated_at = excluded.updated_at,
        finished_at = excluded.finished_at
      """,
      operation.uuid, operation.command.action, operation.parametersText, operation.filterText,
      operation.filter.description, operation.startedBy, operation.state.rawValue,
      operation.total, operation.done, operation.skippedText, operation.cursor,
      operation.insertedAt, operation.updatedAt, operation.finishedAt)
  }
}

/// Between a row of `operation_effects` and an `OperationEffect`.
enum EffectRow {
  static let columns = "job, operation, at"

  static func read(_ row: Row) throws(PostgresError) -> OperationEffect {
    OperationEffect(operation: try row.uuid(1), job: try row.uuid(0), at: try row.instant(2))
  }

  static func write(
    _ effects: [OperationEffect], to table: String
  ) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      """
      INSERT INTO \(table) (\(columns))
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
      """,
      effects.map(\.job), effects.map(\.operation), effects.map(\.at))
  }
}

/// Between a row of `audit` and an `AuditEntry`.
enum AuditRow {
  static let columns =
    "uuid, at, actor, source, action, target_kind, target, detail, request_id"

  /// Nil for a row that this program can't read, as one of a later version.
  static func read(_ row: Row) throws(PostgresError) -> AuditEntry? {
    AuditEntry(
      uuid: try row.uuid(0), at: try row.instant(1), actor: try row.text(2),
      source: try row.text(3), action: try row.text(4), targetKind: try row.text(5),
      target: try row.text(6), detail: try row.text(7), requestID: try row.optionalText(8))
  }

  static func write(
    _ entries: [AuditEntry], to table: String
  ) throws(PostgresError) -> PostgresStatement {
    let (actors, notes) = (entries.map(\.actor), entries.map(\.note))
    return try PostgresStatement(
      """
      INSERT INTO \(table) (\(columns)) SELECT * FROM unnest(
        $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::text[], $9::text[])
      """,
      entries.map(\.uuid), entries.map(\.at), actors.map(\.name), actors.map(\.source.rawValue),
      notes.map(\.action), notes.map(\.targetKind.rawValue), notes.map(\.target),
      entries.map(\.detailText), actors.map(\.requestID))
  }
}
