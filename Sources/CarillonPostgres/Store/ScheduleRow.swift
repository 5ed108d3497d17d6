import Carillon
import Foundation

/// Between a row of `schedules` and a `Schedule`.
enum ScheduleRow {
  /// The columns in the order that `read` expects and `statement` sends, with their types.
  static let types = [
    ("uuid", "uuid"), ("name", "text"), ("handler_module", "text"), ("job_type", "text"),
    ("resource_type", "text"), ("resource_uuid", "uuid"), ("args", "json"),
    ("args_version", "bigint"), ("queue", "text"), ("priority", "bigint"),
    ("max_attempts", "bigint"), ("recurrence", "text"), ("time_zone", "text"),
    ("clock_gap", "text"), ("clock_overlap", "text"), ("start_at", "timestamptz"),
    ("end_at", "timestamptz"), ("max_runs", "bigint"), ("misfire_policy", "text"),
    ("misfire_threshold", "bigint"), ("overlap_policy", "text"), ("jitter", "bigint"),
    ("calendars", "text"), ("pause_after_failures", "bigint"), ("runs", "bigint"),
    ("failures_in_a_row", "bigint"), ("paused_at", "timestamptz"),
    ("paused_until", "timestamptz"), ("paused_by", "text"), ("paused_why", "text"),
    ("last_at", "timestamptz"), ("next_at", "timestamptz"), ("origin", "text"),
    ("declaration", "bigint"), ("edited_at", "timestamptz"), ("revision", "bigint"),
    ("turn", "bigint"), ("inserted_at", "timestamptz"), ("updated_at", "timestamptz"),
  ]
  static let columns = types.map(\.0).joined(separator: ", ")

  /// Why a row is no schedule. The row stays as it is, and `doctor` shows it.
  struct Corrupt: Error, CustomStringConvertible {
    let name: String
    let what: String
    var description: String { "schedule '\(name)' is damaged: \(what)" }
  }

  /// The row's schedule, or why it is none; throws when the answer isn't what was asked for.
  static func read(_ row: Row) throws(PostgresError) -> Result<Schedule, Corrupt> {
    let name = try row.text(1)
    guard let origin = Schedule.Origin(rawValue: try row.text(32)) else {
      return .failure(Corrupt(name: name, what: "origin"))
    }
    var pause: Schedule.Pause?
    if let at = try row.optionalInstant(26) {
      pause = Schedule.Pause(
        at: at, until: try row.optionalInstant(27), by: try row.optionalText(28),
        why: try row.optionalText(29))
    }
    switch try definition(row, name) {
    case .failure(let damage): return .failure(damage)
    case .success(let definition):
      return .success(
        Schedule(
          uuid: try row.uuid(0), name: name, definition: definition, runs: try row.int(24),
          failuresInARow: try row.int(25), pause: pause, lastAt: try row.optionalInstant(30),
          nextAt: try row.optionalInstant(31), origin: origin,
          declaration: try row.optionalInt64(33), editedAt: try row.optionalInstant(34),
          revision: try row.int64(35), turn: try row.int64(36), insertedAt: try row.instant(37),
          updatedAt: try row.instant(38)))
    }
  }

  private static func definition(
    _ row: Row, _ name: String
  ) throws(PostgresError) -> Result<ScheduleDefinition, Corrupt> {
    func damaged(_ what: String) -> Result<ScheduleDefinition, Corrupt> {
      .failure(Corrupt(name: name, what: what))
    }
    guard let overlapPolicy = OverlapPolicy(rawValue: try row.text(20)) else {
      return damaged("overlap_policy")
    }
    let texts = (args: try row.text(6), misfire: try row.text(18))
    let args: JobArguments
    do throws(JobArgumentsError) {
      args = try JobArguments(json: texts.args)
    } catch {
      return damaged("args: \(error)")
    }
    let misfirePolicy: MisfirePolicy
    do throws(MisfirePolicyError) {
      misfirePolicy = try MisfirePolicy(texts.misfire)
    } catch {
      return damaged("misfire_policy: \(error)")
    }
    var calendars = CalendarRules.none
    if let text = try row.optionalText(22) {
      guard let rules = CalendarRules(text: text) else { return damaged("calendars") }
      calendars = rules
    }
    var clockChange: ClockChange?
    if let text = try row.optionalText(13) {
      guard let gap = ClockChange.Gap(rawValue: text) else { return damaged("clock_gap") }
      guard let overlap = ClockChange.Overlap(rawValue: try row.optionalText(14) ?? "") else {
        return damaged("clock_overlap")
      }
      clockChange = ClockChange(gap: gap, overlap: overlap)
    }
    return .success(
      ScheduleDefinition(
        handlerModule: try row.text(2), jobType: try row.text(3),
        resource: Resource(try row.text(4), try row.uuid(5)), args: args,
        argsVersion: try row.int(7), queue: try row.text(8), priority: try row.int(9),
        maxAttempts: try row.int(10), recurrence: try row.text(11), timeZone: try row.text(12),
        clockChange: clockChange, startAt: try row.optionalInstant(15),
        endAt: try row.optionalInstant(16),
        maxRuns: try row.optionalInt64(17).map { Int(clamping: $0) }, misfirePolicy: misfirePolicy,
        misfireThreshold: .microseconds(try row.int64(19)), overlapPolicy: overlapPolicy,
        jitter: .microseconds(try row.int64(21)), calendars: calendars,
        pauseAfterFailures: try row.optionalInt64(23).map { Int(clamping: $0) }))
  }

