package import Carillon
import Foundation

extension PostgresStore: StoreArchive {
  package func moveMark() async throws(StoreError) -> MoveMark? {
    let operation = "look for a move"
    let find = try archiving(operation) { try Gate(schema: schema).find() }
    return try await read(operation, [find]) { _, opening in try Gate.read(opening.rows[0]) }
  }

  package func close(for mark: MoveMark) async throws(StoreError) -> MoveObstacle? {
    let operation = "close the store for a move"
    let gate = Gate(schema: schema)
    let statements = try archiving(operation) {
      [
        try gate.findLocking(), try PostgresStatement(sql.nodes),
        try PostgresStatement(
          """
          SELECT (SELECT count(*) FROM \(sql.jobs)), (SELECT count(*) FROM \(sql.attempts)),
            (SELECT count(*) FROM \(schema("minute_counts")))
              + (SELECT count(*) FROM \(schema("minute_counts_changes"))),
            (SELECT count(*) FROM \(schema("schedules"))),
            (SELECT count(*) FROM \(sql.operations)), (SELECT count(*) FROM \(schema("audit"))),
            (SELECT count(*) FROM \(sql.gates)), (SELECT count(*) FROM \(schema("tokens")))
          """),
      ]
    }
    let lock = try archiving(operation) { try gate.lock() }
    let location = location
    return try await transact(operation, before: [lock], statements: statements) {
      ledger, opening -> MoveObstacle? in
      var obstacle: MoveObstacle?
      let known = try Gate.read(opening.rows[0])
      if known == mark {
        try await ledger.rollBack()
        return nil
      }
      let alive = try NodeRow.read(opening.rows[1]).filter { $0.leaseExpiresAt > ledger.now }
      let counts = try (0..<8).map { try opening.rows[2].first?.int($0) ?? 0 }
      // A store that was filled once is a store like any other.
      if let known, known.role == .source || !known.isComplete {
        obstacle = .otherMove(store: location, mark: known)
      } else if !alive.isEmpty {
        obstacle = .liveNodes(store: location, names: alive.map(\.name))
      } else if mark.role == .target, counts.contains(where: { $0 != 0 }) {
        obstacle = .notEmpty(
          store: location, jobs: counts[0], attempts: counts[1], minuteCounts: counts[2],
          schedules: counts[3], operations: counts[4], audit: counts[5], gates: counts[6],
          tokens: counts[7])
      }
      guard obstacle == nil else {
        try await ledger.rollBack()
        return obstacle
      }
      try await ledger.commit([gate.put(mark)] + gate.close(for: mark))
      return nil
    }
  }

  package func page(
    of part: ArchivePart, after cursor: String?, limit: Int
  ) async throws(StoreError) -> ArchivePage {
    let archive = ArchiveReader(sql: sql, limit: limit)
    let operation = "read \(part.rawValue)"
    switch part {
    case .tokens:
      let ask = try archiving(operation) { try archive.tokens() }
      return try await read(operation, [ask]) { _, opening in
        try archive.tokens(opening.rows[0])
      }
    case .jobs:
      let ask = try archiving(operation) { try archive.jobs(after: cursor) }
      return try await read(operation, [ask]) { _, opening in try archive.jobs(opening.rows[0]) }
    case .attempts:
      let ask = try archiving(operation) { try archive.attempts(after: cursor) }
      return try await read(operation, [ask]) { _, opening in
        try archive.attempts(opening.rows[0])
      }
    case .minuteCounts:
      let ask = try archiving(operation) { try archive.minuteCounts(after: cursor) }
      return try await read(operation, ask) { _, opening in
        try archive.minuteCounts(opening.rows[0], opening.rows[1])
      }
    case .schedules:
      let ask = try archiving(operation) { try archive.schedules(after: cursor) }
      return try await read(operation, [ask]) { _, opening in
        try archive.schedules(opening.rows[0])
      }
    case .occurrences:
      let ask = try archiving(operation) { try archive.occurrences(after: cursor) }
      return try await read(operation, [ask]) { _, opening in
        try archive.occurrences(opening.rows[0])
      }
    case .operations:
      let ask = try archiving(operation) { try archive.operations(after: cursor) }
      return try await read(operation, [ask]) { _, opening in
        try archive.operations(opening.rows[0])
      }
    case .effects:
      let ask = try archiving(operation) { try archive.effects(after: cursor) }
      return try await read(operation, [ask]) { _, opening in
        try archive.effects(opening.rows[0])
      }
    case .audit:
      let ask = try archiving(operation) { try archive.audit(after: cursor) }
      return try await read(operation, [ask]) { _, opening in try archive.audit(opening.rows[0]) }
    case .gates:
      return try await read(operation, []) { _, opening in
        // Few enough for one page.
        var page = ArchivePage()
        page.gates = try GateRow.rows(opening.gates ?? "[]")
        return page
      }
    case .nodes:
      var page = ArchivePage()
      page.nodes = try await nodes()
      return page
    }
  }

