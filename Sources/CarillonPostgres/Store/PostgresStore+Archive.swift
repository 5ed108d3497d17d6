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
            (SELECT count(*) FROM \(schema("schedules")))
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
      let counts = try (0..<4).map { try opening.rows[2].first?.int($0) ?? 0 }
      // A store that was filled once is a store like any other.
      if let known, known.role == .source || !known.isComplete {
        obstacle = .otherMove(store: location, mark: known)
      } else if !alive.isEmpty {
        obstacle = .liveNodes(store: location, names: alive.map(\.name))
      } else if mark.role == .target, counts != [0, 0, 0, 0] {
        obstacle = .notEmpty(
          store: location, jobs: counts[0], attempts: counts[1], minuteCounts: counts[2],
          schedules: counts[3])
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
          "minute_counts_changes", "schedules", "occurrences",
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

/// Reads a store's rows in pages, strictly: what isn't wholly there is damaged.
private struct ArchiveReader {
  let sql: SQL
  let limit: Int

  /// Bytes of texts after which a page ends early.
  private static let largestPage = 4 << 20

  /// Throws unless the store has a mark of the same move that isn't complete, or this very one.
  static func expect(_ mark: MoveMark, _ rows: Rows) throws {
    let known = try Gate.read(rows)
    var expected = mark
    if known?.isComplete == false { expected.isComplete = false }
    guard known == expected else {
      throw StoreError.failed(
        operation: "go on with the move",
        why: "another `move` works on the store, or has undone this one")
    }
  }

  // MARK: Jobs

  /// Rows up to a sum of bytes, and at least one: a thousand of a mebibyte each would fill the memory.
  private func bounded(_ columns: String, _ bytes: String, _ rows: String, _ order: String)
    -> String
  {
    """
    SELECT \(columns) FROM (
      SELECT r.*, \(bytes) AS row_bytes, sum(\(bytes)) OVER (ORDER BY \(order)) AS sum_bytes
      FROM (\(rows) ORDER BY \(order) LIMIT $1::bigint) r
    ) s WHERE sum_bytes - row_bytes <= \(ArchiveReader.largestPage) ORDER BY \(order)
    """
  }

  func jobs(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      bounded(
        JobRow.columns,
        """
        (octet_length(args::text) + coalesce(octet_length(result::text), 0)
          + coalesce(octet_length(last_error), 0))
        """,
        "SELECT \(JobRow.columns) FROM \(sql.jobs) WHERE seq > $2::bigint", "seq"),
      limit, cursor.flatMap(Int64.init) ?? Int64.min)
  }

  func jobs(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let seq = try row.int64(33)
      func damaged(_ why: String) {
        page.damaged.append(DamagedRow(row: "row \(seq) of \(sql.jobs)", why: why))
      }
      switch try JobRow.read(row) {
      case .success(let stored):
        let job = ArchivedJob(job: stored.job, content: stored.content)
        if let why = try JobRow.loss(row) ?? job.problem {
          damaged(why)
        } else {
          page.jobs.append(job)
        }
      case .failure(let corrupt): damaged(corrupt.what)
      }
      page.cursor = String(seq)
    }
    return page
  }

  static let jobColumns = JobRow.columns.split(separator: ", ").map(String.init)
    .filter { $0 != "seq" }

  /// In the order of `jobColumns`.
  static func encode(_ archived: ArchivedJob, _ row: inout CopyRow) {
    let job = archived.job
    row.add(job.uuid)
    row.add(job.run)
    row.add(job.jobType)
    row.add(job.handlerModule)
    row.add(job.resourceType)
    row.add(job.resourceUUID)
    row.add(JSONDocument(job.args.json))
    row.add(job.argsVersion)
    row.add(job.queue)
    row.add(job.priority)
    row.add(job.scheduledAt)
    row.add(job.runAt)
    row.add(job.hold?.rawValue)
    row.add(job.heldAt)
    row.add(job.status.rawValue)
    row.add(job.attempts)
    row.add(job.maxAttempts)
    row.add(job.failures)
    row.add(job.snoozes)
    row.add(job.crashes)
    row.add(job.executedAt)
    row.add(job.finishedAt)
    row.add(job.reason)
    row.add(job.lastError)
    row.add(job.result.map(JSONDocument.init))
    row.add(job.cancelRequestedAt)
    row.add(job.createdByUUID)
    row.add(job.insertedAt)
    row.add(job.updatedAt)
    row.add(job.claim)
    row.add(job.node)
    row.add(job.claimedAt)
    row.add(JobRow.text(of: job.traceContext))
    row.add(archived.content)
    row.add(job.scheduleUUID)
    row.add(job.occurrenceReason?.rawValue)
  }

  // MARK: Attempts

  func attempts(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    let parts = (cursor ?? "").split(separator: "/")
    let uuid = parts.first.flatMap { UUID(uuidString: String($0)) }
    let place = uuid == nil ? "$2::uuid IS NULL AND $3::bigint IS NULL" : "(uuid, claim) > ($2, $3)"
    return try PostgresStatement(
      bounded(
        AttemptRow.columns,
        "(coalesce(octet_length(log), 0) + coalesce(octet_length(error), 0))",
        "SELECT \(AttemptRow.columns) FROM \(sql.attempts) WHERE \(place)", "uuid, claim"),
      limit, uuid, parts.last.flatMap { Int64($0) })
  }

  func attempts(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let attempt = try AttemptRow.read(row)
      let place = "\(attempt.uuid.text)/\(attempt.claim)"
      if let why = try AttemptRow.loss(row) ?? attempt.problem {
        page.damaged.append(DamagedRow(row: "row \(place) of \(sql.attempts)", why: why))
      } else {
        page.attempts.append(attempt)
      }
      page.cursor = place
    }
    return page
  }

  // MARK: Minute counts

  /// A page of the sums, and what is to be added to them up to the page's end.
  func minuteCounts(after cursor: String?) throws(PostgresError) -> [PostgresStatement] {
    let after = cursor.flatMap { try? JSONValue(json: $0) }
    let key = #"(minute, queue, handler_module, outcome)"#
    let place: [any PostgresValue] = [
      after?[0]?.int, after?[1]?.string, after?[2]?.string, after?[3]?.string,
    ]
    func beyond(_ first: Int) -> String {
      let given =
        "($\(first)::bigint, $\(first + 1)::text COLLATE \"C\", $\(first + 2)::text COLLATE \"C\", "
        + "$\(first + 3)::text COLLATE \"C\")"
      return after == nil ? "\(given) IS DISTINCT FROM (0, '', '', '')" : "\(key) > \(given)"
    }
    let page = """
      SELECT \(MinuteCountRow.columns) FROM \(sql.schema("minute_counts")) WHERE \(beyond(2))
      ORDER BY minute, queue, handler_module, outcome LIMIT $1::bigint
      """
    let sums = try PostgresStatement(page, all: [limit] + place)
    // Without a full page there is no end but the table's.
    let changes = try PostgresStatement(
      """
      WITH page AS (\(page)), last AS (
        SELECT * FROM page ORDER BY minute DESC, queue DESC, handler_module DESC, outcome DESC
        LIMIT 1
      )
      SELECT \(MinuteCountRow.columns) FROM \(sql.schema("minute_counts_changes"))
      WHERE \(beyond(2)) AND ((SELECT count(*) FROM page) < $1::bigint
        OR \(key) <= (SELECT minute, queue, handler_module, outcome FROM last))
      """,
      all: [limit] + place)
    return [sums, changes]
  }

  func minuteCounts(_ sums: Rows, _ changes: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for rows in [sums, changes] {
      for row in rows {
        guard let why = try MinuteCountRow.loss(row) else { continue }
        page.damaged.append(
          DamagedRow(
            row: "row (\(try row.int64(0)), '\(try row.text(1))', '\(try row.text(2))', "
              + "'\(try row.text(3))') of \(sql.schema("minute_counts"))", why: why))
      }
    }
    page.minuteCounts = try MinuteCountRow.sums(sums, changes)
    guard sums.count == limit, let last = sums.last else { return page }
    page.cursor =
      JSONValue.array([
        .number(JSONNumber(try last.int64(0))), .string(try last.text(1)),
        .string(try last.text(2)), .string(try last.text(3)),
      ]).json
    return page
  }

  // MARK: Schedules

  func schedules(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      bounded(
        ScheduleRow.columns, "octet_length(args::text)",
        "SELECT \(ScheduleRow.columns) FROM \(sql.schedules) WHERE name > $2::text COLLATE \"C\"",
        "name"),
      limit, cursor ?? "")
  }

  func schedules(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let name = try row.text(1)
      func damaged(_ why: String) {
        page.damaged.append(DamagedRow(row: "row '\(name)' of \(sql.schedules)", why: why))
      }
      switch try ScheduleRow.read(row) {
      case .success(let schedule):
        if let why = schedule.archiveProblem {
          damaged(why)
        } else {
          page.schedules.append(schedule)
        }
      case .failure(let corrupt): damaged(corrupt.what)
      }
      page.cursor = name
    }
    return page
  }

  func occurrences(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    let parts = (cursor ?? "").split(separator: "/")
    let uuid = parts.first.flatMap { UUID(uuidString: String($0)) }
    let nominal = parts.last.flatMap { Int64($0) }.map(Instant.init(microseconds:))
    let place =
      uuid == nil
      ? "$2::uuid IS NULL AND $3::timestamptz IS NULL" : "(schedule_uuid, nominal_at) > ($2, $3)"
    return try PostgresStatement(
      """
      SELECT \(OccurrenceRow.columns) FROM \(sql.occurrences) WHERE \(place)
      ORDER BY schedule_uuid, nominal_at LIMIT $1::bigint
      """,
      limit, uuid, uuid == nil ? nil : nominal)
  }

  func occurrences(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let place = "\(try row.uuid(0).text)/\(try row.instant(1).microseconds)"
      let record = try OccurrenceRow.read(row)
      if let record, record.problem == nil {
        page.occurrences.append(record)
      } else {
        page.damaged.append(
          DamagedRow(
            row: "row \(place) of \(sql.occurrences)",
            why: record?.problem ?? "outcome can't be read"))
      }
      page.cursor = place
    }
    return page
  }

  // MARK: Nodes

  static func insert(_ node: Node, _ schema: Schema) throws -> PostgresStatement {
    try PostgresStatement(
      """
      INSERT INTO \(schema("nodes")) (\(NodeRow.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (uuid) DO NOTHING
      """,
      node.uuid, node.name, node.startedAt, NodeRow.text(node.catalogue),
      NodeRow.text(node.queues), node.leaseExpiresAt, node.beats, node.draining)
  }
}

