import Carillon
import Foundation
import GRDB

/// Between a row of `carillon_jobs` and a `Job`.
enum JobRow {
  /// The columns of every query that reads jobs, in the order that `read` expects.
  static let columns = """
    uuid, run, job_type, handler_module, resource_type, resource_uuid, args, args_version, queue, \
    priority, scheduled_at, run_at, hold, held_at, status, attempts, max_attempts, failures, \
    snoozes, crashes, executed_at, finished_at, reason, last_error, result, cancel_requested_at, \
    created_by_uuid, inserted_at, updated_at, claim, node, claimed_at, trace_context, seq, content, \
    schedule_uuid, occurrence_reason
    """

  /// A job and what the store alone knows of it.
  struct Stored {
    let job: Job
    let seq: Int64
    /// Nil for a job that SQL has made, in the store that it comes from.
    let content: Int64?

    /// Whether `request` is the one that the job was made from.
    func comes(from request: JobRequest) -> Bool {
      if let content { return content == request.contentDigest }
      return request.mayHaveMade(job)
    }
  }

  /// Why a row is no job. The row stays as it is, and `doctor` shows it.
  struct Corrupt: Error, CustomStringConvertible {
    let seq: Int64
    let what: String
    var description: String { "row \(seq) of carillon_jobs is damaged: \(what)" }
  }

  static func read(_ row: borrowing SQL) throws(Corrupt) -> Stored {
    let seq = row.int64(33)
    guard let uuid = row.uuid(0) else { throw Corrupt(seq: seq, what: "uuid") }
    guard let resource = row.uuid(5) else { throw Corrupt(seq: seq, what: "resource_uuid") }
    guard let status = JobStatus(rawValue: row.text(14)) else {
      throw Corrupt(seq: seq, what: "status")
    }
    let args: JobArguments
    do {
      args = try JobArguments(json: row.text(6))
    } catch {
      throw Corrupt(seq: seq, what: "args: \(error)")
    }
    let job = Job(
      uuid: uuid, jobType: row.text(2), handlerModule: row.text(3), resourceType: row.text(4),
      resourceUUID: resource, args: args, argsVersion: row.int(7), queue: row.text(8),
      priority: row.int(9), maxAttempts: row.int(16), createdByUUID: row.uuid(26),
      insertedAt: row.instant(27), traceContext: trace(row.optionalText(32)), run: row.int(1),
      scheduledAt: row.instant(10), runAt: row.instant(11),
      hold: row.optionalText(12).map(Hold.init), heldAt: row.optionalInstant(13), status: status,
      attempts: row.int(15), failures: row.int(17), snoozes: row.int(18), crashes: row.int(19),
      executedAt: row.optionalInstant(20), finishedAt: row.optionalInstant(21),
      reason: row.optionalText(22), lastError: row.optionalText(23), result: row.optionalText(24),
      cancelRequestedAt: row.optionalInstant(25), updatedAt: row.instant(28),
      claim: row.int64(29), node: row.uuid(30), claimedAt: row.optionalInstant(31),
      scheduleUUID: row.uuid(35),
      occurrenceReason: row.optionalText(36).flatMap(OccurrenceReason.init))
    return Stored(job: job, seq: seq, content: row.isNull(34) ? nil : row.int64(34))
  }

