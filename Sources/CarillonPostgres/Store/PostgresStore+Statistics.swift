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
