import Carillon
import Foundation

/// What a transaction is to write, gathered so that it takes few statements.
///
/// Every change of a job goes through it, so that totals and counts are kept with the rows.
struct Changes {
  private var steps: [Job] = []
  private var others: [Job] = []
  /// Of the others, those with another queue or priority.
  private var edits: [Job] = []
  private var attempts: [Attempt] = []
  private var totals: [Total: Int] = [:]
  private var counts: [MinuteCount.Key: MinuteCount] = [:]
  /// Jobs of schedules that have ended, or were removed before.
  private(set) var endedOfSchedules: [Job] = []

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

  // MARK: Gathering

  /// A locked row is to become `job`.
  mutating func change(_ old: Job, to job: Job) {
    if JobRow.isStep(from: old, to: job) { steps.append(job) } else { others.append(job) }
    if !job.isPlaced(like: old) { edits.append(job) }
    move(old, to: job)
  }

  /// A row has been changed by another statement; only sums are left to write.
  mutating func move(_ old: Job, to new: Job) {
    guard new.status != old.status || new.queue != old.queue else { return }
    if new.scheduleUUID != nil, new.status.isFinal, !old.status.isFinal {
      endedOfSchedules.append(new)
    }
    totals[Total(old), default: 0] -= 1
    totals[Total(new), default: 0] += 1
  }

  mutating func add(_ job: Job) { totals[Total(job), default: 0] += 1 }

  mutating func remove(_ job: Job) {
    totals[Total(job), default: 0] -= 1
    if job.scheduleUUID != nil, !job.status.isFinal { endedOfSchedules.append(job) }
  }

  mutating func takeEndedOfSchedules() -> [Job] {
    defer { endedOfSchedules = [] }
    return endedOfSchedules
  }

  /// An ended attempt's record, counted for the job as it was claimed.
  mutating func end(_ attempt: Attempt, of claimed: Job, at now: Instant) {
    attempts.append(attempt)
    guard let outcome = attempt.outcome else { return }
    let addition = MinuteCount(of: claimed, attempt: attempt, outcome: outcome, at: now)
    counts[addition.key, default: MinuteCount(key: addition.key)].add(addition)
  }

  mutating func keep(_ attempt: Attempt) { attempts.append(attempt) }

  // MARK: Writing

  /// Rows and attempts, then forgotten.
  mutating func takeRows(_ sql: SQL) throws(PostgresError) -> [PostgresStatement] {
    var statements: [PostgresStatement] = []
    if !steps.isEmpty {
      statements.append(try JobBatch(steps).step(sql.stepJobs))
    }
    if !others.isEmpty {
      statements.append(try JobBatch(others).change(sql.changeJobs))
    }
    if !edits.isEmpty {
      statements.append(
        try PostgresStatement(
          sql.placeJobs, edits.map(\.uuid), edits.map(\.queue), edits.map(\.priority)))
    }
    if !attempts.isEmpty {
      statements.append(try Changes.keep(attempts, sql))
    }
    (steps, others, edits, attempts) = ([], [], [], [])
    return statements
  }

  /// The sums, then forgotten.
  mutating func takeSums(_ sql: SQL) throws(PostgresError) -> [PostgresStatement] {
    defer { (totals, counts) = ([:], [:]) }
    var statements: [PostgresStatement] = []
    let moved = totals.filter { $0.value != 0 }
    if !moved.isEmpty {
      statements.append(
        try PostgresStatement(
          """
          INSERT INTO \(sql.schema("totals_changes"))
          SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
          """,
          moved.map(\.key.status.rawValue), moved.map(\.key.queue),
          moved.map(\.key.key.handlerModule), moved.map(\.key.key.resourceType),
          moved.map(\.value)))
    }
    if !counts.isEmpty {
      statements.append(
        try Changes.add(Array(counts.values), to: sql.schema("minute_counts_changes")))
    }
    return statements
  }