// MARK: What readers pass over

extension JobRow {
  /// What `read` would pass over without a word; nil when it takes the row as it is.
  fileprivate static func loss(_ row: Row) throws(PostgresError) -> String? {
    if let text = try row.optionalText(36), OccurrenceReason(rawValue: text) == nil {
      return "occurrence_reason is '\(text.prefix(40))'"
    }
    guard let text = try row.optionalText(32) else { return nil }
    guard let object = try? JSONValue(json: text).object,
      object.values.allSatisfy({ $0.string != nil })
    else { return "trace_context is no JSON object of strings" }
    return nil
  }
}

extension AttemptRow {
  /// What `read` would pass over without a word; nil when it takes the row as it is.
  fileprivate static func loss(_ row: Row) throws(PostgresError) -> String? {
    if let outcome = try row.optionalText(6), AttemptOutcome(rawValue: outcome) == nil {
      return "outcome is '\(outcome.prefix(40))'"
    }
    if let text = try row.optionalText(9),
      (try? JSONDecoder().decode([LogLine].self, from: Data(text.utf8))) == nil
    {
      return "log is no JSON array of lines"
    }
    return nil
  }
}

extension MinuteCountRow {
  /// What `read` would pass over without a word; nil when it takes the row as it is.
  fileprivate static func loss(_ row: Row) throws(PostgresError) -> String? {
    let outcome = try row.text(3)
    guard AttemptOutcome(rawValue: outcome) != nil else {
      return "outcome is '\(outcome.prefix(40))'"
    }
    for (column, name) in [(5, "wait_buckets"), (6, "run_buckets")] {
      let numbers = try row.text(column).split(separator: " ", omittingEmptySubsequences: false)
      guard numbers.count <= MinuteCount.Buckets.bounds.count + 1,
        numbers.allSatisfy({ Int($0) != nil })
      else { return "\(name) is no list of counts" }
    }
    return nil
  }
}
