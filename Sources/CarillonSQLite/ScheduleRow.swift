import Carillon
import Foundation
import GRDB

/// Between a row of `carillon_schedules` and a `Schedule`.
enum ScheduleRow {
  /// The columns in the order that `read` expects and `write` binds.
  static let names = [
    "uuid", "name", "handler_module", "job_type", "resource_type", "resource_uuid", "args",
    "args_version", "queue", "priority", "max_attempts", "recurrence", "time_zone", "clock_gap",
    "clock_overlap", "start_at", "end_at", "max_runs", "misfire_policy", "misfire_threshold",
    "overlap_policy", "jitter", "calendars", "pause_after_failures", "runs", "failures_in_a_row",
    "paused_at", "paused_until", "paused_by", "paused_why", "last_at", "next_at", "origin",
    "declaration", "edited_at", "revision", "turn", "inserted_at", "updated_at",
  ]
  static let columns = names.joined(separator: ", ")

  /// Why a row is no schedule. The row stays as it is, and `doctor` shows it.
  struct Corrupt: Error, CustomStringConvertible {
    let name: String
    let what: String
    var description: String { "schedule '\(name)' is damaged: \(what)" }
  }

  static func read(_ row: borrowing SQL) throws(Corrupt) -> Schedule {
    let name = row.text(1)
    func damaged(_ what: String) -> Corrupt { Corrupt(name: name, what: what) }
    guard let uuid = row.uuid(0) else { throw damaged("uuid") }
    guard let origin = Schedule.Origin(rawValue: row.text(32)) else { throw damaged("origin") }
    var pause: Schedule.Pause?
    if let at = row.optionalInstant(26) {
      pause = Schedule.Pause(
        at: at, until: row.optionalInstant(27), by: row.optionalText(28),
        why: row.optionalText(29))
    }
    return Schedule(
      uuid: uuid, name: name, definition: try definition(row, damaged), runs: row.int(24),
      failuresInARow: row.int(25), pause: pause, lastAt: row.optionalInstant(30),
      nextAt: row.optionalInstant(31), origin: origin, declaration: row.optionalInt64(33),
      editedAt: row.optionalInstant(34), revision: row.int64(35), turn: row.int64(36),
      insertedAt: row.instant(37), updatedAt: row.instant(38))
  }

  private static func definition(
    _ row: borrowing SQL, _ damaged: (String) -> Corrupt
  ) throws(Corrupt) -> ScheduleDefinition {
    guard let resource = row.uuid(5) else { throw damaged("resource_uuid") }
    guard let overlapPolicy = OverlapPolicy(rawValue: row.text(20)) else {
      throw damaged("overlap_policy")
    }
    let args: JobArguments
    do {
      args = try JobArguments(json: row.text(6))
    } catch {
      throw damaged("args: \(error)")
    }
    let misfirePolicy: MisfirePolicy
    do {
      misfirePolicy = try MisfirePolicy(row.text(18))
    } catch {
      throw damaged("misfire_policy: \(error)")
    }
    var calendars = CalendarRules.none
    if let text = row.optionalText(22) {
      guard let rules = CalendarRules(text: text) else { throw damaged("calendars") }
      calendars = rules
    }
    var clockChange: ClockChange?
    if let text = row.optionalText(13) {
      guard let gap = ClockChange.Gap(rawValue: text) else { throw damaged("clock_gap") }
      guard let overlap = ClockChange.Overlap(rawValue: row.text(14)) else {
        throw damaged("clock_overlap")
      }
      clockChange = ClockChange(gap: gap, overlap: overlap)
    }
    return ScheduleDefinition(
      handlerModule: row.text(2), jobType: row.text(3), resource: Resource(row.text(4), resource),
      args: args, argsVersion: row.int(7), queue: row.text(8), priority: row.int(9),
      maxAttempts: row.int(10), recurrence: row.text(11), timeZone: row.text(12),
      clockChange: clockChange, startAt: row.optionalInstant(15), endAt: row.optionalInstant(16),
      maxRuns: row.optionalInt(17), misfirePolicy: misfirePolicy,
      misfireThreshold: .microseconds(row.int64(19)), overlapPolicy: overlapPolicy,
      jitter: .microseconds(row.int64(21)), calendars: calendars,
      pauseAfterFailures: row.optionalInt(23))
  }

