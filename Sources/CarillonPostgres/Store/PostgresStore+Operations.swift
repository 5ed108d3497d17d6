public import Carillon
public import Foundation

extension PostgresStore {
  /// Rows that one survey looks at; fewer where all of each has to be read.
  private static let surveyed = 10_000
  private static let surveyedWithArgs = 1_000

  // MARK: Operations

  public func begin(_ request: OperationRequest) async throws(StoreError) -> JobOperation {
    let operation = "begin an operation"
    let lock = try statement(operation, Node.lock, schema.lock("operations"))
    let find = try statement(operation, sql.findOperation, request.uuid)
    let (began, isNew) = try await transact(operation, before: [lock], statements: [find]) {
      ledger, opening -> (JobOperation, Bool) in
      if let row = opening.rows[0].first {
        try await ledger.rollBack()
        guard let known = try OperationRow.read(row), request.asksFor(known) else {
          throw StoreError.operationExists(uuid: request.uuid)
        }
        return (known, false)
      }
      let operation = request.operation(at: ledger.now, by: ledger.actor?.name)
      ledger.note(.began(operation))
      try await ledger.commit([OperationRow.write(operation, to: sql.operations)])
      return (operation, true)
    }
    if isNew { signals.signal() }
    return began
  }

  public func operation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    let operation = "read an operation"
    let find = try statement(operation, sql.findOperation, uuid)
    return try await read(operation, [find]) { _, opening in
      try opening.rows[0].first.flatMap { try OperationRow.read($0) }
    }
  }

  public func operations(_ query: OperationQuery) async throws(StoreError) -> [JobOperation] {
    let operation = "list operations"
    let list = try statement(
      operation,
      """
      SELECT \(OperationRow.columns) FROM \(sql.operations)
      WHERE \(query.isUnfinished ? "finished_at IS NULL" : "TRUE")
        \(query.after == nil
          ? "AND $1::uuid IS NULL"
          : """
            AND (inserted_at, uuid)
              < (SELECT inserted_at, uuid FROM \(sql.operations) WHERE uuid = $1)
            """)
      ORDER BY inserted_at DESC, uuid DESC LIMIT $2
      """,
      query.after, query.limit)
    return try await read(operation, [list]) { _, opening in
      try OperationRow.readable(opening.rows[0])
    }
  }

  public func survey(
    _ filter: JobFilter, storedBy instant: Instant, after cursor: UUID?, limit: Int
  ) async throws(StoreError) -> JobSurvey {
    let (columns, args) = filter.split
    let statements: [PostgresStatement]
    do throws(PostgresError) {
      statements = try surveyStatements(
        columns, storedBy: instant, after: cursor, limit: limit, reads: !args.isAll)
    } catch {
      // A text that can't be sent is in no row.
      return JobSurvey()
    }
    return try await read("look for jobs", statements) { _, opening in
      var survey = JobSurvey(next: try opening.rows[0].first?.uuid(0))
      for row in opening.rows[1] {
        let uuid = try row.uuid(0)
        if !args.isAll {
          guard case .success(let stored) = try JobRow.read(row), args.matches(stored.job) else {
            continue
          }
        }
        survey.uuids.append(uuid)
        if survey.uuids.count >= limit {
          survey.next = uuid
          break
        }
      }
      return survey
    }
  }

  /// Where the look ends, for few may match, and what matches up to there.
  private func surveyStatements(
    _ terms: [JobFilter.Term], storedBy instant: Instant, after cursor: UUID?, limit: Int,
    reads: Bool
  ) throws(PostgresError) -> [PostgresStatement] {
    let rows = reads ? PostgresStore.surveyedWithArgs : PostgresStore.surveyed
    // Before all others where there is none.
    let from = cursor == nil ? "uuid >= $1" : "uuid > $1"
    let last = cursor ?? UUID(high: 0, low: 0)
    let border = "SELECT uuid FROM \(sql.jobs) WHERE \(from) ORDER BY uuid OFFSET $2 LIMIT 1"
    var values: [any PostgresValue] = [last, rows - 1, instant]
    func mark(_ value: any PostgresValue) -> String {
      values.append(value)
      return "$\(values.count)"
    }
    let conditions = FilterSQL.conditions(terms, schema, mark)
    let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    return [
      try PostgresStatement(border, last, rows - 1),
      try PostgresStatement(
        """
        SELECT \(reads ? JobRow.columns : "uuid") FROM (
          SELECT * FROM \(sql.jobs) WHERE \(from) ORDER BY uuid LIMIT $2::bigint + 1
        ) j
        \(filter.isEmpty ? "WHERE" : filter + " AND") inserted_at <= $3::timestamptz
        ORDER BY uuid LIMIT \(mark(reads ? rows : limit))
        """,
        all: values),
    ]
  }

  public func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation? {
    let name = "carry out an operation"
    guard let operation = try await operation(uuid) else { return nil }
    guard !operation.state.isFinal else { return operation }
    let survey = try await survey(
      operation.filter, storedBy: operation.insertedAt, after: operation.cursor,
      limit: operation.mostFound(limit))
    // The operation first: who comes second waits here, and finds it gone on.
    let find = try statement(name, "\(sql.findOperation) FOR UPDATE", uuid)
    let lock = try statement(
      name, sql.lockJobs, operation.state == .running ? survey.uuids : [])
    let (advanced, changed, now) = try await transact(name, statements: [find, lock]) {
      ledger, opening -> (JobOperation?, [Job], Instant) in
      guard let known = try opening.rows[0].first.flatMap({ try OperationRow.read($0) }),
        known.isWhere(operation), !known.state.isFinal
      else {
        try await ledger.rollBack()
        let known = try opening.rows[0].first.flatMap { try OperationRow.read($0) }
        return (known, [], ledger.now)
      }
      if known.state == .counting {
        let counted = known.counted(survey, at: ledger.now)
        try await ledger.commit([OperationRow.write(counted, to: sql.operations)])
        return (counted, [], ledger.now)
      }
      let (advanced, changed) = try await ledger.carryOut(
        known, on: survey, rows: opening.rows[1])
      return (advanced, changed, ledger.now)
    }
    self.changed(ready: changed, at: now)
    return advanced
  }

  public func cancelOperation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    let name = "cancel an operation"
    let find = try statement(name, "\(sql.findOperation) FOR UPDATE", uuid)
    return try await transact(name, statements: [find]) { ledger, opening -> JobOperation? in
      let known = try opening.rows[0].first.flatMap { try OperationRow.read($0) }
      guard let known, !known.state.isFinal else {
        try await ledger.rollBack()
        return known
      }
      let stopped = known.stopped(at: ledger.now)
      ledger.note(.stopped(stopped))
      try await ledger.commit([OperationRow.write(stopped, to: sql.operations)])
      return stopped
    }
  }

  public func effects(on job: UUID) async throws(StoreError) -> [OperationEffect] {
    let operation = "look for operations on a job"
    let list = try statement(
      operation,
      """
      SELECT \(EffectRow.columns) FROM \(sql.effects) WHERE job = $1
      ORDER BY at DESC, operation DESC LIMIT $2
      """,
      job, OperationEffect.most)
    return try await read(operation, [list]) { _, opening in
      var effects: [OperationEffect] = []
      for row in opening.rows[0] { effects.append(try EffectRow.read(row)) }
      return effects
    }
  }
}

