import Carillon
import Foundation
import GRDB

extension Ledger {
  // MARK: Reading

  func schedule(_ name: String) throws -> Schedule? {
    let row = try SQL(
      database, "SELECT \(ScheduleRow.columns) FROM carillon_schedules WHERE name = ?", name)
    return try row.step() ? try ScheduleRow.read(row) : nil
  }

  private func schedule(_ uuid: UUID) throws -> Schedule? {
    let row = try SQL(
      database, "SELECT \(ScheduleRow.columns) FROM carillon_schedules WHERE uuid = ?", uuid)
    return try row.step() ? try? ScheduleRow.read(row) : nil
  }

  /// A schedule's jobs that haven't ended, by nominal time.
  func unfinished(of schedule: UUID) throws -> [UnfinishedJob] {
    let rows = try SQL(
      database,
      """
      SELECT uuid, scheduled_at, status, hold FROM carillon_jobs
      INDEXED BY carillon_jobs_of_schedule
      WHERE schedule_uuid = ? AND finished_at IS NULL ORDER BY scheduled_at, uuid
      """,
      schedule)
    var jobs: [UnfinishedJob] = []
    while try rows.step() {
      guard let uuid = rows.uuid(0) else { continue }
      jobs.append(
        UnfinishedJob(
          uuid: uuid, nominalAt: rows.instant(1),
          isRunning: rows.text(2) == JobStatus.processing.rawValue,
          isWaiting: rows.optionalText(3) == Hold.overlap.rawValue))
    }
    return jobs
  }

  func dueSchedules(limit: Int, except: Set<String>) throws -> DueSchedules {
    var due = DueSchedules(now: now)
    var schedules: [Schedule] = []
    let rows = try SQL(
      database,
      """
      SELECT \(ScheduleRow.columns) FROM carillon_schedules INDEXED BY carillon_schedules_next
      WHERE next_at IS NOT NULL ORDER BY next_at
      """)
    while try rows.step() {
      guard !except.contains(rows.text(1)) else { continue }
      guard rows.instant(31) <= now, schedules.count < limit else {
        due.nextAt = rows.instant(31)
        break
      }
      do throws(ScheduleRow.Corrupt) {
        schedules.append(try ScheduleRow.read(rows))
      } catch {
        due.unreadable.append(.init(name: error.name, why: error.what))
      }
    }
    due.schedules = try schedules.map { schedule in
      let isAlone = schedule.definition.overlapPolicy == .allow
      return ScheduleInUse(
        schedule: schedule, unfinished: isAlone ? [] : try unfinished(of: schedule.uuid))
    }
    return due
  }

  // MARK: Firing

  mutating func fire(_ firing: ScheduleFiring) throws -> FiringAnswer {
    guard
      try ScheduleRow.step(firing.advanced, from: firing.schedule.turn, in: database)
    else { return .lost }
    let jobs = Dictionary(
      firing.jobs.map { ($0.uuid, $0) }, uniquingKeysWith: { first, _ in first })
    var fired: [Job] = []
    for record in firing.occurrences {
      guard try OccurrenceRow.write(record, to: database),
        let job = record.jobUUID.flatMap({ jobs[$0] }), try stored(job.uuid) == nil
      else { continue }
      try insert(job, content: nil)
      fired.append(job)
    }
    try note(.fired(fired, of: firing.schedule))
    try cancel(firing.cancelled, reason: Reason.overlap)
    // What it waits for may have ended since the schedule was read.
    guard fired.contains(where: { $0.hold == .overlap }) else { return .fired(fired) }
    let released = try conclude(firing.advanced, [])
    return .fired(fired.map { released.contains($0.uuid) ? $0.holding(nil, at: now) : $0 })
  }

  /// Makes way: pending jobs are cancelled, running ones asked to end.
  private mutating func cancel(_ uuids: [UUID], reason: String) throws {
    for uuid in uuids {
      guard let stored = try? stored(uuid),
        let changed = try? JobCommand.requestCancel(reason: reason)
          .applied(to: stored.job, at: now)
      else { continue }
      try update(stored, to: changed)
    }
  }

  mutating func remove(_ schedule: Schedule, _ unfinished: [UnfinishedJob]) throws {
    try cancel(unfinished.filter(\.isWaiting).map(\.uuid), reason: Reason.scheduleRemoved)
    try SQL(database, "DELETE FROM carillon_occurrences WHERE schedule_uuid = ?", schedule.uuid)
      .run()
    try SQL(database, "DELETE FROM carillon_schedules WHERE uuid = ?", schedule.uuid).run()
  }

  // MARK: Ends of jobs

  /// Lets schedules know of their jobs that have ended.
  mutating func concludeSchedules() throws {
    guard !endedOfSchedules.isEmpty else { return }
    let ended = Dictionary(grouping: endedOfSchedules, by: \.scheduleUUID)
    endedOfSchedules = []
    for (uuid, jobs) in ended {
      guard let uuid, let schedule = try schedule(uuid) else { continue }
      _ = try conclude(schedule, jobs)
    }
  }

  /// Answers with the jobs that have their turn now.
  private mutating func conclude(_ schedule: Schedule, _ ended: [Job]) throws -> Set<UUID> {
    let conclusion = Conclusion.of(
      schedule, ended: ended, unfinished: try unfinished(of: schedule.uuid), at: now)
    if conclusion.schedule != schedule {
      _ = try ScheduleRow.step(conclusion.schedule, from: schedule.turn, in: database)
    }
    for uuid in conclusion.released {
      guard let stored = try stored(uuid) else { continue }
      try update(stored, to: stored.job.holding(nil, at: now))
    }
    if conclusion.schedule.nextAt != schedule.nextAt || !conclusion.released.isEmpty {
      hasReleased = true
    }
    return Set(conclusion.released)
  }
}
