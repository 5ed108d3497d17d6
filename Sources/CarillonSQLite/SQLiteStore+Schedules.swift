public import Carillon
public import Foundation
import GRDB

extension SQLiteStore {
  // MARK: Schedules

  public func addSchedules(
    _ requests: [ScheduleRequest]
  ) async throws(StoreError) -> [Schedule] {
    let schedules = try await write("store schedules") { ledger in
      try requests.map { request in
        if let known = try ledger.schedule(request.name) {
          guard known.definition == request.definition else {
            throw StoreError.scheduleExists(name: request.name)
          }
          return known
        }
        let schedule = try request.stored(at: ledger.now)
        try ScheduleRow.insert(schedule, into: ledger.database)
        try ledger.note(.added(schedule))
        return schedule
      }
    }
    signals.signal()
    return schedules
  }

  public func schedule(_ name: String) async throws(StoreError) -> Schedule? {
    try await read("read schedule '\(name)'") { database, now in
      try Ledger(database: database, now: now).schedule(name)
    }
  }

  public func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    try await read("list schedules") { database, _ in
      var conditions: [String] = []
      var values: [any SQLValue] = []
      switch query.order {
      case .name:
        conditions.append("name > ?")
        values.append(query.after ?? "")
      case .next: conditions.append("next_at IS NOT NULL")
      }
      if let origin = query.origin {
        conditions.append("origin = ?")
        values.append(origin.rawValue)
      }
      if let uuid = query.uuid {
        conditions.append("uuid = ?")
        values.append(uuid)
      }
      let order =
        switch query.order {
        case .name: "name"
        case .next: "next_at, uuid"
        }
      let rows = try SQL(
        database,
        """
        SELECT \(ScheduleRow.columns) FROM carillon_schedules
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT ?
        """,
        all: values + [query.limit])
      var schedules: [Schedule] = []
      while try rows.step() {
        if let schedule = try? ScheduleRow.read(rows) { schedules.append(schedule) }
      }
      return schedules
    }
  }

  public func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    let answer = try await write("change schedule '\(name)'") { ledger -> ScheduleAnswer in
      guard let schedule = try ledger.schedule(name) else { return .refused(.notFound(name)) }
      do {
        let unfinished = try ledger.unfinished(of: schedule.uuid)
        let changed = try command.applied(to: schedule, unfinished: unfinished, at: ledger.now)
        try ledger.note(.of(command, before: schedule, after: changed))
        if changed == nil { try ledger.remove(schedule, unfinished) }
        if let changed, changed != schedule {
          try ScheduleRow.write(changed, to: ledger.database)
        }
        return .done(changed ?? schedule)
      } catch let refusal as ScheduleRefusal {
        return .refused(refusal)
      }
    }
    signals.signal()
    return answer
  }

  public func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    try await read("look for due schedules") { database, now in
      try Ledger(database: database, now: now).dueSchedules(limit: limit, except: except)
    }
  }

  public func scheduleInUse(
    _ name: String
  ) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)? {
    try await read("read schedule '\(name)'") { database, now in
      let ledger = Ledger(database: database, now: now)
      return try ledger.schedule(name).map { schedule in
        let unfinished = try ledger.unfinished(of: schedule.uuid)
        return (ScheduleInUse(schedule: schedule, unfinished: unfinished), now)
      }
    }
  }

  public func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    guard !firings.isEmpty else { return [] }
    let answers = try await write("fire schedules") { ledger in
      try firings.map { firing -> FiringAnswer in
        switch try ledger.alone({ try $0.fire(firing) }) {
        case .success(let answer): answer
        case .failure(let fault): .refused(fault.why)
        }
      }
    }
    if answers.contains(where: { !$0.jobs.isEmpty }) { signals.signal() }
    return answers
  }

  public func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord] {
    try await read("read a schedule's history") { database, _ in
      let rows = try SQL(
        database,
        """
        SELECT \(OccurrenceRow.columns) FROM carillon_occurrences
        WHERE schedule_uuid = ? AND nominal_at < ? ORDER BY nominal_at DESC LIMIT ?
        """,
        schedule, query.before ?? Instant(microseconds: .max), query.limit)
      var records: [OccurrenceRecord] = []
      while try rows.step() {
        if let record = OccurrenceRow.read(rows) { records.append(record) }
      }
      return records
    }
  }

  public func pruneOccurrences(
    olderThan age: Duration, limit: Int
  ) async throws(StoreError) -> Int {
    let found = try await read("look for old occurrences") { database, now in
      try SQL(
        database, "SELECT 1 FROM carillon_occurrences WHERE noted_at < ? LIMIT 1", now - age
      ).step()
    }
    guard found else { return 0 }
    return try await write("prune old occurrences") { ledger in
      try SQL(
        ledger.database,
        """
        DELETE FROM carillon_occurrences WHERE (schedule_uuid, nominal_at) IN (
          SELECT schedule_uuid, nominal_at FROM carillon_occurrences WHERE noted_at < ?
          ORDER BY noted_at LIMIT ?)
        """,
        ledger.now - age, limit
      ).run()
    }
  }
}