extension SQL {
  var operations: String { schema("operations") }
  var effects: String { schema("operation_effects") }
  var findOperation: String {
    "SELECT \(OperationRow.columns) FROM \(operations) WHERE uuid = $1"
  }
}

extension Ledger {
  /// Carries out one batch on locked rows; one that can't be read or written is skipped. Answers with
  /// the operation after it, and the jobs as it has changed them.
  nonisolated(nonsending) fileprivate func carryOut(
    _ operation: JobOperation, on survey: JobSurvey, rows: Rows
  ) async throws -> (JobOperation, changed: [Job]) {
    var jobs: [UUID: Job] = [:]
    var damaged: Set<UUID> = []
    for row in rows {
      switch try JobRow.read(row) {
      case .success(let stored): jobs[stored.job.uuid] = stored.job
      case .failure(let damage): damaged.insert(damage.uuid)
      }
    }
    var batch = OperationBatch(operation, survey)
    var removed: [UUID] = []
    var written: [Job] = []
    for uuid in survey.uuids {
      guard !damaged.contains(uuid) else {
        batch.noteSkip(JobOperation.Skip.damaged)
        continue
      }
      switch operation.verdict(on: jobs[uuid], at: now) {
      case .change(let changed):
        guard let job = jobs[uuid] else { continue }
        do throws(RowFault) {
          try await alone { (changes) throws(RowFault) in changes.change(job, to: changed) }
          batch.noteDone()
          written.append(changed)
        } catch {
          if let other = error.other { throw other }
          batch.noteSkip(JobOperation.Skip.damaged)
        }
      case .remove:
        guard let job = jobs[uuid] else { continue }
        changes.remove(job)
        removed.append(uuid)
        batch.noteDone()
      case .skip(let why): batch.noteSkip(why)
      }
    }
    let advanced = batch.result(at: now)
    var statements: [PostgresStatement] = []
    if !removed.isEmpty {
      statements = [
        try PostgresStatement("DELETE FROM \(sql.attempts) WHERE uuid = ANY ($1::uuid[])", removed),
        try PostgresStatement("DELETE FROM \(sql.jobs) WHERE uuid = ANY ($1::uuid[])", removed),
      ]
    }
    let effects = batch.effects(at: now)
    if !effects.isEmpty { statements.append(try EffectRow.write(effects, to: sql.effects)) }
    try await commit(statements + [OperationRow.write(advanced, to: sql.operations)])
    return (advanced, written)
  }
}
