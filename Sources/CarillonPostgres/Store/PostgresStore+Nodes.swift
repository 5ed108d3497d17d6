public import Carillon
public import Foundation

extension PostgresStore {
  // MARK: Nodes

  public func join(_ node: Node, lease: Duration) async throws(StoreError) {
    let operation = "register node \(node.uuid.text)"
    // Nobody holds jobs for want of a handler while a node that has it joins.
    let lock = try statement(operation, Node.lock, schema.lock("catalogue"))
    try await transact(operation, before: [lock]) { ledger, _ in
      let now = ledger.now
      _ = try await ledger.run([
        PostgresStatement(
          """
          INSERT INTO \(schema("nodes")) (\(NodeRow.columns))
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
          ON CONFLICT (uuid) DO UPDATE SET
            name = excluded.name, started_at = excluded.started_at,
            catalogue = excluded.catalogue, queues = excluded.queues,
            lease_expires_at = excluded.lease_expires_at, beats = excluded.beats,
            draining = excluded.draining
          """,
          node.uuid, node.name, node.startedAt, NodeRow.text(node.catalogue),
          NodeRow.text(node.queues), now + lease, node.beats, node.draining),
        publishing(node.catalogue, at: now),
      ])
      let keys = Set(node.catalogue.flatMap(\.keys)).map(\.joined).sorted()
      let held = try await ledger.run(
        PostgresStatement(
          """
          SELECT \(JobRow.columns) FROM \(sql.jobs)
          WHERE hold = 'unresolved'
            AND (handler_module || E'\\n' || resource_type) = ANY ($1::text[])
          ORDER BY uuid FOR UPDATE
          """,
          keys))
      _ = try await ledger.each(JobRow.readable(held)) {
        (stored, changes) throws(IllegalTransition) in
        let job = stored.job.holding(nil, at: now)
        changes.change(stored.job, to: job)
        return job
      }
      try await ledger.commit()
    }
    changed()
  }

  /// Keeps the node's handlers for those who schedule with SQL.
  private func publishing(
    _ catalogue: [PublishedHandler], at now: Instant
  ) throws -> PostgresStatement {
    var known: Set<HandlerKey> = []
    let handlers = catalogue.filter { known.insert($0.keys[0]).inserted }
    return try PostgresStatement(
      """
      INSERT INTO \(schema("handlers")) AS h
      SELECT s.handler_module, s.resource_type, s.job_type,
        ARRAY(SELECT jsonb_array_elements_text(s.aliases::jsonb)), s.queue, s.priority,
        s.max_attempts, $8
      FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[]
      ) AS s (handler_module, resource_type, job_type, aliases, queue, priority, max_attempts)
      ON CONFLICT (handler_module, resource_type) DO UPDATE SET
        job_type = excluded.job_type, aliases = excluded.aliases, queue = excluded.queue,
        priority = excluded.priority, max_attempts = excluded.max_attempts,
        published_at = excluded.published_at
      WHERE (h.job_type, h.aliases, h.queue, h.priority, h.max_attempts) IS DISTINCT FROM
        (excluded.job_type, excluded.aliases, excluded.queue, excluded.priority,
          excluded.max_attempts)
      """,
      handlers.map(\.handlerModule), handlers.map(\.resourceType), handlers.map(\.jobType),
      handlers.map { JSONValue.array($0.aliases.map(JSONValue.string)).json },
      handlers.map(\.queue), handlers.map(\.priority), handlers.map(\.maxAttempts), now)
  }

  public func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    let operation = "renew the lease"
    // A lease needn't survive a power cut, so it doesn't wait for the disk.
    let soon = try statement(operation, "SELECT set_config('synchronous_commit', 'off', true)")
    let renew = try statement(
      operation,
      """
      UPDATE \(schema("nodes")) SET
        lease_expires_at = coalesce($1::timestamptz, clock_timestamp())
          + ($2::bigint OPERATOR(pg_catalog.*) interval '1 microsecond'),
        beats = beats + 1, draining = $3
      WHERE uuid = $4
      """,
      clock?.now(), min(lease.microseconds, 1 << 52), draining, node)
    do throws(PostgresError) {
      let rows = try await pool.pipeline(
        [soon, renew], isolation: .readCommitted, lane: .reserved,
        deadline: .now + .seconds(10))
      return rows[1].affected == 0 ? .gone : .renewed
    } catch {
      throw StoreError(error, operation: operation)
    }
  }

  public func leave(_ node: UUID) async throws(StoreError) {
    let operation = "sign off node \(node.text)"
    let lock = try statement(operation, Node.lock, schema.lock(node.text))
    let held = try statement(operation, sql.lockHeld, node)
    try await transact(operation, before: [lock], statements: [held]) { ledger, opening in
      _ = try await end(JobRow.readable(opening.rows[0]), ledger) { _ in .release }
      try await ledger.commit([
        PostgresStatement("DELETE FROM \(schema("nodes")) WHERE uuid = $1", node)
      ])
    }
    changed()
  }

  public func nodes() async throws(StoreError) -> [Node] {
    let operation = "list nodes"
    let list = try statement(operation, sql.nodes)
    return try await read(operation, [list]) { _, opening in try NodeRow.read(opening.rows[0]) }
  }

  public func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    let operation = "rescue the jobs of node \(node.text)"
    // Waits for an exchange of the node's that is about to commit its claims.
    let lock = try statement(operation, Node.lock, schema.lock(node.text))
    let remove = try statement(
      operation,
      """
      DELETE FROM \(schema("nodes"))
      WHERE uuid = $1 AND beats = $2
        AND lease_expires_at <= coalesce($3::timestamptz, clock_timestamp())
      """,
      node, beats, clock?.now())
    let rescued = try await transact(operation, before: [lock], statements: [remove]) {
      ledger, opening -> [Job]? in
      guard opening.rows[0].affected > 0 else {
        try await ledger.rollBack()
        return nil
      }
      let held = try await ledger.run(PostgresStatement(sql.lockHeld, node))
      let jobs = try await end(JobRow.readable(held), ledger) { Judgement.rescue(of: $0) }
      try await ledger.commit()
      return jobs
    }
    changed()
    return rescued
  }

  /// Ends claims from outside, with their attempts' records.
  private nonisolated(nonsending) func end(
    _ held: [JobRow.Stored], _ ledger: Ledger, by transition: (Job) -> Transition
  ) async throws -> [Job] {
    let now = ledger.now
    let recorded = try await ledger.attempts(of: held.map { ($0.job.uuid, $0.job.claim) })
    return try await ledger.each(held) { (stored, changes) throws(IllegalTransition) in
      let transition = transition(stored.job).honouring(cancelRequestOf: stored.job)
      let job = try stored.job.applying(transition, at: now)
      changes.change(stored.job, to: job)
      if let running = recorded[stored.job.uuid] ?? Attempt(running: stored.job) {
        changes.end(running.ended(by: transition, at: now), of: stored.job, at: now)
      }
      return job
    }
  }
}
