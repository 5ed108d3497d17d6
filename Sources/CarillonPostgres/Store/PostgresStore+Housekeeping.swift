public import Carillon
import Foundation

extension PostgresStore {
  // MARK: Unresolved jobs

  public func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    let operation = "hold unresolved jobs"
    // Totals say which names have pending jobs at all: usually all are known, and that is it.
    let look = [
      try statement(operation, sql.nodes), try statement(operation, sql.pendingKeys),
    ]
    let unknown = try await read(operation, look) { _, opening in
      let known = try NodeRow.read(opening.rows[0]).registeredKeys
      return try HandlerKey.read(opening.rows[1]).filter { !known.contains($0) }
    }
    guard !unknown.isEmpty else { return 0 }
    // No node joins between the look at the nodes and the holds.
    let lock = try statement(operation, Node.lock, schema.lock("catalogue"))
    let nodes = try statement(operation, sql.nodes)
    return try await transact(operation, before: [lock], statements: [nodes]) {
      ledger, opening in
      let now = ledger.now
      let known = try NodeRow.read(opening.rows[0]).registeredKeys
      let keys = unknown.filter { !known.contains($0) }.map(\.joined)
      let due = try await ledger.run(PostgresStatement(sql.dueOfKeys, now, keys, limit))
      let held = try await ledger.each(JobRow.readable(due)) {
        (stored, changes) throws(IllegalTransition) in
        let job = stored.job.holding(.unresolved, at: now)
        changes.change(stored.job, to: job)
        return job
      }
      try await ledger.commit()
      return held.count
    }
  }

  public func giveUpUnresolved(
    after timeout: Duration, limit: Int
  ) async throws(StoreError) -> [Job] {
    let operation = "give up unresolved jobs"
    let look = [
      try statement(operation, sql.nodes),
      try statement(
        operation, "SELECT min(held_at) FROM \(sql.jobs) WHERE hold = 'unresolved'"),
    ]
    let isDue = try await read(operation, look) { now, opening in
      let isWatched = try NodeRow.read(opening.rows[0])
        .contains { $0.leaseExpiresAt > now && !$0.catalogue.isEmpty }
      let first = try opening.rows[1].first?.optionalInstant(0)
      return isWatched && first.map { now - $0 >= timeout } ?? false
    }
    guard isDue else { return [] }
    return try await transact(operation) { ledger, _ in
      let now = ledger.now
      let expired = try await ledger.run(
        PostgresStatement(
          """
          SELECT \(JobRow.columns) FROM \(sql.jobs)
          WHERE hold = 'unresolved' AND held_at <= $1 ORDER BY held_at, uuid LIMIT $2
          FOR UPDATE SKIP LOCKED
          """,
          (now - timeout).storable, limit))
      let failed = try await ledger.each(JobRow.readable(expired)) {
        (stored, changes) throws(IllegalTransition) in
        let job = try stored.job.applying(.giveUp(reason: Reason.handlerNotFound), at: now)
        changes.change(stored.job, to: job)
        return job
      }
      try await ledger.commit()
      return failed
    }
  }

  // MARK: Old jobs

  public func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    let wanted = statuses.filter(\.isFinal).map(\.rawValue).sorted()
    guard !wanted.isEmpty else { return 0 }
    return try await transact("prune old jobs") { ledger, _ in
      let rows = try await ledger.run(
        PostgresStatement(sql.prune, (ledger.now - age).storable, wanted, limit))
      try await ledger.commit()
      return try rows.first?.int(0) ?? 0
    }
  }

  // MARK: Sums

  /// Changes of sums that are moved at once.
  private static let folded = 20_000

  /// Moves changes of sums to where the sums are; one node at a time.
  public func maintain() async throws(StoreError) {
    let operation = "keep the sums"
    let lock = try statement(
      operation, "SELECT pg_try_advisory_xact_lock($1)", schema.lock("sums"))
    try await transact(operation, before: [], statements: [lock]) { ledger, opening in
      guard try opening.rows[0].first?.bool(0) == true else { return try await ledger.rollBack() }
      let rows = try await ledger.run([
        PostgresStatement(sql.foldTotals, PostgresStore.folded),
        PostgresStatement(sql.takeCounts, PostgresStore.folded),
      ])
      let changes = try MinuteCountRow.sums(rows[1])
      guard !changes.isEmpty else {
        try await ledger.commit()
        return
      }
      let known = try await ledger.run(
        PostgresStatement(
          """
          SELECT \(MinuteCountRow.columns.split(separator: ", ").map { "c.\($0)" }
            .joined(separator: ", "))
          FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
            AS s (minute, queue, handler_module, outcome)
          JOIN \(schema("minute_counts")) c
            USING (minute, queue, handler_module, outcome)
          """,
          changes.map(\.key.minute), changes.map(\.key.queue), changes.map(\.key.handlerModule),
          changes.map(\.key.outcome.rawValue)))
      var sums = Dictionary(uniqueKeysWithValues: changes.map { ($0.key, $0) })
      for row in known {
        guard let count = try MinuteCountRow.read(row) else { continue }
        sums[count.key]?.add(count)
      }
      try await ledger.commit([
        Changes.add(
          sums.values.sorted { $0.key < $1.key }, to: schema("minute_counts"),
          otherwise: """
            ON CONFLICT (minute, queue, handler_module, outcome) DO UPDATE SET
              attempts = excluded.attempts, wait_buckets = excluded.wait_buckets,
              run_buckets = excluded.run_buckets
            """)
      ])
    }
  }
}

extension HandlerKey {
  static func read(_ rows: Rows) throws(PostgresError) -> [HandlerKey] {
    var keys: [HandlerKey] = []
    for row in rows {
      keys.append(HandlerKey(handlerModule: try row.text(0), resourceType: try row.text(1)))
    }
    return keys.sorted()
  }
}

extension Instant {
  /// The instant, or the beginning of PostgreSQL's time, before which there is no other.
  var storable: Instant {
    microseconds < -210_000_000_000_000_000 ? Instant(microseconds: .min) : self
  }
}
