import Carillon
import Foundation

/// Between a row of `jobs` and a `Job`.
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
    /// Nil for a job that SQL has made.
    let content: Int64?

    /// Whether `request` is the one that the job was made from.
    func comes(from request: JobRequest) -> Bool {
      if let content { return content == request.contentDigest }
      return request.mayHaveMade(job)
    }
  }

  /// Why a row is no job. The row stays as it is, and `doctor` shows it.
  struct Corrupt: Error, CustomStringConvertible {
    let uuid: UUID
    let seq: Int64
    let insertedAt: Instant
    let what: String
    var description: String { "row \(seq) of jobs (\(uuid.text)) is damaged: \(what)" }
  }

  /// The row's job, or why it is none; throws when the answer isn't what was asked for.
  static func read(_ row: Row) throws(PostgresError) -> Result<Stored, Corrupt> {
    let uuid = try row.uuid(0)
    let seq = try row.int64(33)
    let insertedAt = try row.instant(27)
    func damage(_ what: String) -> Corrupt {
      Corrupt(uuid: uuid, seq: seq, insertedAt: insertedAt, what: what)
    }
    guard let status = JobStatus(rawValue: try row.text(14)) else {
      return .failure(damage("status"))
    }
    let json = try row.text(6)
    let args: JobArguments
    do throws(JobArgumentsError) {
      args = try JobArguments(json: json)
    } catch {
      return .failure(damage("args: \(error)"))
    }
    let job = Job(
      uuid: uuid, jobType: try row.text(2), handlerModule: try row.text(3),
      resourceType: try row.text(4), resourceUUID: try row.uuid(5), args: args,
      argsVersion: try row.int(7), queue: try row.text(8), priority: try row.int(9),
      maxAttempts: try row.int(16), createdByUUID: try row.optionalUUID(26),
      insertedAt: insertedAt, traceContext: trace(try row.optionalText(32)),
      run: try row.int(1), scheduledAt: try row.instant(10), runAt: try row.instant(11),
      hold: try row.optionalText(12).map(Hold.init), heldAt: try row.optionalInstant(13),
      status: status, attempts: try row.int(15), failures: try row.int(17),
      snoozes: try row.int(18), crashes: try row.int(19), executedAt: try row.optionalInstant(20),
      finishedAt: try row.optionalInstant(21), reason: try row.optionalText(22),
      lastError: try row.optionalText(23), result: try row.optionalText(24),
      cancelRequestedAt: try row.optionalInstant(25), updatedAt: try row.instant(28),
      claim: try row.int64(29), node: try row.optionalUUID(30),
      claimedAt: try row.optionalInstant(31), scheduleUUID: try row.optionalUUID(35),
      occurrenceReason: try row.optionalText(36).flatMap(OccurrenceReason.init))
    return .success(Stored(job: job, seq: seq, content: try row.optionalInt64(34)))
  }

  /// The rows that can be read, in order.
  static func readable(_ rows: Rows) throws(PostgresError) -> [Stored] {
    var found: [Stored] = []
    found.reserveCapacity(rows.count)
    for row in rows {
      if case .success(let stored) = try read(row) { found.append(stored) }
    }
    return found
  }

  /// Whether a claim or a success is all that has changed: nearly every transition is one of them, and
  /// fewer columns are sent. Not for a row that is damaged elsewhere.
  static func isStep(from old: Job, to new: Job) -> Bool {
    new.run == old.run && new.scheduledAt == old.scheduledAt && new.runAt == old.runAt
      && new.isPlaced(like: old)
      && old.hold == nil && new.hold == nil && old.heldAt == nil && new.heldAt == nil
      && new.maxAttempts == old.maxAttempts && new.failures == old.failures
      && new.snoozes == old.snoozes && new.crashes == old.crashes
      && new.cancelRequestedAt == old.cancelRequestedAt
      && new.reason == old.reason && new.lastError == old.lastError
  }

  private static func trace(_ text: String?) -> [String: String] {
    guard let text, let object = try? JSONValue(json: text).object else { return [:] }
    return object.compactMapValues(\.string)
  }

  static func text(of trace: [String: String]) -> String? {
    trace.isEmpty ? nil : JSONValue.object(trace.mapValues(JSONValue.string)).json
  }
}
