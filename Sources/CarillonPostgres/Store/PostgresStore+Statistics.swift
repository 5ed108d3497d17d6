public import Carillon
import Foundation

extension PostgresStore {
  public func statistics(
    known: Set<HandlerKey>
  ) async throws(StoreError) -> StoreStatistics {
    let operation = "read statistics"
    let look = [
      try statement(operation, sql.nodes), try statement(operation, sql.sumOfTotals),
      try statement(operation, sql.heldByQueue),
      try statement(operation, sql.oldestDue, clock?.now()),
      try statement(operation, sql.dueByKey, clock?.now(), known.map(\.joined).sorted()),
    ]
    return try await read(operation, look) { now, opening in
      var statistics = StoreStatistics(now: now)
      statistics.nodes = try NodeRow.read(opening.rows[0])
      var queues: [String: StoreStatistics.Queue] = [:]
      for row in opening.rows[1] {
        guard let status = JobStatus(rawValue: try row.text(0)) else { continue }
        let (name, jobs) = (try row.text(1), try row.int(2))
        statistics.jobs[status] = (statistics.jobs[status] ?? 0).addingSaturated(jobs)
        guard !status.isFinal, jobs > 0 else { continue }
        var queue = queues[name] ?? StoreStatistics.Queue(name: name)
        if status == .pending { queue.pending = queue.pending.addingSaturated(jobs) }
        if status == .processing { queue.processing = queue.processing.addingSaturated(jobs) }
        queues[name] = queue
      }
      for row in opening.rows[2] { queues[try row.text(0)]?.held = try row.int(1) }
      for row in opening.rows[3] { queues[try row.text(0)]?.oldestDueAt = try row.instant(1) }
      statistics.queues = queues.values.sorted { $0.name < $1.name }
      let live = statistics.nodes.liveKeys(at: now)
      for row in opening.rows[4] {
        let key = HandlerKey(handlerModule: try row.text(0), resourceType: try row.text(1))
        guard !live.contains(key), !known.contains(key) else { continue }
        statistics.unresolved.append(
          .init(key: key, count: try row.int(2), dueSince: try row.instant(3)))
      }
      statistics.unresolved.sort { $0.key < $1.key }
      statistics.note(Gates(try GateRow.rows(opening.gates ?? "[]")))
      return statistics
    }
  }

  public func failures(
    since: Instant, limit: Int
  ) async throws(StoreError) -> FailureReport {
    let operation = "look for failures"
    // The index alone tells the newest; only their jobs are looked up.
    let look = try statement(
      operation,
      """
      WITH newest AS MATERIALIZED (
        SELECT uuid, claim, ended_at, fingerprint FROM \(sql.attempts)
        WHERE fingerprint IS NOT NULL AND ended_at >= $1
        ORDER BY ended_at DESC, uuid DESC, claim DESC LIMIT $2
      )
      SELECT n.uuid, n.claim, n.ended_at, n.fingerprint, j.handler_module, j.job_type,
        j.status
      FROM newest n JOIN \(sql.jobs) j ON j.uuid = n.uuid
      ORDER BY n.ended_at DESC, n.uuid DESC, n.claim DESC
      """,
      since.storable, FailureReport.mostAttempts + 1)
    let tally = try await read(operation, [look]) { _, opening in
      var newest: [FailedAttempt] = []
      for row in opening.rows[0] {
        newest.append(
          FailedAttempt(
            uuid: try row.uuid(0), claim: try row.int64(1), handlerModule: try row.text(4),
            jobType: try row.text(5), status: JobStatus(rawValue: try row.text(6)),
            fingerprint: try row.text(3), endedAt: try row.instant(2)))
      }
      return FailureTally(newest, limit: limit)
    }
    guard !tally.drafts.isEmpty else { return tally.report(errors: [:]) }
    let find = try statement(
      operation,
      """
      SELECT a.uuid, a.claim, a.error FROM \(sql.attempts) a
      JOIN unnest($1::uuid[], $2::bigint[]) AS w (uuid, claim)
        ON a.uuid = w.uuid AND a.claim = w.claim
      """,
      tally.drafts.map(\.group.example), tally.drafts.map(\.claim))
    return try await read(operation, [find]) { _, opening in
      var errors: [UUID: [Int64: String]] = [:]
      for row in opening.rows[0] {
        errors[try row.uuid(0), default: [:]][try row.int64(1)] = try row.optionalText(2)
      }
      return tally.report(errors: errors)
    }
  }

  public func minuteCounts(
    from: Instant, to: Instant
  ) async throws(StoreError) -> [MinuteCount] {
    let operation = "read counts"
    let (first, last) = (
      from.microseconds / 60_000_000, max(from, to).microseconds / 60_000_000
    )
    let look = [
      try statement(operation, sql.counts("minute_counts"), first, last),
      try statement(operation, sql.counts("minute_counts_changes"), first, last),
    ]
    return try await read(operation, look) { _, opening in
      try MinuteCountRow.sums(opening.rows[0], opening.rows[1])
    }
  }
}
