public import Carillon
public import Foundation
import GRDB

extension SQLiteStore {
  /// Rows that one survey looks at: a read transaction of some milliseconds.
  private static let surveyed = 10_000
  /// After so long a batch ends, so that other writers don't wait for it.
  private static let longestBatch = Duration.milliseconds(30)

  // MARK: Operations

  public func begin(_ request: OperationRequest) async throws(StoreError) -> JobOperation {
    let operation = try await write("begin an operation") { ledger in
      if let known = try OperationRow.find(request.uuid, in: ledger.database) {
        guard request.asksFor(known) else {
          throw StoreError.operationExists(uuid: request.uuid)
        }
        return known
      }
      let operation = request.operation(at: ledger.now, by: ledger.actor?.name)
      try OperationRow.write(operation, to: ledger.database)
      try ledger.note(.began(operation))
      return operation
    }
    return operation
  }

  public func operation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    try await read("read an operation") { database, _ in
      try OperationRow.find(uuid, in: database)
    }
  }

  public func operations(_ query: OperationQuery) async throws(StoreError) -> [JobOperation] {
    try await read("list operations") { database, _ in
      var conditions: [String] = []
      var values: [any SQLValue] = []
      if query.isUnfinished { conditions.append("finished_at IS NULL") }
      if let after = query.after {
        conditions.append(
          "(inserted_at, uuid) < "
            + "(SELECT inserted_at, uuid FROM carillon_operations WHERE uuid = ?)")
        values.append(after)
      }
      let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
      let rows = try SQL(
        database,
        """
        SELECT \(OperationRow.columns) FROM carillon_operations \(filter)
        ORDER BY inserted_at DESC, uuid DESC LIMIT ?
        """,
        all: values + [query.limit])
      var operations: [JobOperation] = []
      while try rows.step() {
        if let operation = OperationRow.read(rows) { operations.append(operation) }
      }
      return operations
    }
  }

  public func survey(
    _ filter: JobFilter, storedBy instant: Instant, after cursor: UUID?, limit: Int
  ) async throws(StoreError) -> JobSurvey {
    try await read("look for jobs") { database, _ in
      // Before all others where there is none.
      let last: any SQLValue = cursor.map { $0 as any SQLValue } ?? Blob(bytes: [])
      // Few may match: where the look ends is said by the rows, not by the matches.
      let border = try SQL(
        database,
        "SELECT uuid FROM carillon_jobs WHERE uuid > ? ORDER BY uuid LIMIT 1 OFFSET ?",
        all: [last, SQLiteStore.surveyed - 1])
      let end = try border.step() ? border.uuid(0) : nil
      let (columns, args) = filter.split
      var (conditions, values) = FilterSQL.conditions(columns)
      conditions.append("uuid > ? AND inserted_at <= ?")
      values += [last, instant]
      if let end {
        conditions.append("uuid <= ?")
        values.append(end)
      }
      let rows = try SQL(
        database,
        SQLiteStore.survey(args.isAll ? "uuid" : JobRow.columns, where: conditions), all: values)
      var survey = JobSurvey(next: end)
      while try rows.step() {
        guard let uuid = rows.uuid(0) else { continue }
        if !args.isAll {
          guard let job = try? JobRow.read(rows).job, args.matches(job) else { continue }
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

  /// By the index of the column's constraint, in whose order the walk goes: by that of their status all
  /// jobs of it would be sorted for each batch.
  static func survey(_ columns: String, where conditions: [String]) -> String {
    """
    SELECT \(columns) FROM carillon_jobs INDEXED BY sqlite_autoindex_carillon_jobs_1
    WHERE \(conditions.joined(separator: " AND ")) ORDER BY uuid
    """
  }

  public func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation? {
    guard let operation = try await operation(uuid), !operation.state.isFinal else {
      return try await self.operation(uuid)
    }
    let survey = try await survey(
      operation.filter, storedBy: operation.insertedAt, after: operation.cursor,
      limit: operation.mostFound(limit))
    let advanced = try await write("carry out an operation") { ledger -> JobOperation? in
      guard let known = try OperationRow.find(uuid, in: ledger.database) else { return nil }
      guard known.isWhere(operation), !known.state.isFinal else { return known }
      let advanced =
        known.state == .counting
        ? known.counted(survey, at: ledger.now)
        : try ledger.carryOut(known, on: survey, within: SQLiteStore.longestBatch)
      try OperationRow.write(advanced, to: ledger.database)
      return advanced
    }
    signals.signal()
    return advanced
  }

  public func cancelOperation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    try await write("cancel an operation") { ledger in
      guard let operation = try OperationRow.find(uuid, in: ledger.database),
        !operation.state.isFinal
      else { return try OperationRow.find(uuid, in: ledger.database) }
      let stopped = operation.stopped(at: ledger.now)
      try OperationRow.write(stopped, to: ledger.database)
      try ledger.note(.stopped(stopped))
      return stopped
    }
  }

  public func effects(on job: UUID) async throws(StoreError) -> [OperationEffect] {
    try await read("look for operations on a job") { database, _ in
      try EffectRow.find(on: job, in: database)
    }
  }
}

extension Ledger {
  /// Carries out one batch; a row that can't be read or written is skipped.
  fileprivate mutating func carryOut(
    _ operation: JobOperation, on survey: JobSurvey, within time: Duration
  ) throws -> JobOperation {
    let end = ContinuousClock.now + time
    var batch = OperationBatch(operation, survey)
    for uuid in survey.uuids {
      let result = try alone { ledger -> String? in
        let stored = try ledger.stored(uuid)
        switch operation.verdict(on: stored?.job, at: ledger.now) {
        case .change(let job):
          if let stored { try ledger.update(stored, to: job) }
        case .remove:
          if let stored { try ledger.delete(stored) }
        case .skip(let why): return why
        }
        return nil
      }
      switch result {
      case .success(nil): batch.noteDone()
      case .success(let why?): batch.noteSkip(why)
      case .failure: batch.noteSkip(JobOperation.Skip.damaged)
      }
      if ContinuousClock.now >= end { break }
    }
    for effect in batch.effects(at: now) { try EffectRow.write(effect, to: database) }
    return batch.result(at: now)
  }
}