  /// The rows that can be read, in order.
  static func readable(_ rows: Rows) throws(PostgresError) -> [Schedule] {
    var found: [Schedule] = []
    for row in rows {
      if case .success(let schedule) = try read(row) { found.append(schedule) }
    }
    return found
  }

  /// `sql` with the schedules as its first parameters, an array for each column.
  static func statement(
    _ sql: String, _ schedules: [Schedule]
  ) throws(PostgresError) -> PostgresStatement {
    let definitions = schedules.map(\.definition)
    return try PostgresStatement(
      sql, schedules.map(\.uuid), schedules.map(\.name), definitions.map(\.handlerModule),
      definitions.map(\.jobType), definitions.map(\.resource.type),
      definitions.map(\.resource.uuid), definitions.map { JSONDocument($0.args.json) },
      definitions.map(\.argsVersion), definitions.map(\.queue), definitions.map(\.priority),
      definitions.map(\.maxAttempts), definitions.map(\.recurrence), definitions.map(\.timeZone),
      definitions.map(\.clockChange?.gap.rawValue),
      definitions.map(\.clockChange?.overlap.rawValue), definitions.map(\.startAt),
      definitions.map(\.endAt), definitions.map(\.maxRuns),
      definitions.map(\.misfirePolicy.description),
      definitions.map(\.misfireThreshold.microseconds),
      definitions.map(\.overlapPolicy.rawValue), definitions.map(\.jitter.microseconds),
      definitions.map { $0.calendars == .none ? nil : $0.calendars.text },
      definitions.map(\.pauseAfterFailures), schedules.map(\.runs),
      schedules.map(\.failuresInARow), schedules.map(\.pause?.at), schedules.map(\.pause?.until),
      schedules.map(\.pause?.by), schedules.map(\.pause?.why), schedules.map(\.lastAt),
      schedules.map(\.nextAt), schedules.map(\.origin.rawValue), schedules.map(\.declaration),
      schedules.map(\.editedAt), schedules.map(\.revision), schedules.map(\.turn),
      schedules.map(\.insertedAt), schedules.map(\.updatedAt))
  }
}

/// Between a row of `occurrences` and an `OccurrenceRecord`.
enum OccurrenceRow {
  static let columns =
    "schedule_uuid, nominal_at, outcome, occurrence_reason, job_uuid, why, count, noted_at"

  static func read(_ row: Row) throws(PostgresError) -> OccurrenceRecord? {
    guard let outcome = OccurrenceRecord.Outcome(rawValue: try row.text(2)) else { return nil }
    return OccurrenceRecord(
      scheduleUUID: try row.uuid(0), nominalAt: try row.instant(1), outcome: outcome,
      occurrenceReason: try row.optionalText(3).flatMap(OccurrenceReason.init),
      jobUUID: try row.optionalUUID(4), why: try row.optionalText(5), count: try row.int(6),
      notedAt: try row.instant(7))
  }

  static func statement(
    _ sql: String, _ records: [OccurrenceRecord]
  ) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      sql, records.map(\.scheduleUUID), records.map(\.nominalAt), records.map(\.outcome.rawValue),
      records.map(\.occurrenceReason?.rawValue), records.map(\.jobUUID), records.map(\.why),
      records.map(\.count), records.map(\.notedAt))
  }
}
