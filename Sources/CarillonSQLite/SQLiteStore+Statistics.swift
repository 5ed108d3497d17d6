public import Carillon
import Foundation
import GRDB

extension SQLiteStore {
  public func statistics(
    known: Set<HandlerKey>
  ) async throws(StoreError) -> StoreStatistics {
    try await read("read statistics") { database, now in
      var statistics = StoreStatistics(now: now)
      statistics.nodes = try NodeRow.all(in: database)
      let resolvable = known.union(try NodeRow.liveKeys(in: database, at: now))
      var queues: [String: StoreStatistics.Queue] = [:]
      var unknown: Set<HandlerKey> = []
      for total in try Totals.all(in: database) {
        statistics.jobs[total.status] =
          (statistics.jobs[total.status] ?? 0).addingSaturated(total.jobs)
        guard !total.status.isFinal, total.jobs > 0 else { continue }
        var queue = queues[total.queue] ?? StoreStatistics.Queue(name: total.queue)
        if total.status == .pending { queue.pending = queue.pending.addingSaturated(total.jobs) }
        if total.status == .processing {
          queue.processing = queue.processing.addingSaturated(total.jobs)
        }
        queues[total.queue] = queue
        if total.status == .pending, !resolvable.contains(total.key) { unknown.insert(total.key) }
      }
      for (name, count) in try Totals.held(in: database) { queues[name]?.held = count }
      for name in queues.keys {
        queues[name]?.oldestDueAt = try ReadyJobs.oldestDue(in: name, at: now, database)
      }
      statistics.queues = queues.values.sorted { $0.name < $1.name }
      statistics.unresolved = try Totals.unresolved(unknown, in: database, at: now)
      statistics.note(Gates(try GateTable.rows(in: database)))
      return statistics
    }
  }

  public func minuteCounts(
    from: Instant, to: Instant
  ) async throws(StoreError) -> [MinuteCount] {
    try await read("read counts") { database, _ in
      let rows = try SQL(
        database,
        """
        SELECT \(MinuteCountRow.columns) FROM carillon_minute_counts
        WHERE minute BETWEEN ? AND ? ORDER BY minute, queue, handler_module, outcome
        """,
        from.microseconds / 60_000_000, max(from, to).microseconds / 60_000_000)
      var counts: [MinuteCount] = []
      while try rows.step() {
        if let count = MinuteCountRow.read(rows) { counts.append(count) }
      }
      return counts
    }
  }
}

extension SQLiteStore {
  public func failures(
    since: Instant, limit: Int
  ) async throws(StoreError) -> FailureReport {
    try await read("look for failures") { database, _ in
      // The index alone tells the newest; only their jobs are looked up, one by one.
      let rows = try SQL(
        database,
        """
        SELECT a.uuid, a.claim, a.ended_at, a.fingerprint, j.handler_module, j.job_type,
          j.status
        FROM (
          SELECT uuid, claim, ended_at, fingerprint FROM carillon_attempts
          WHERE fingerprint IS NOT NULL AND ended_at >= ?
          ORDER BY ended_at DESC, uuid DESC, claim DESC LIMIT ?
        ) a CROSS JOIN carillon_jobs j ON j.uuid = a.uuid
        ORDER BY a.ended_at DESC, a.uuid DESC, a.claim DESC
        """,
        since, FailureReport.mostAttempts + 1)
      var newest: [FailedAttempt] = []
      while try rows.step() {
        guard let uuid = rows.uuid(0) else { continue }
        newest.append(
          FailedAttempt(
            uuid: uuid, claim: rows.int64(1), handlerModule: rows.text(4),
            jobType: rows.text(5), status: JobStatus(rawValue: rows.text(6)),
            fingerprint: rows.text(3), endedAt: rows.instant(2)))
      }
      let tally = FailureTally(newest, limit: limit)
      var errors: [UUID: [Int64: String]] = [:]
      for draft in tally.drafts {
        let row = try SQL(
          database, "SELECT error FROM carillon_attempts WHERE uuid = ? AND claim = ?",
          draft.group.example, draft.claim)
        if try row.step() { errors[draft.group.example, default: [:]][draft.claim] = row.text(0) }
      }
      return tally.report(errors: errors)
    }
  }
}

/// The kept sums of `carillon_totals`, and what follows from them.
enum Totals {
  struct Row {
    let status: JobStatus
    let queue: String
    let key: HandlerKey
    let jobs: Int
  }

  static func all(in database: Database) throws -> [Row] {
    let rows = try SQL(
      database,
      "SELECT status, queue, handler_module, resource_type, jobs FROM carillon_totals")
    var totals: [Row] = []
    while try rows.step() {
      guard let status = JobStatus(rawValue: rows.text(0)) else { continue }
      totals.append(
        Row(
          status: status, queue: rows.text(1),
          key: HandlerKey(handlerModule: rows.text(2), resourceType: rows.text(3)),
          jobs: rows.int(4)))
    }
    return totals
  }

  /// The handlers that have pending jobs.
  static func pendingKeys(in database: Database) throws -> [HandlerKey] {
    Set(try all(in: database).filter { $0.status == .pending && $0.jobs > 0 }.map(\.key)).sorted()
  }

  /// Held jobs by queue: few, or they would not be held.
  static func held(in database: Database) throws -> [(queue: String, count: Int)] {
    let rows = try SQL(
      database,
      "SELECT queue, count(*) FROM carillon_jobs WHERE hold IS NOT NULL GROUP BY queue")
    var held: [(queue: String, count: Int)] = []
    while try rows.step() { held.append((rows.text(0), rows.int(1))) }
    return held
  }

  /// Due jobs of handlers that nobody knows.
  static func unresolved(
    _ keys: Set<HandlerKey>, in database: Database, at now: Instant
  ) throws -> [StoreStatistics.Unresolved] {
    guard !keys.isEmpty else { return [] }
    var found: [HandlerKey: StoreStatistics.Unresolved] = [:]
    func note(_ key: HandlerKey, _ count: Int, since: Instant) {
      guard keys.contains(key), count > 0 else { return }
      let known = found[key]
      found[key] = .init(
        key: key, count: (known?.count ?? 0).addingSaturated(count),
        dueSince: min(known?.dueSince ?? since, since))
    }
    let held = try SQL(
      database,
      """
      SELECT handler_module, resource_type, count(*), min(run_at)
      FROM carillon_jobs INDEXED BY carillon_jobs_held
      WHERE hold IS NOT NULL AND run_at <= ? GROUP BY handler_module, resource_type
      """, now)
    while try held.step() {
      note(
        HandlerKey(handlerModule: held.text(0), resourceType: held.text(1)), held.int(2),
        since: held.instant(3))
    }
    // Those that nobody has held yet.
    try ReadyJobs(.all(1), in: database).countDue(at: now, note)
    return found.values.sorted { $0.key < $1.key }
  }
}
