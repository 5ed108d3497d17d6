public import Carillon
public import Foundation

extension PostgresStore {
  // MARK: Schedules

  public func addSchedules(
    _ requests: [ScheduleRequest]
  ) async throws(StoreError) -> [Schedule] {
    let operation = "store schedules"
    guard !requests.isEmpty else { return [] }
    let lock = try statement(operation, Node.lock, schema.lock("schedules"))
    let find = try statement(
      operation,
      "SELECT \(ScheduleRow.columns) FROM \(sql.schedules) WHERE name = ANY ($1::text[])",
      requests.map(\.name))
    // Nobody else stores schedules meanwhile: that happens seldom, and lasts no time.
    let schedules = try await transact(operation, before: [lock], statements: [find]) {
      ledger, opening -> [Schedule] in
      var known: [String: Schedule] = [:]
      for row in opening.rows[0] {
        let schedule = try ScheduleRow.read(row).get()
        known[schedule.name] = schedule
      }
      var new: [Schedule] = []
      for request in requests {
        if let schedule = known[request.name] {
          guard schedule.definition == request.definition else {
            throw StoreError.scheduleExists(name: request.name)
          }
        } else {
          let schedule = try request.stored(at: ledger.now)
          known[request.name] = schedule
          new.append(schedule)
          ledger.note(.added(schedule))
        }
      }
      try await ledger.commit(new.isEmpty ? [] : [ScheduleRow.statement(sql.insertSchedules, new)])
      return requests.compactMap { known[$0.name] }
    }
    changed()
    return schedules
  }

  public func schedule(_ name: String) async throws(StoreError) -> Schedule? {
    let find: PostgresStatement
    do throws(PostgresError) {
      find = try PostgresStatement(sql.findSchedule, name)
    } catch {
      // A text that can't be sent is in no row.
      return nil
    }
    return try await read("read schedule '\(name)'", [find]) { _, opening in
      try opening.rows[0].first.map { try ScheduleRow.read($0).get() }
    }
  }

