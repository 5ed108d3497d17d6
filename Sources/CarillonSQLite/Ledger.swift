import Carillon
import Foundation
import GRDB

/// One write transaction: every change of a job goes through it, so that totals and counts are kept
/// with the rows. Sums are gathered and written once at the end.
struct Ledger {
  let database: Database
  let now: Instant
  /// Who asks for what is written; nil for the engine.
  let actor: AuditActor?
  private let statements: Statements
  private var totals: [Total: Int] = [:]
  private var counts: [MinuteCount.Key: MinuteCount] = [:]
  /// Jobs of schedules that have ended, or were deleted before.
  var endedOfSchedules: [Job] = []
  /// Whether something has become ready beside what was asked for.
  var hasReleased = false

  private struct Total: Hashable {
    let status: JobStatus
    let queue: String
    let key: HandlerKey

    init(_ job: Job) {
      status = job.status
      queue = job.queue
      key = job.handlerKey
    }
  }

  init(database: Database, now: Instant, actor: AuditActor? = nil) {
    self.database = database
    self.now = now
    self.actor = actor
    statements = Statements(database)
  }

  /// The statements that run once or more for every job, prepared at most once a transaction.
  private final class Statements {
    private let database: Database
    private var known: [Statement?] = Array(repeating: nil, count: 6)

    init(_ database: Database) { self.database = database }

    private func prepared(_ index: Int, _ sql: String) throws -> Statement {
      if let statement = known[index] { return statement }
      let statement = try database.cachedStatement(sql: sql)
      known[index] = statement
      return statement
    }

    func find() throws -> Statement {
      try prepared(0, "SELECT \(JobRow.columns) FROM carillon_jobs WHERE uuid = ?")
    }
    func insert() throws -> Statement { try prepared(1, JobRow.insertion) }
    func change() throws -> Statement { try prepared(2, JobRow.change) }
    func step() throws -> Statement { try prepared(4, JobRow.step) }
    func unreadStep() throws -> Statement { try prepared(5, JobRow.unreadStep) }
    func attempt() throws -> Statement { try prepared(3, AttemptRow.replacement) }
  }

  // MARK: Jobs

  func stored(_ uuid: UUID) throws -> JobRow.Stored? {
    let row = try SQL(database, statements.find(), uuid)
    return try row.step() ? try JobRow.read(row) : nil
  }

  mutating func insert(_ job: Job, content: Int64?) throws {
    try JobRow.insert(job, content: content, by: statements.insert(), into: database)
    totals[Total(job), default: 0] += 1
  }

  /// Writes a job as it is, whatever its status.
  mutating func restore(_ archived: ArchivedJob) throws {
    try JobRow.restore(archived, into: database)
    totals[Total(archived.job), default: 0] += 1
  }

  mutating func update(_ stored: JobRow.Stored, to job: Job) throws {
    if JobRow.isStep(from: stored.job, to: job) {
      try JobRow.step(to: job, seq: stored.seq, by: statements.step(), in: database)
    } else {
      try JobRow.update(job, seq: stored.seq, by: statements.change(), in: database)
      if !job.isPlaced(like: stored.job) {
        try JobRow.place(job, seq: stored.seq, in: database)
      }
    }
    move(stored.job, to: job)
  }

  /// Writes a claim's end without reading the row; answers false if the row has to be read.
  mutating func update(unread claimed: Job, to job: Job) throws -> Bool {
    guard JobRow.isStep(from: claimed, to: job),
      try JobRow.step(unread: claimed, to: job, by: statements.unreadStep(), in: database)
    else { return false }
    move(claimed, to: job)
    return true
  }

  private mutating func move(_ old: Job, to new: Job) {
    guard new.status != old.status || new.queue != old.queue else { return }
    if new.scheduleUUID != nil, new.status.isFinal, !old.status.isFinal {
      endedOfSchedules.append(new)
    }
    totals[Total(old), default: 0] -= 1
    totals[Total(new), default: 0] += 1
  }

