public import Carillon
import GRDB

extension SQLiteStore {
  // MARK: Audit

  public func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
    try await read("list audit entries") { database, _ in
      var conditions: [String] = []
      var values: [any SQLValue] = []
      if let since = query.since {
        conditions.append("at >= ?")
        values.append(since)
      }
      if let until = query.until {
        conditions.append("at < ?")
        values.append(until)
      }
      if let actor = query.actor {
        conditions.append("actor = ?")
        values.append(actor)
      }
      if query.target != nil {
        let operations =
          try query.job.map { try EffectRow.find(on: $0, in: database).map(\.operation.text) } ?? []
        let targets = query.targets.sorted() + operations
        let marks = Array(repeating: "?", count: targets.count).joined(separator: ", ")
        conditions.append("target IN (\(marks))")
        values += targets
      }
      if let after = query.after {
        conditions.append("(at, uuid) < (SELECT at, uuid FROM carillon_audit WHERE uuid = ?)")
        values.append(after)
      }
      let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
      let rows = try SQL(
        database,
        """
        SELECT \(AuditRow.columns) FROM carillon_audit \(filter)
        ORDER BY at DESC, uuid DESC LIMIT ?
        """,
        all: values + [query.limit])
      var entries: [AuditEntry] = []
      while try rows.step() {
        if let entry = AuditRow.read(rows) { entries.append(entry) }
      }
      return entries
    }
  }

  public func pruneAudit(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int {
    let found = try await read("look for old audit entries") { database, now in
      try SQL(
        database,
        """
        SELECT 1 WHERE EXISTS (SELECT 1 FROM carillon_audit WHERE at < ?1)
          OR EXISTS (SELECT 1 FROM carillon_operations WHERE finished_at < ?1)
          OR EXISTS (SELECT 1 FROM carillon_operation_effects WHERE at < ?1)
        """,
        now - age
      ).step()
    }
    guard found else { return 0 }
    return try await write("prune old audit entries") { ledger in
      let old = ledger.now - age
      let entries = try SQL(
        ledger.database,
        """
        DELETE FROM carillon_audit WHERE uuid IN (
          SELECT uuid FROM carillon_audit WHERE at < ? ORDER BY at, uuid LIMIT ?)
        """,
        old, limit
      ).run()
      let operations = try SQL(
        ledger.database,
        """
        DELETE FROM carillon_operations WHERE uuid IN (
          SELECT uuid FROM carillon_operations WHERE finished_at < ? ORDER BY finished_at LIMIT ?)
        """,
        old, limit
      ).run()
      let effects = try SQL(
        ledger.database,
        """
        DELETE FROM carillon_operation_effects WHERE (job, operation) IN (
          SELECT job, operation FROM carillon_operation_effects WHERE at < ? ORDER BY at LIMIT ?)
        """,
        old, limit
      ).run()
      return entries + operations + effects
    }
  }
}

extension Ledger {
  /// Writes an audit entry, if somebody asks for what this transaction does.
  ///
  ///     try ledger.note(AuditNote("pause", .queue, name, ["why": .string(why)]))
  func note(_ note: AuditNote?) throws {
    guard let note, let actor else { return }
    try write(AuditEntry(note, by: actor, at: now))
  }

  func write(_ entry: AuditEntry) throws { try AuditRow.write(entry, to: database) }
}
