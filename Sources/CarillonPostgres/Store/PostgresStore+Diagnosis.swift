public import Carillon
import Foundation
import Synchronization

extension PostgresStore {
  public func diagnose() async throws(StoreError) -> [Finding] {
    let operation = "examine the database"
    let before = SystemClock().now()
    let facts = try await examine(operation)
    let after = SystemClock().now()
    let server = [
      Diagnosis.version(facts.server), Diagnosis.pooler(facts.server), await listening(),
      Diagnosis.clock(facts.now, between: before, and: after),
    ]
    let rights = try await rights(operation)
    // What it may not read it can't examine.
    guard rights.severity == .ok else { return server + [rights] }
    let moved = try await moveMark().flatMap(Finding.init(of:))
    let gates = Finding.findings(of: try await gates(), at: facts.now)
    return (moved.map { [$0] } ?? []) + gates + server + [
      rights,
      try await read(operation, [try statement(operation, sql.storedVersion)]) { _, opening in
        Diagnosis.schema(try opening.rows[0].first?.text(0) ?? "missing")
      },
      try await settings(operation),
    ] + (try await deadRows(operation)) + [
      try await indexes(operation),
      try await vacuum(operation),
      Diagnosis.leases(try await nodes(), at: facts.now),
      try await damage(operation),
      try await orphans(operation),
    ]
  }

  private func examine(
    _ operation: String
  ) async throws(StoreError) -> (server: ServerFacts, now: Instant) {
    do {
      return try await pool.withConnection { connection in
        let server = try await connection.facts()
        let rows = try await connection.query("SELECT clock_timestamp()")
        guard let now = try rows.first?.instant(0) else { throw CancellationError() }
        return (server, now)
      }
    } catch let error as PostgresError {
      throw StoreError(error, operation: operation)
    } catch {
      throw .failed(operation: operation, why: "the server didn't tell the time")
    }
  }

  private func listening() async -> Finding {
    do throws(PostgresError) {
      let time = try await listener.probe(through: pool, deadline: .now + .seconds(3))
      return Finding(
        id: "postgres.listener", severity: .ok,
        message: "A notification takes \(max(time.microseconds / 1_000, 1)) ms.")
    } catch {
      return Finding(
        id: "postgres.listener", severity: .warning,
        message: "No notification arrives: \(error.message) Changes of other processes are found "
          + "by looking every \(pool.configuration.poll.text).",
        advice: "Give listen_url in the connection string, leading to the server itself.")
    }
  }

  private func settings(_ operation: String) async throws(StoreError) -> Finding {
    let look = try statement(
      operation,
      """
      SELECT current_setting('synchronous_commit'), current_setting('fsync'),
        current_setting('full_page_writes'), current_setting('server_encoding')
      """)
    return try await read(operation, [look]) { _, opening in
      guard let row = opening.rows[0].first else { return Diagnosis.durability([]) }
      var faults: [String] = []
      if try row.text(0) == "off" { faults.append("synchronous_commit is off") }
      if try row.text(1) == "off" { faults.append("fsync is off") }
      if try row.text(2) == "off" { faults.append("full_page_writes is off") }
      if try row.text(3) != "UTF8" {
        return Finding(
          id: "postgres.encoding", severity: .warning,
          message:
            "The database's encoding is \(try row.text(3)); jobs with other texts are refused.",
          advice: "Make a database with ENCODING 'UTF8'.")
      }
      return Diagnosis.durability(faults)
    }
  }

  private func vacuum(_ operation: String) async throws(StoreError) -> Finding {
    let look = try statement(
      operation,
      """
      SELECT s.n_live_tup, s.n_dead_tup, greatest(s.last_autovacuum, s.last_vacuum),
        current_setting('autovacuum') = 'on'
      FROM pg_stat_all_tables s WHERE s.schemaname = $1 AND s.relname = 'jobs'
      """,
      schema.name)
    return try await read(operation, [look]) { now, opening in
      guard let row = opening.rows[0].first else {
        return Finding(
          id: "postgres.vacuum", severity: .ok, message: "There are no statistics of jobs yet.")
      }
      return Diagnosis.vacuum(
        live: try row.int(0), dead: try row.int(1), last: try row.optionalInstant(2),
        isOn: try row.bool(3), at: now, schema)
    }
  }

  private func damage(_ operation: String) async throws(StoreError) -> Finding {
    let look = [
      try statement(
        operation, "SELECT uuid FROM \(sql.jobs) WHERE hold = 'corrupt' ORDER BY uuid LIMIT 20"),
      try statement(
        operation,
        """
        SELECT conname::text FROM pg_constraint
        WHERE conrelid = to_regclass($1) AND NOT convalidated ORDER BY 1
        """,
        sql.jobs),
    ]
    let aside = untouchable.withLock { $0 }.map(\.text).sorted()
    return try await read(operation, look) { _, opening in
      var damaged: [String] = []
      for row in opening.rows[0] { damaged.append(try row.uuid(0).text) }
      var constraints: [String] = []
      for row in opening.rows[1] { constraints.append(try row.text(0)) }
      return Diagnosis.damaged(damaged, aside: aside, constraints, sql)
    }
  }

  private func orphans(_ operation: String) async throws(StoreError) -> Finding {
    let look = try statement(
      operation,
      """
      SELECT j.uuid FROM \(sql.jobs) j
      WHERE j.status = 'processing'
        AND NOT EXISTS (SELECT 1 FROM \(schema("nodes")) n WHERE n.uuid = j.node)
      ORDER BY j.uuid LIMIT 20
      """)
    return try await read(operation, [look]) { _, opening in
      var orphans: [String] = []
      for row in opening.rows[0] { orphans.append(try row.uuid(0).text) }
      return Diagnosis.orphaned(orphans, sql)
    }
  }
}

extension SQL {
  var storedVersion: String {
    "SELECT value FROM \(schema("meta")) WHERE key = 'schema_version'"
  }
}