  static let insertion = """
    INSERT INTO carillon_jobs (
      uuid, run, job_type, handler_module, resource_type, resource_uuid, args, args_version,
      queue, priority, scheduled_at, run_at, status, attempts, max_attempts, failures, snoozes,
      crashes, created_by_uuid, inserted_at, updated_at, claim, trace_context, content, hold,
      held_at, schedule_uuid, occurrence_reason
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  static func insert(
    _ job: Job, content: Int64?, by statement: Statement, into database: Database
  ) throws {
    try SQL(
      database, statement,
      job.uuid, job.run, job.jobType, job.handlerModule, job.resourceType, job.resourceUUID,
      job.args.json, job.argsVersion, job.queue, job.priority, job.scheduledAt, job.runAt,
      job.status.rawValue, job.attempts, job.maxAttempts, job.failures, job.snoozes, job.crashes,
      job.createdByUUID, job.insertedAt, job.updatedAt, job.claim, text(of: job.traceContext),
      content, job.hold?.rawValue, job.heldAt, job.scheduleUUID, job.occurrenceReason?.rawValue
    ).run()
  }

  /// Writes every column but `seq`, which goes by the order of writing.
  static func restore(_ archived: ArchivedJob, into database: Database) throws {
    let job = archived.job
    try SQL(
      database,
      """
      INSERT INTO carillon_jobs (
        uuid, run, job_type, handler_module, resource_type, resource_uuid, args, args_version,
        queue, priority, scheduled_at, run_at, hold, held_at, status, attempts, max_attempts,
        failures, snoozes, crashes, executed_at, finished_at, reason, last_error, result,
        cancel_requested_at, created_by_uuid, inserted_at, updated_at, claim, node, claimed_at,
        trace_context, content, schedule_uuid, occurrence_reason
      ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      job.uuid, job.run, job.jobType, job.handlerModule, job.resourceType, job.resourceUUID,
      job.args.json, job.argsVersion, job.queue, job.priority, job.scheduledAt, job.runAt,
      job.hold?.rawValue, job.heldAt, job.status.rawValue, job.attempts, job.maxAttempts,
      job.failures, job.snoozes, job.crashes, job.executedAt, job.finishedAt, job.reason,
      job.lastError, job.result, job.cancelRequestedAt, job.createdByUUID, job.insertedAt,
      job.updatedAt, job.claim, job.node, job.claimedAt, text(of: job.traceContext),
      archived.content, job.scheduleUUID, job.occurrenceReason?.rawValue
    ).run()
  }

  /// What `read` would pass over or put right without a word; nil when it takes the row as it is.
  static func loss(_ row: borrowing SQL) -> String? {
    for (column, name) in [
      (2, "job_type"), (3, "handler_module"), (4, "resource_type"), (6, "args"), (8, "queue"),
      (12, "hold"), (14, "status"), (22, "reason"), (23, "last_error"), (24, "result"),
      (32, "trace_context"), (36, "occurrence_reason"),
    ] as [(CInt, String)] where !row.isNull(column) && !row.isSoundText(column) {
      return "\(name) is no text in UTF-8"
    }
    for (column, name) in [(26, "created_by_uuid"), (30, "node"), (35, "schedule_uuid")]
      as [(CInt, String)]
    where !row.isNull(column) && row.uuid(column) == nil {
      return "\(name) has \(row.size(column)) bytes, not 16"
    }
    if let text = row.optionalText(36), OccurrenceReason(rawValue: text) == nil {
      return "occurrence_reason is '\(text.prefix(40))'"
    }
    if let text = row.optionalText(32) {
      guard let object = try? JSONValue(json: text).object,
        object.values.allSatisfy({ $0.string != nil })
      else { return "trace_context is no JSON object of strings" }
    }
    return nil
  }

  /// Writes what any transition may have changed.
  static let change = """
    UPDATE carillon_jobs SET
      run = ?, scheduled_at = ?, run_at = ?, hold = ?, held_at = ?, status = ?, attempts = ?,
      max_attempts = ?, failures = ?, snoozes = ?, crashes = ?, executed_at = ?,
      finished_at = ?, reason = ?, last_error = ?, result = ?, cancel_requested_at = ?,
      updated_at = ?, claim = ?, node = ?, claimed_at = ?
    WHERE seq = ?
    """

  static func update(
    _ job: Job, seq: Int64, by statement: Statement, in database: Database
  ) throws {
    try SQL(
      database, statement,
      job.run, job.scheduledAt, job.runAt, job.hold?.rawValue, job.heldAt, job.status.rawValue,
      job.attempts, job.maxAttempts, job.failures, job.snoozes, job.crashes, job.executedAt,
      job.finishedAt, job.reason, job.lastError, job.result, job.cancelRequestedAt, job.updatedAt,
      job.claim, job.node, job.claimedAt, seq
    ).run()
  }

  /// Writes what an edit may change beside what transitions do.
  static func place(_ job: Job, seq: Int64, in database: Database) throws {
    try SQL(
      database, "UPDATE carillon_jobs SET queue = ?, priority = ? WHERE seq = ?",
      job.queue, job.priority, seq
    ).run()
  }

  /// Writes what a claim and a success change: nearly every transition is one of them, and SQLite
  /// spares itself the checks and indexes of the other columns.
  static let step = """
    UPDATE carillon_jobs SET
      status = ?, attempts = ?, executed_at = ?, finished_at = ?, result = ?, updated_at = ?,
      claim = ?, node = ?, claimed_at = ?
    WHERE seq = ?
    """

  static func step(
    to job: Job, seq: Int64, by statement: Statement, in database: Database
  ) throws {
    try SQL(
      database, statement,
      job.status.rawValue, job.attempts, job.executedAt, job.finishedAt, job.result,
      job.updatedAt, job.claim, job.node, job.claimedAt, seq
    ).run()
  }

  /// The step for a row that was not read again since it was claimed; it touches none that has
  /// changed meanwhile. `+` keeps the planner at the index of uuid.
  static let unreadStep = """
    UPDATE carillon_jobs SET
      status = ?, attempts = ?, executed_at = ?, finished_at = ?, result = ?, updated_at = ?,
      claim = ?, node = ?, claimed_at = ?
    WHERE uuid = ? AND +status = 'processing' AND claim = ? AND +node = ? AND updated_at = ?
      AND +cancel_requested_at IS NULL
    """

  /// Answers false if the row isn't as `claimed` says.
  static func step(
    unread claimed: Job, to job: Job, by statement: Statement, in database: Database
  ) throws -> Bool {
    try SQL(
      database, statement,
      job.status.rawValue, job.attempts, job.executedAt, job.finishedAt, job.result,
      job.updatedAt, job.claim, job.node, job.claimedAt, claimed.uuid, claimed.claim,
      claimed.node, claimed.updatedAt
    ).run() == 1
  }

  /// Whether `step` writes all that has changed. Not for a row that is damaged elsewhere: the checks
  /// of the whole change are to find it.
  static func isStep(from old: Job, to new: Job) -> Bool {
    new.run == old.run && new.scheduledAt == old.scheduledAt && new.runAt == old.runAt
      && new.isPlaced(like: old)
      && old.hold == nil && new.hold == nil && old.heldAt == nil && new.heldAt == nil
      && new.maxAttempts == old.maxAttempts && new.failures == old.failures
      && new.snoozes == old.snoozes && new.crashes == old.crashes
      && new.cancelRequestedAt == old.cancelRequestedAt
      && new.reason == old.reason && new.lastError == old.lastError
      && new.run > 0 && new.maxAttempts > 0 && new.failures >= 0 && new.snoozes >= 0
      && new.crashes >= 0
  }

  private static func trace(_ text: String?) -> [String: String] {
    guard let text, let object = try? JSONValue(json: text).object else { return [:] }
    return object.compactMapValues(\.string)
  }

  private static func text(of trace: [String: String]) -> String? {
    trace.isEmpty ? nil : JSONValue.object(trace.mapValues(JSONValue.string)).json
  }
}