  package func keep(
    _ page: ArchivePage, replacing old: MoveMark, by new: MoveMark
  ) async throws(StoreError) {
    let operation = "write rows of a move"
    let gate = Gate(schema: schema)
    let find = try archiving(operation) { try gate.findLocking() }
    try await transact(operation, timeout: .seconds(120), statements: [find]) { ledger, opening in
      try ArchiveReader.expect(old, opening.rows[0])
      _ = try await ledger.run(gate.beginPass())
      if !page.jobs.isEmpty {
        _ = try await ledger.connection.copy(
          page.jobs, into: sql.jobs, columns: ArchiveReader.jobColumns,
          encode: ArchiveReader.encode)
        for job in page.jobs { ledger.changes.add(job.job) }
      }
      for attempt in page.attempts { ledger.changes.keep(attempt) }
      var statements: [PostgresStatement] = []
      if !page.minuteCounts.isEmpty {
        statements.append(try Changes.add(page.minuteCounts, to: schema("minute_counts")))
      }
      if !page.schedules.isEmpty {
        statements.append(try ScheduleRow.statement(sql.insertSchedules, page.schedules))
      }
      if !page.occurrences.isEmpty {
        statements.append(try OccurrenceRow.statement(sql.restoreOccurrences, page.occurrences))
      }
      for token in page.tokens { statements.append(try TokenRow.insert(token, sql)) }
      for operation in page.operations {
        statements.append(try OperationRow.write(operation, to: sql.operations))
      }
      if !page.effects.isEmpty {
        statements.append(try EffectRow.write(page.effects, to: sql.effects))
      }
      if !page.audit.isEmpty {
        statements.append(try AuditRow.write(page.audit, to: schema("audit")))
      }
      for row in page.gates { statements.append(try PostgresStore.write(row, sql)) }
      for node in page.nodes { statements.append(try ArchiveReader.insert(node, schema)) }
      try await ledger.commit(statements + [gate.endPass(), gate.put(new)])
    }
  }

  package func finish(_ mark: MoveMark) async throws(StoreError) {
    let operation = "complete a move"
    let gate = Gate(schema: schema)
    let find = try archiving(operation) { try gate.findLocking() }
    try await transact(operation, timeout: .seconds(120), statements: [find]) { ledger, opening in
      try ArchiveReader.expect(mark, opening.rows[0])
      var statements = [try gate.put(mark)]
      if mark.role == .target {
        statements += try gate.lift()
        let unknown = Node.lost(mark.move)
        statements.append(
          try PostgresStatement(
            """
            INSERT INTO \(schema("nodes")) (\(NodeRow.columns))
            SELECT DISTINCT j.node, $1::text, $2::timestamptz, '[]', '0', $2::timestamptz, 0, false
            FROM \(sql.jobs) j
            WHERE j.status = 'processing'
              AND NOT EXISTS (SELECT 1 FROM \(schema("nodes")) n WHERE n.uuid = j.node)
            """,
            unknown.name, unknown.leaseExpiresAt))
        // Plans should know at once what autovacuum would find out in a minute.
        statements.append(try PostgresStatement("ANALYZE \(sql.jobs), \(sql.attempts)"))
      }
      try await ledger.commit(statements)
    }
    changed()
  }

  package func reopen(from mark: MoveMark) async throws(StoreError) {
    let operation = "undo a move"
    let gate = Gate(schema: schema)
    let find = try archiving(operation) { try gate.findLocking() }
    try await transact(operation, timeout: .seconds(120), statements: [find]) { ledger, opening in
      try ArchiveReader.expect(mark, opening.rows[0])
      var statements = try gate.lift() + [gate.forget()]
      if mark.role == .target {
        let tables = [
          "jobs", "attempts", "nodes", "totals", "totals_changes", "minute_counts",
          "minute_counts_changes", "schedules", "occurrences", "operations", "operation_effects",
          "audit", "gates", "tokens",
        ]
        statements.append(
          try PostgresStatement(
            "TRUNCATE \(tables.map { schema($0) }.joined(separator: ", "))"))
      }
      try await ledger.commit(statements)
    }
  }

  /// Makes statements; what goes wrong is an error of the store's.
  private func archiving<Answer>(
    _ operation: String, _ make: () throws -> Answer
  ) throws(StoreError) -> Answer {
    do {
      return try make()
    } catch let error as PostgresError {
      throw StoreError(error, operation: operation)
    } catch {
      throw .failed(operation: operation, why: "\(error)")
    }
  }
}
