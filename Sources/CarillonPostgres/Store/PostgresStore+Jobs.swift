public import Carillon
public import Foundation

extension PostgresStore {
  // MARK: Reading

  public func job(_ uuid: UUID) async throws(StoreError) -> Job? {
    let operation = "read job \(uuid.text)"
    let find = try statement(operation, sql.findJobs, [uuid])
    return try await read(operation, [find]) { _, opening in
      try opening.rows[0].first.map { try JobRow.read($0).get().job }
    }
  }

  public func list(_ query: JobQuery) async throws(StoreError) -> JobList {
    let operation = "list jobs"
    var look = JobLook(query, sql)
    var goesOn = true
    do throws(PostgresError) {
      // A text that can't be sent is in no row.
      _ = try look.nextBatch()
    } catch {
      return JobList()
    }
    if let border = try statements(operation, { () throws(PostgresError) in try look.findBorder() })
    {
      look = try await read(operation, border) { [look] _, opening in
        try look.noting(border: opening.rows[1])
      }
    }
    while goesOn {
      let batch = try statements(operation) { () throws(PostgresError) in try look.nextBatch() }
      (look, goesOn) = try await read(operation, batch) { [look] _, opening in
        try look.noting(batch: opening.rows[1])
      }
    }
    return look.list
  }

  private func statements<Answer>(
    _ operation: String, _ make: () throws(PostgresError) -> Answer
  ) throws(StoreError) -> Answer {
    do throws(PostgresError) {
      return try make()
    } catch {
      throw StoreError(error, operation: operation)
    }
  }

  public func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    let operation = "read the attempts of job \(uuid.text)"
    let find = try statement(
      operation,
      "SELECT \(AttemptRow.columns) FROM \(sql.attempts) WHERE uuid = $1 ORDER BY claim", uuid)
    let findJob = try statement(operation, sql.findJobs, [uuid])
    return try await read(operation, [find, findJob]) { _, opening in
      var attempts: [Attempt] = []
      for row in opening.rows[0] { attempts.append(try AttemptRow.read(row)) }
      let job = try JobRow.readable(opening.rows[1]).first?.job
      if let running = job.flatMap(Attempt.init(running:)),
        attempts.last?.claim != running.claim
      {
        attempts.append(running)
      }
      return attempts
    }
  }

  // MARK: Acting

  public func apply(
    _ command: JobCommand, to uuid: UUID
  ) async throws(StoreError) -> CommandAnswer {
    let operation = "change job \(uuid.text)"
    let lock = try statement(operation, sql.lockJobs, [uuid])
    let (answer, now) = try await transact(operation, statements: [lock]) {
      ledger, opening -> (CommandAnswer, Instant) in
      guard let row = opening.rows[0].first else {
        try await ledger.rollBack()
        return (.refused(.notFound(uuid)), ledger.now)
      }
      let job = try JobRow.read(row).get().job
      let changed: Job?
      do throws(JobRefusal) {
        changed = try command.applied(to: job, at: ledger.now)
      } catch {
        try await ledger.rollBack()
        return (.refused(error), ledger.now)
      }
      ledger.note(.of(command, before: job, after: changed))
      if let changed {
        ledger.changes.change(job, to: changed)
        try await ledger.commit()
      } else {
        ledger.changes.remove(job)
        try await ledger.commit([
          PostgresStatement("DELETE FROM \(sql.attempts) WHERE uuid = $1", uuid),
          PostgresStatement("DELETE FROM \(sql.jobs) WHERE uuid = $1", uuid),
        ])
      }
      return (.done(changed ?? job), ledger.now)
    }
    switch answer {
    case .done(let job) where job.status == .pending: changed(ready: [job], at: now)
    // What has ended, or is asked to, makes nothing ready.
    case .done: tell()
    case .refused: signals.signal()
    }
    return answer
  }

  public func cancelJobs(
    for resource: Resource, reason: String
  ) async throws(StoreError) -> [Job] {
    let operation = "cancel the jobs of \(resource)"
    let lock: PostgresStatement
    do throws(PostgresError) {
      lock = try PostgresStatement(
        """
        SELECT \(JobRow.columns) FROM \(sql.jobs)
        WHERE resource_type = $1::text AND resource_uuid = $2 AND status = 'pending'
        ORDER BY uuid FOR UPDATE
        """,
        resource.type, resource.uuid)
    } catch {
      return []
    }
    return try await transact(operation, statements: [lock]) { ledger, opening in
      let now = ledger.now
      let cancelled = try await ledger.each(JobRow.readable(opening.rows[0])) {
        (stored, changes) throws(IllegalTransition) in
        let job = try stored.job.applying(.cancel(reason: reason), at: now)
        changes.change(stored.job, to: job)
        return job
      }
      ledger.note(.cancelled(cancelled, of: resource, reason: reason))
      try await ledger.commit()
      return cancelled
    }
  }
}