/// Between a row of `carillon_attempts` and an `Attempt`.
enum AttemptRow {
  static let columns = """
    uuid, claim, number, node, started_at, ended_at, outcome, error, fingerprint, log, progress, \
    progress_note
    """

  static func read(_ row: borrowing SQL) -> Attempt? {
    guard let uuid = row.uuid(0), let node = row.uuid(3) else { return nil }
    return Attempt(
      uuid: uuid, claim: row.int64(1), number: row.int(2), node: node,
      startedAt: row.instant(4), endedAt: row.optionalInstant(5),
      outcome: row.optionalText(6).flatMap(AttemptOutcome.init), error: row.optionalText(7),
      fingerprint: row.optionalText(8), log: log(row.optionalText(9)),
      progress: row.optionalDouble(10), progressNote: row.optionalText(11))
  }

  /// What `read` would pass over or put right without a word; nil when it takes the row as it is.
  static func loss(_ row: borrowing SQL) -> String? {
    for (column, name) in [(0, "uuid"), (3, "node")] as [(CInt, String)]
    where row.uuid(column) == nil {
      return "\(name) has \(row.size(column)) bytes, not 16"
    }
    for (column, name) in [
      (6, "outcome"), (7, "error"), (8, "fingerprint"), (9, "log"), (11, "progress_note"),
    ] as [(CInt, String)] where !row.isNull(column) && !row.isSoundText(column) {
      return "\(name) is no text in UTF-8"
    }
    if let outcome = row.optionalText(6), AttemptOutcome(rawValue: outcome) == nil {
      return "outcome is '\(outcome.prefix(40))'"
    }
    if let text = row.optionalText(9),
      (try? JSONDecoder().decode([LogLine].self, from: Data(text.utf8))) == nil
    {
      return "log is no JSON array of lines"
    }
    return nil
  }

  static let replacement = """
    INSERT OR REPLACE INTO carillon_attempts (\(columns))
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  static func write(
    _ attempt: Attempt, by statement: Statement, to database: Database
  ) throws {
    try SQL(
      database, statement,
      attempt.uuid, attempt.claim, attempt.number, attempt.node, attempt.startedAt,
      attempt.endedAt, attempt.outcome?.rawValue, attempt.error, attempt.fingerprint,
      text(of: attempt.log), attempt.progress, attempt.progressNote
    ).run()
  }

  private static func log(_ text: String?) -> [LogLine] {
    guard let text else { return [] }
    return (try? JSONDecoder().decode([LogLine].self, from: Data(text.utf8))) ?? []
  }

  private static func text(of log: [LogLine]) -> String? {
    guard !log.isEmpty else { return nil }
    return JSONValue.array(
      log.map { line in
        [
          "at": .number(JSONNumber(line.at)), "level": .string(line.level),
          "message": .string(line.message),
        ]
      }
    ).json
  }
}