  public func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    let operation = "list schedules"
    // Statements of their own, so that each has the plan of its index.
    let place =
      switch query.order {
      case .name: "name > $1"
      case .next: "$1::text IS NOT NULL AND next_at IS NOT NULL"
      }
    let order =
      switch query.order {
      case .name: "name"
      case .next: "next_at, uuid"
      }
    let identity = query.uuid == nil ? "$4::uuid IS NULL" : "uuid = $4"
    let list = try statement(
      operation,
      """
      SELECT \(ScheduleRow.columns) FROM \(sql.schedules)
      WHERE \(place) AND ($2::text IS NULL OR origin = $2) AND \(identity)
      ORDER BY \(order) LIMIT $3
      """,
      query.after ?? "", query.origin?.rawValue, query.limit, query.uuid)
    return try await read(operation, [list]) { _, opening in
      try ScheduleRow.readable(opening.rows[0])
    }
  }

  public func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    let operation = "change schedule '\(name)'"
    let (lockJobs, find): (PostgresStatement, PostgresStatement)
    do throws(PostgresError) {
      lockJobs = try PostgresStatement(
        """
        SELECT \(JobRow.columns) FROM \(sql.jobs)
        WHERE schedule_uuid = (SELECT uuid FROM \(sql.schedules) WHERE name = $1)
          AND finished_at IS NULL ORDER BY uuid FOR UPDATE
        """,
        name)
      find = try PostgresStatement("\(sql.findSchedule) FOR UPDATE", name)
    } catch {
      return .refused(.notFound(name))
    }
    let answer = try await transact(operation, statements: [lockJobs, find]) {
      ledger, opening -> ScheduleAnswer in
      guard let row = opening.rows[1].first else {
        try await ledger.rollBack()
        return .refused(.notFound(name))
      }
      let schedule = try ScheduleRow.read(row).get()
      let jobs = try JobRow.readable(opening.rows[0]).map(\.job)
      let changed: Schedule?
      do throws(ScheduleRefusal) {
        changed = try command.applied(
          to: schedule, unfinished: jobs.map(UnfinishedJob.init), at: ledger.now)
      } catch {
        try await ledger.rollBack()
        return .refused(error)
      }
      ledger.note(.of(command, before: schedule, after: changed))
      if let changed {
        try await ledger.commit(
          changed == schedule ? [] : [ScheduleRow.statement(sql.writeSchedules, [changed])])
      } else {
        ledger.cancel(
          jobs.filter { $0.hold == .overlap }.map(\.uuid),
          Dictionary(jobs.map { ($0.uuid, $0) }, uniquingKeysWith: { $1 }),
          reason: Reason.scheduleRemoved)
        _ = ledger.changes.takeEndedOfSchedules()
        try await ledger.commit([
          PostgresStatement(
            "DELETE FROM \(sql.occurrences) WHERE schedule_uuid = $1", schedule.uuid),
          PostgresStatement("DELETE FROM \(sql.schedules) WHERE uuid = $1", schedule.uuid),
        ])
      }
      return .done(changed ?? schedule)
    }
    changed()
    return answer
  }

  public func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    let operation = "look for due schedules"
    let names = except.sorted()
    let statements = [
      try statement(operation, sql.dueSchedules, clock?.now(), names, limit + 1),
      try statement(operation, sql.nextSchedule, clock?.now(), names),
      try statement(operation, sql.unfinishedOfDue, clock?.now(), names, limit),
    ]
    return try await read(operation, statements) { now, opening in
      var due = DueSchedules(now: now)
      let unfinished = try UnfinishedJob.bySchedule(opening.rows[2])
      for row in opening.rows[0] {
        // The clock has gone on between the statements.
        guard let nextAt = try row.optionalInstant(31), nextAt <= now,
          due.schedules.count < limit
        else {
          due.nextAt = try row.optionalInstant(31)
          return due
        }
        switch try ScheduleRow.read(row) {
        case .success(let schedule):
          due.schedules.append(
            ScheduleInUse(schedule: schedule, unfinished: unfinished[schedule.uuid] ?? []))
        case .failure(let damage):
          due.unreadable.append(.init(name: damage.name, why: damage.what))
        }
      }
      due.nextAt = try opening.rows[1].first?.optionalInstant(0)
      return due
    }
  }

  public func scheduleInUse(
    _ name: String
  ) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)? {
    let operation = "read schedule '\(name)'"
    let statements: [PostgresStatement]
    do throws(PostgresError) {
      statements = [
        try PostgresStatement(sql.findSchedule, name),
        try PostgresStatement(
          """
          SELECT schedule_uuid, uuid, scheduled_at, status, hold FROM \(sql.jobs)
          WHERE schedule_uuid = (SELECT uuid FROM \(sql.schedules) WHERE name = $1)
            AND finished_at IS NULL
          ORDER BY scheduled_at, uuid
          """,
          name),
      ]
    } catch {
      return nil
    }
    return try await read(operation, statements) { now, opening in
      guard let row = opening.rows[0].first else { return nil }
      let schedule = try ScheduleRow.read(row).get()
      let unfinished = try UnfinishedJob.bySchedule(opening.rows[1])
      return (
        ScheduleInUse(schedule: schedule, unfinished: unfinished[schedule.uuid] ?? []), now
      )
    }
  }

  public func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    guard !firings.isEmpty else { return [] }
    let operation = "fire schedules"
    let statements = [
      try statement(operation, sql.lockJobs, Array(Set(firings.flatMap(\.cancelled)))),
      try statement(operation, sql.lockSchedules, firings.map(\.schedule.uuid)),
    ]
    let (answers, now) = try await transact(operation, statements: statements) {
      ledger, opening -> ([FiringAnswer], Instant) in
      var jobs: [UUID: Job] = [:]
      for stored in try JobRow.readable(opening.rows[0]) { jobs[stored.job.uuid] = stored.job }
      var known: [UUID: Schedule] = [:]
      for schedule in try ScheduleRow.readable(opening.rows[1]) { known[schedule.uuid] = schedule }
      let answers: [FiringAnswer]
      if ledger.oneByOne {
        var each: [FiringAnswer] = []
        for firing in firings { each.append(try await ledger.fireAlone(firing, known, jobs)) }
        answers = each
      } else {
        answers = try await ledger.fire(firings, known, cancelling: jobs)
      }
      for case (let firing, .fired(let jobs)) in zip(firings, answers) {
        ledger.note(.fired(jobs, of: firing.schedule))
      }
      try await ledger.commit()
      return (answers, ledger.now)
    }
    let jobs = answers.flatMap(\.jobs)
    if !jobs.isEmpty { changed(ready: jobs, at: now) }
    return answers
  }

  public func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord] {
    let operation = "read a schedule's history"
    let list = try statement(
      operation,
      """
      SELECT \(OccurrenceRow.columns) FROM \(sql.occurrences)
      WHERE schedule_uuid = $1 AND nominal_at < $2 ORDER BY nominal_at DESC LIMIT $3
      """,
      schedule, query.before ?? Instant.representable.upperBound, query.limit)
    return try await read(operation, [list]) { _, opening in
      var records: [OccurrenceRecord] = []
      for row in opening.rows[0] {
        if let record = try OccurrenceRow.read(row) { records.append(record) }
      }
      return records
    }
  }

  public func pruneOccurrences(
    olderThan age: Duration, limit: Int
  ) async throws(StoreError) -> Int {
    try await transact("prune old occurrences") { ledger, _ in
      let rows = try await ledger.run(
        PostgresStatement(
          """
          WITH old AS MATERIALIZED (
            SELECT schedule_uuid, nominal_at FROM \(sql.occurrences) WHERE noted_at < $1
            ORDER BY noted_at LIMIT $2 FOR UPDATE SKIP LOCKED
          ), gone AS (
            DELETE FROM \(sql.occurrences) o USING old
            WHERE o.schedule_uuid = old.schedule_uuid AND o.nominal_at = old.nominal_at
            RETURNING 1
          ) SELECT count(*) FROM gone
          """,
          (ledger.now - age).storable, limit))
      try await ledger.commit()
      return try rows.first?.int(0) ?? 0
    }
  }
}

extension Ledger {
  /// Writes one firing within a savepoint; one that can't be written leaves nothing behind.
  nonisolated(nonsending) fileprivate func fireAlone(
    _ firing: ScheduleFiring, _ known: [UUID: Schedule], _ jobs: [UUID: Job]
  ) async throws(PostgresError) -> FiringAnswer {
    let before = changes
    do throws(PostgresError) {
      _ = try await run(PostgresStatement("SAVEPOINT firing"))
      let answer = try await fire([firing], known, cancelling: jobs)
      _ = try await run(changes.takeRows(sql) + [PostgresStatement("RELEASE SAVEPOINT firing")])
      return answer.first ?? .lost
    } catch {
      guard let fault = RowFault(error) else { throw error }
      changes = before
      _ = try await run(PostgresStatement("ROLLBACK TO SAVEPOINT firing"))
      return .refused(fault.why)
    }
  }
}