  mutating func delete(_ stored: JobRow.Stored) throws {
    try SQL(database, "DELETE FROM carillon_attempts WHERE uuid = ?", stored.job.uuid).run()
    try SQL(database, "DELETE FROM carillon_jobs WHERE seq = ?", stored.seq).run()
    totals[Total(stored.job), default: 0] -= 1
    if stored.job.scheduleUUID != nil, !stored.job.status.isFinal {
      endedOfSchedules.append(stored.job)
    }
  }

  // MARK: Attempts

  func attempt(_ uuid: UUID, _ claim: Int64) throws -> Attempt? {
    let row = try SQL(
      database,
      "SELECT \(AttemptRow.columns) FROM carillon_attempts WHERE uuid = ? AND claim = ?",
      uuid, claim)
    return try row.step() ? AttemptRow.read(row) : nil
  }

  func keep(_ attempt: Attempt) throws {
    try AttemptRow.write(attempt, by: statements.attempt(), to: database)
  }

  /// Writes an ended attempt's record and counts it for the job as it was claimed.
  mutating func end(_ attempt: Attempt, of claimed: Job) throws {
    try keep(attempt)
    guard let outcome = attempt.outcome else { return }
    let addition = MinuteCount(of: claimed, attempt: attempt, outcome: outcome, at: now)
    counts[addition.key, default: MinuteCount(key: addition.key)].add(addition)
  }

  /// Ends a claim from outside, with its attempt's record.
  mutating func end(_ stored: JobRow.Stored, by transition: Transition) throws -> Job {
    let transition = transition.honouring(cancelRequestOf: stored.job)
    let job = try stored.job.applying(transition, at: now)
    try update(stored, to: job)
    let recorded = try attempt(stored.job.uuid, stored.job.claim)
    if let running = recorded ?? Attempt(running: stored.job) {
      try end(running.ended(by: transition, at: now), of: stored.job)
    }
    return job
  }

  // MARK: Damaged rows

  /// Does something to one row within a savepoint. A failure for which the row is to blame is
  /// answered, and leaves nothing behind.
  mutating func alone<Answer>(
    _ body: (inout Ledger) throws -> Answer
  ) throws -> Result<Answer, RowFault> {
    var after = self
    var answer: Result<Answer, RowFault>?
    do {
      try database.inSavepoint {
        answer = .success(try body(&after))
        return .commit
      }
    } catch {
      guard let fault = RowFault(error) else { throw error }
      return .failure(fault)
    }
    self = after
    return answer ?? .failure(RowFault(why: "the savepoint was not begun"))
  }

  /// Does the same to each row; answers with the changed jobs. A row that can't be written doesn't
  /// keep others from it: it is held while it is pending, and otherwise stays as it is.
  mutating func each(
    _ rows: [JobRow.Stored], _ body: (inout Ledger, JobRow.Stored) throws -> Job
  ) throws -> [Job] {
    var changed: [Job] = []
    for stored in rows {
      switch try alone({ try body(&$0, stored) }) {
      case .success(let job): changed.append(job)
      case .failure where stored.job.status == .pending: try holdCorrupt(stored.seq)
      case .failure: continue
      }
    }
    return changed
  }

  /// Takes a damaged row out of the way of others; `doctor` shows it.
  func holdCorrupt(_ seq: Int64) throws {
    try SQL(
      database,
      "UPDATE carillon_jobs SET hold = ?, held_at = ?, updated_at = ? WHERE seq = ?",
      Hold.corrupt.rawValue, now, now, seq
    ).run()
  }

  // MARK: Closing

