import Carillon
import Foundation
import GRDB

/// Between a row of `carillon_operations` and a `JobOperation`.
enum OperationRow {
  static let columns = """
    uuid, action, parameters, filter, meaning, started_by, state, total, done, skipped, cursor, \
    inserted_at, updated_at, finished_at
    """

  /// Nil for a row that this program can't read.
  static func read(_ row: borrowing SQL) -> JobOperation? {
    guard let uuid = row.uuid(0) else { return nil }
    return JobOperation(
      uuid: uuid, action: row.text(1), parameters: row.text(2), filterText: row.text(3),
      meaning: row.text(4), startedBy: row.optionalText(5), state: row.text(6), total: row.int(7),
      done: row.int(8), skipped: row.text(9), cursor: row.uuid(10), insertedAt: row.instant(11),
      updatedAt: row.instant(12), finishedAt: row.optionalInstant(13))
  }

  static func find(_ uuid: UUID, in database: Database) throws -> JobOperation? {
    let row = try SQL(
      database, "SELECT \(columns) FROM carillon_operations WHERE uuid = ?", uuid)
    return try row.step() ? read(row) : nil
  }

  static func write(_ operation: JobOperation, to database: Database) throws {
    try SQL(
      database,
      """
      INSERT OR REPLACE INTO carillon_operations (\(columns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      operation.uuid, operation.command.action, operation.parametersText, operation.filterText,
      operation.filter.description, operation.startedBy, operation.state.rawValue,
      operation.total, operation.done, operation.skippedText, operation.cursor,
      operation.insertedAt, operation.updatedAt, operation.finishedAt
    ).run()
  }
}

/// Between a row of `carillon_operation_effects` and an `OperationEffect`.
enum EffectRow {
  static let columns = "job, operation, at"

  /// Nil for a row whose UUIDs aren't any.
  static func read(_ row: borrowing SQL) -> OperationEffect? {
    guard let job = row.uuid(0), let operation = row.uuid(1) else { return nil }
    return OperationEffect(operation: operation, job: job, at: row.instant(2))
  }

  static func find(on job: UUID, in database: Database) throws -> [OperationEffect] {
    let rows = try SQL(
      database,
      """
      SELECT \(columns) FROM carillon_operation_effects WHERE job = ?
      ORDER BY at DESC, operation DESC LIMIT ?
      """,
      job, OperationEffect.most)
    var effects: [OperationEffect] = []
    while try rows.step() {
      if let effect = read(rows) { effects.append(effect) }
    }
    return effects
  }

  static func write(_ effect: OperationEffect, to database: Database) throws {
    try SQL(
      database, "INSERT OR REPLACE INTO carillon_operation_effects (\(columns)) VALUES (?, ?, ?)",
      effect.job, effect.operation, effect.at
    ).run()
  }
}

/// Between a row of `carillon_audit` and an `AuditEntry`.
enum AuditRow {
  static let columns =
    "uuid, at, actor, source, action, target_kind, target, detail, request_id"

  /// Nil for a row that this program can't read, as one of a later version.
  static func read(_ row: borrowing SQL) -> AuditEntry? {
    guard let uuid = row.uuid(0) else { return nil }
    return AuditEntry(
      uuid: uuid, at: row.instant(1), actor: row.text(2), source: row.text(3),
      action: row.text(4), targetKind: row.text(5), target: row.text(6), detail: row.text(7),
      requestID: row.optionalText(8))
  }

  static func write(_ entry: AuditEntry, to database: Database) throws {
    try SQL(
      database,
      "INSERT INTO carillon_audit (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      entry.uuid, entry.at, entry.actor.name, entry.actor.source.rawValue, entry.note.action,
      entry.note.targetKind.rawValue, entry.note.target, entry.detailText,
      entry.actor.requestID
    ).run()
  }
}
