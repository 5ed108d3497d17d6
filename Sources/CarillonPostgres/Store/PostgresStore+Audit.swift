public import Carillon
import Foundation

extension PostgresStore {
  // MARK: Audit

  public func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
    let list: PostgresStatement
    do throws(PostgresError) {
      list = try listing(query)
    } catch {
      // A text that can't be sent is in no row.
      return []
    }
    return try await read("list audit entries", [list]) { _, opening in
      var entries: [AuditEntry] = []
      for row in opening.rows[0] {
        if let entry = try AuditRow.read(row) { entries.append(entry) }
      }
      return entries
    }
  }

  private func listing(_ query: AuditQuery) throws(PostgresError) -> PostgresStatement {
    var conditions: [String] = []
    var values: [any PostgresValue] = []
    func mark(_ value: any PostgresValue) -> String {
      values.append(value)
      return "$\(values.count)"
    }
    if let since = query.since { conditions.append("at >= \(mark(since))") }
    if let until = query.until { conditions.append("at < \(mark(until))") }
    if let actor = query.actor { conditions.append("actor = \(mark(actor))::text") }
    if query.target != nil {
      // Operations that have changed the job, if it is one; an array, so that the index serves both.
      let operations =
        query.job.map { job in
          " || ARRAY(SELECT operation::text FROM \(sql.effects) WHERE job = \(mark(job)) "
            + "ORDER BY at DESC LIMIT \(OperationEffect.most))"
        } ?? ""
      conditions.append("target = ANY (\(mark(query.targets.sorted()))::text[]\(operations))")
    }
    if let after = query.after {
      conditions.append(
        "(at, uuid) < (SELECT at, uuid FROM \(schema("audit")) WHERE uuid = \(mark(after)))")
    }
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return try PostgresStatement(
      """
      SELECT \(AuditRow.columns) FROM \(schema("audit")) \(filter)
      ORDER BY at DESC, uuid DESC LIMIT \(mark(query.limit))
      """,
      all: values)
  }

  public func pruneAudit(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int {
    try await transact("prune old audit entries") { ledger, _ in
      let old = (ledger.now - age).storable
      let rows = try await ledger.run([
        PostgresStatement(sql.prune("audit", by: "at"), old, limit),
        PostgresStatement(sql.prune("operations", by: "finished_at"), old, limit),
        PostgresStatement(
          sql.prune("operation_effects", by: "at", key: ["job", "operation"]), old, limit),
      ])
      try await ledger.commit()
      return try rows.reduce(0) { try $0 + ($1.first?.int(0) ?? 0) }
    }
  }
}

extension SQL {
  fileprivate func prune(
    _ table: String, by column: String, key: [String] = ["uuid"]
  ) -> String {
    let same = key.map { "t.\($0) = old.\($0)" }.joined(separator: " AND ")
    return """
      WITH old AS MATERIALIZED (
        SELECT \(key.joined(separator: ", ")) FROM \(schema(table)) WHERE \(column) < $1
        ORDER BY \(([column] + key).joined(separator: ", ")) LIMIT $2 FOR UPDATE SKIP LOCKED
      ), gone AS (
        DELETE FROM \(schema(table)) t USING old WHERE \(same) RETURNING 1
      ) SELECT count(*) FROM gone
      """
  }
}

extension Ledger {
  /// Has an audit entry written with what this transaction does, if somebody asks for that.
  ///
  ///     ledger.note(AuditNote("pause", .queue, name, ["why": .string(why)]))
  func note(_ note: AuditNote?) {
    guard let note, let actor else { return }
    entries.append(AuditEntry(note, by: actor, at: now))
  }
}