  /// Writes the gathered sums; the transaction commits after it.
  mutating func close() throws {
    try concludeSchedules()
    for (total, change) in totals where change != 0 {
      try SQL(
        database,
        """
        INSERT INTO carillon_totals (status, queue, handler_module, resource_type, jobs)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET jobs =
          CASE typeof(jobs + excluded.jobs) WHEN 'integer' THEN jobs + excluded.jobs ELSE jobs END
        """,
        total.status.rawValue, total.queue, total.key.handlerModule, total.key.resourceType,
        change
      ).run()
    }
    totals = [:]
    for count in counts.values { try add(count) }
    counts = [:]
  }

  private func add(_ count: MinuteCount) throws {
    let key = count.key
    var sum = count
    if let known = try MinuteCountRow.find(key, in: database) { sum.add(known) }
    try MinuteCountRow.write(sum, to: database)
  }
}

/// A fault that lies in one row, not in the store: others can go on.
struct RowFault: Error {
  let why: String

  init(why: String) { self.why = why }

  /// Nil for any other error.
  init?(_ error: any Error) {
    switch error {
    case let error as DatabaseError:
      // The whole store is closed for a move; no row is to blame.
      guard error.extendedResultCode != .SQLITE_CONSTRAINT_TRIGGER else { return nil }
      switch error.resultCode.primaryResultCode {
      case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE:
        why = error.message ?? "\(error.resultCode)"
      default: return nil
      }
    case let error as JobRow.Corrupt: why = "\(error)"
    case let error as IllegalTransition: why = "\(error)"
    default: return nil
    }
  }
}

/// Between a row of `carillon_minute_counts` and a `MinuteCount`.
enum MinuteCountRow {
  static let columns =
    "minute, queue, handler_module, outcome, attempts, wait_buckets, run_buckets"

  static func read(_ row: borrowing SQL) -> MinuteCount? {
    guard let outcome = AttemptOutcome(rawValue: row.text(3)) else { return nil }
    return MinuteCount(
      key: .init(
        minute: row.int64(0), queue: row.text(1), handlerModule: row.text(2), outcome: outcome),
      count: row.int(4), wait: buckets(row.text(5)), runTime: buckets(row.text(6)))
  }

  /// What `read` would pass over or put right without a word; nil when it takes the row as it is.
  static func loss(_ row: borrowing SQL) -> String? {
    for (column, name) in [(1, "queue"), (2, "handler_module"), (3, "outcome")]
      as [(CInt, String)] where !row.isSoundText(column)
    {
      return "\(name) is no text in UTF-8"
    }
    guard AttemptOutcome(rawValue: row.text(3)) != nil else {
      return "outcome is '\(row.text(3).prefix(40))'"
    }
    for (column, name) in [(5, "wait_buckets"), (6, "run_buckets")] as [(CInt, String)] {
      let numbers = row.text(column).split(separator: " ", omittingEmptySubsequences: false)
      guard numbers.count <= MinuteCount.Buckets.bounds.count + 1,
        numbers.allSatisfy({ Int($0) != nil })
      else { return "\(name) is no list of counts" }
    }
    return nil
  }

  static func find(_ key: MinuteCount.Key, in database: Database) throws -> MinuteCount? {
    let row = try SQL(
      database,
      """
      SELECT \(columns) FROM carillon_minute_counts
      WHERE minute = ? AND queue = ? AND handler_module = ? AND outcome = ?
      """,
      key.minute, key.queue, key.handlerModule, key.outcome.rawValue)
    return try row.step() ? read(row) : nil
  }

  static func write(_ count: MinuteCount, to database: Database) throws {
    try SQL(
      database,
      "INSERT OR REPLACE INTO carillon_minute_counts (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?)",
      count.key.minute, count.key.queue, count.key.handlerModule, count.key.outcome.rawValue,
      count.count, text(count.wait), text(count.runTime)
    ).run()
  }

  private static func buckets(_ text: String) -> MinuteCount.Buckets {
    MinuteCount.Buckets(counts: text.split(separator: " ").map { Int($0) ?? 0 })
  }

  private static func text(_ buckets: MinuteCount.Buckets) -> String {
    buckets.counts.map(String.init).joined(separator: " ")
  }
}