  static func values(_ schedule: Schedule) -> [any SQLValue] {
    let definition = schedule.definition
    return [
      schedule.uuid, schedule.name, definition.handlerModule, definition.jobType,
      definition.resource.type, definition.resource.uuid, definition.args.json,
      definition.argsVersion, definition.queue, definition.priority, definition.maxAttempts,
      definition.recurrence, definition.timeZone, definition.clockChange?.gap.rawValue,
      definition.clockChange?.overlap.rawValue, definition.startAt, definition.endAt,
      definition.maxRuns, definition.misfirePolicy.description,
      definition.misfireThreshold.microseconds, definition.overlapPolicy.rawValue,
      definition.jitter.microseconds,
      definition.calendars == .none ? nil as String? : definition.calendars.text,
      definition.pauseAfterFailures, schedule.runs, schedule.failuresInARow, schedule.pause?.at,
      schedule.pause?.until, schedule.pause?.by, schedule.pause?.why, schedule.lastAt,
      schedule.nextAt, schedule.origin.rawValue, schedule.declaration, schedule.editedAt,
      schedule.revision, schedule.turn, schedule.insertedAt, schedule.updatedAt,
    ]
  }

  private static let insertion = """
    INSERT INTO carillon_schedules (\(columns))
    VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))
    """

  static func insert(_ schedule: Schedule, into database: Database) throws {
    try SQL(database, insertion, all: values(schedule)).run()
  }

  private static let replacement = """
    UPDATE carillon_schedules SET \(names.map { "\($0) = ?" }.joined(separator: ", "))
    WHERE uuid = ?
    """

  /// Writes every column.
  static func write(_ schedule: Schedule, to database: Database) throws {
    try SQL(database, replacement, all: values(schedule) + [schedule.uuid]).run()
  }

  private static let step = """
    UPDATE carillon_schedules SET runs = ?, failures_in_a_row = ?, paused_at = ?, paused_until = ?,
      paused_by = ?, paused_why = ?, last_at = ?, next_at = ?, turn = ?, updated_at = ?
    WHERE uuid = ? AND turn = ?
    """

  /// Writes what firing and ends of jobs change, if the row still has `turn`; answers whether it had.
  static func step(_ schedule: Schedule, from turn: Int64, in database: Database) throws -> Bool {
    try SQL(
      database, step, schedule.runs, schedule.failuresInARow, schedule.pause?.at,
      schedule.pause?.until, schedule.pause?.by, schedule.pause?.why, schedule.lastAt,
      schedule.nextAt, schedule.turn, schedule.updatedAt, schedule.uuid, turn
    ).run() == 1
  }

  /// What `read` would pass over or put right without a word; nil when it takes the row as it is.
  static func loss(_ row: borrowing SQL) -> String? {
    for (column, name) in [
      (1, "name"), (2, "handler_module"), (3, "job_type"), (4, "resource_type"), (6, "args"),
      (8, "queue"), (11, "recurrence"), (12, "time_zone"), (22, "calendars"), (28, "paused_by"),
      (29, "paused_why"),
    ] as [(CInt, String)] where !row.isNull(column) && !row.isSoundText(column) {
      return "\(name) is no text in UTF-8"
    }
    return nil
  }
}

/// Between a row of `carillon_occurrences` and an `OccurrenceRecord`.
enum OccurrenceRow {
  static let columns =
    "schedule_uuid, nominal_at, outcome, occurrence_reason, job_uuid, why, count, noted_at"

  static func read(_ row: borrowing SQL) -> OccurrenceRecord? {
    guard let schedule = row.uuid(0), let outcome = OccurrenceRecord.Outcome(rawValue: row.text(2))
    else { return nil }
    return OccurrenceRecord(
      scheduleUUID: schedule, nominalAt: row.instant(1), outcome: outcome,
      occurrenceReason: row.optionalText(3).flatMap(OccurrenceReason.init), jobUUID: row.uuid(4),
      why: row.optionalText(5), count: row.int(6), notedAt: row.instant(7))
  }

  /// Writes a record; over one of an occurrence that didn't fire. Answers whether it was written.
  static func write(_ record: OccurrenceRecord, to database: Database) throws -> Bool {
    try SQL(
      database,
      """
      INSERT INTO carillon_occurrences (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET outcome = excluded.outcome,
        occurrence_reason = excluded.occurrence_reason, job_uuid = excluded.job_uuid,
        why = excluded.why, count = excluded.count, noted_at = excluded.noted_at
      WHERE carillon_occurrences.outcome <> 'fired'
      """,
      record.scheduleUUID, record.nominalAt, record.outcome.rawValue,
      record.occurrenceReason?.rawValue, record.jobUUID, record.why, record.count, record.notedAt
    ).run() == 1
  }
}