  static func add(
    _ counts: [MinuteCount], to table: String, otherwise: String = ""
  ) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      """
      INSERT INTO \(table) (\(MinuteCountRow.columns))
      SELECT * FROM unnest(
        $1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
      \(otherwise)
      """,
      counts.map(\.key.minute), counts.map(\.key.queue), counts.map(\.key.handlerModule),
      counts.map(\.key.outcome.rawValue), counts.map(\.count),
      counts.map { MinuteCountRow.text($0.wait) }, counts.map { MinuteCountRow.text($0.runTime) })
  }

  private struct Key: Hashable {
    let uuid: UUID
    let claim: Int64
  }

  private static func keep(
    _ attempts: [Attempt], _ sql: SQL
  ) throws(PostgresError) -> PostgresStatement {
    // One statement can't write a row twice; the last word counts.
    var last: [Key: Attempt] = [:]
    for attempt in attempts { last[Key(uuid: attempt.uuid, claim: attempt.claim)] = attempt }
    let attempts =
      last.count == attempts.count
      ? attempts
      : last.values.sorted { one, other in
        one.uuid == other.uuid ? one.claim < other.claim : one.uuid.precedes(other.uuid)
      }
    return try PostgresStatement(
      sql.keepAttempts,
      attempts.map(\.uuid), attempts.map(\.claim), attempts.map(\.number), attempts.map(\.node),
      attempts.map(\.startedAt), attempts.map(\.endedAt), attempts.map(\.outcome?.rawValue),
      attempts.map(\.error), attempts.map(\.fingerprint),
      attempts.map { AttemptRow.text(of: $0.log) }, attempts.map(\.progress),
      attempts.map(\.progressNote))
  }
}

/// Jobs as columns, for one statement.
struct JobBatch {
  private let jobs: [Job]

  /// In the order of uuid, in which everybody takes locks.
  init(_ jobs: [Job]) { self.jobs = jobs.sorted { $0.uuid.precedes($1.uuid) } }

  /// What a claim and a success change.
  func step(_ sql: String) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      sql,
      jobs.map(\.uuid), jobs.map(\.status.rawValue), jobs.map(\.attempts),
      jobs.map(\.executedAt), jobs.map(\.finishedAt), jobs.map { $0.result.map(JSONDocument.init) },
      jobs.map(\.updatedAt), jobs.map(\.claim), jobs.map(\.node), jobs.map(\.claimedAt))
  }

  /// What any transition may have changed.
  func change(_ sql: String) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      sql,
      jobs.map(\.uuid), jobs.map(\.status.rawValue), jobs.map(\.attempts),
      jobs.map(\.executedAt), jobs.map(\.finishedAt), jobs.map { $0.result.map(JSONDocument.init) },
      jobs.map(\.updatedAt), jobs.map(\.claim), jobs.map(\.node), jobs.map(\.claimedAt),
      jobs.map(\.run), jobs.map(\.scheduledAt), jobs.map(\.runAt), jobs.map(\.hold?.rawValue),
      jobs.map(\.heldAt), jobs.map(\.maxAttempts), jobs.map(\.failures), jobs.map(\.snoozes),
      jobs.map(\.crashes), jobs.map(\.reason), jobs.map(\.lastError),
      jobs.map(\.cancelRequestedAt))
  }
}

/// Ends of claims as columns, for rows that aren't read again: each is written on condition that
/// nothing has touched its row since the claim.
struct UnreadBatch {
  private let ends: [(claimed: Job, job: Job)]

  init(_ ends: [(claimed: Job, job: Job)]) {
    self.ends = ends.sorted { $0.job.uuid.precedes($1.job.uuid) }
  }

  func step(_ sql: String) throws(PostgresError) -> PostgresStatement {
    let jobs = ends.map(\.job)
    return try PostgresStatement(
      sql,
      jobs.map(\.uuid), jobs.map(\.status.rawValue), jobs.map(\.attempts),
      jobs.map(\.executedAt), jobs.map(\.finishedAt), jobs.map { $0.result.map(JSONDocument.init) },
      jobs.map(\.updatedAt), jobs.map(\.claim), jobs.map(\.node), jobs.map(\.claimedAt),
      ends.map(\.claimed.node), ends.map(\.claimed.updatedAt))
  }

  func change(_ sql: String) throws(PostgresError) -> PostgresStatement {
    let jobs = ends.map(\.job)
    return try PostgresStatement(
      sql,
      jobs.map(\.uuid), jobs.map(\.status.rawValue), jobs.map(\.attempts),
      jobs.map(\.executedAt), jobs.map(\.finishedAt), jobs.map { $0.result.map(JSONDocument.init) },
      jobs.map(\.updatedAt), jobs.map(\.claim), jobs.map(\.node), jobs.map(\.claimedAt),
      jobs.map(\.run), jobs.map(\.scheduledAt), jobs.map(\.runAt), jobs.map(\.hold?.rawValue),
      jobs.map(\.heldAt), jobs.map(\.maxAttempts), jobs.map(\.failures), jobs.map(\.snoozes),
      jobs.map(\.crashes), jobs.map(\.reason), jobs.map(\.lastError),
      jobs.map(\.cancelRequestedAt), ends.map(\.claimed.node), ends.map(\.claimed.updatedAt))
  }
}
