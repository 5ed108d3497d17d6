import Carillon
import Foundation

extension Ledger {
  // MARK: Firing

  /// Writes firings whose schedules, as they are now and locked, are still as they were read.
  nonisolated(nonsending) func fire(
    _ firings: [ScheduleFiring], _ known: [UUID: Schedule], cancelling jobs: [UUID: Job]
  ) async throws(PostgresError) -> [FiringAnswer] {
    let current = firings.filter { known[$0.schedule.uuid]?.turn == $0.schedule.turn }
    let fired = try await write(current)
    cancel(current.flatMap(\.cancelled), jobs)
    var released: Set<UUID> = []
    let waiting = current.filter { firing in
      firing.jobs.contains { $0.hold == .overlap && fired.contains($0.uuid) }
    }
    if !waiting.isEmpty {
      // What they wait for may have ended since the schedules were read.
      released = try await conclude(
        Dictionary(
          waiting.map { ($0.schedule.uuid, $0.advanced) }, uniquingKeysWith: { $1 }), [:])
    }
    let now = now
    return firings.map { firing in
      guard known[firing.schedule.uuid]?.turn == firing.schedule.turn else { return .lost }
      return .fired(
        firing.jobs.filter { fired.contains($0.uuid) }
          .map { released.contains($0.uuid) ? $0.holding(nil, at: now) : $0 })
    }
  }

  /// Writes rows, occurrences and jobs; answers with the new jobs.
  private nonisolated(nonsending) func write(
    _ firings: [ScheduleFiring]
  ) async throws(PostgresError) -> Set<UUID> {
    guard !firings.isEmpty else { return [] }
    // One statement can't write a row twice; what has fired counts for more than what was missed.
    var records: [OccurrenceKey: OccurrenceRecord] = [:]
    for record in firings.flatMap(\.occurrences) {
      let key = OccurrenceKey(schedule: record.scheduleUUID, nominal: record.nominalAt)
      if records[key]?.outcome != .fired { records[key] = record }
    }
    let ordered = records.values.sorted { one, other in
      if one.scheduleUUID != other.scheduleUUID {
        return one.scheduleUUID.precedes(other.scheduleUUID)
      }
      return one.nominalAt < other.nominalAt
    }
    let rows = try await run([
      step(firings.map(\.advanced)),
      OccurrenceRow.statement(sql.writeOccurrences, ordered),
    ])
    var written: Set<UUID> = []
    for row in rows[1] { if let uuid = try row.optionalUUID(0) { written.insert(uuid) } }
    let jobs = firings.flatMap(\.jobs).filter { written.contains($0.uuid) }
    guard !jobs.isEmpty else { return [] }
    var inserted: Set<UUID> = []
    for row in try await run(insertion(of: jobs)) { inserted.insert(try row.uuid(0)) }
    for job in jobs where inserted.contains(job.uuid) { changes.add(job) }
    return inserted
  }

  private struct OccurrenceKey: Hashable {
    let schedule: UUID
    let nominal: Instant
  }

  private func insertion(of jobs: [Job]) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      sql.insertJobsOfSchedules,
      jobs.map(\.uuid), jobs.map(\.jobType), jobs.map(\.handlerModule), jobs.map(\.resourceType),
      jobs.map(\.resourceUUID), jobs.map { JSONDocument($0.args.json) }, jobs.map(\.argsVersion),
      jobs.map(\.queue), jobs.map(\.priority), jobs.map(\.scheduledAt), jobs.map(\.runAt),
      jobs.map(\.hold?.rawValue), jobs.map(\.heldAt), jobs.map(\.maxAttempts),
      jobs.map(\.insertedAt), jobs.map(\.scheduleUUID), jobs.map(\.occurrenceReason?.rawValue))
  }

  private func step(_ schedules: [Schedule]) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      sql.stepSchedules,
      schedules.map(\.uuid), schedules.map(\.runs), schedules.map(\.failuresInARow),
      schedules.map(\.pause?.at), schedules.map(\.pause?.until), schedules.map(\.pause?.by),
      schedules.map(\.pause?.why), schedules.map(\.lastAt), schedules.map(\.nextAt),
      schedules.map(\.turn), schedules.map(\.updatedAt))
  }

  /// Makes way: of these locked jobs, pending ones are cancelled, running ones asked to end.
  func cancel(_ uuids: [UUID], _ jobs: [UUID: Job], reason: String = Reason.overlap) {
    for uuid in uuids {
      guard let job = jobs[uuid],
        let changed = try? JobCommand.requestCancel(reason: reason).applied(to: job, at: now)
      else { continue }
      changes.change(job, to: changed)
    }
  }

  // MARK: Ends of jobs

  /// Lets schedules know of their jobs that have ended. Costs nothing where none is a schedule's.
  nonisolated(nonsending) func concludeSchedules() async throws(PostgresError) {
    guard !changes.endedOfSchedules.isEmpty else { return }
    let ended = Dictionary(grouping: changes.takeEndedOfSchedules(), by: \.scheduleUUID)
    let uuids = ended.keys.compactMap(\.self).sorted { $0.precedes($1) }
    let rows = try await run(PostgresStatement(sql.lockSchedules, uuids))
    var schedules: [UUID: Schedule] = [:]
    for schedule in try ScheduleRow.readable(rows) { schedules[schedule.uuid] = schedule }
    _ = try await conclude(
      schedules,
      Dictionary(
        ended.compactMap { uuid, jobs in uuid.map { ($0, jobs) } }, uniquingKeysWith: +))
  }

  /// Answers with the jobs that have their turn now.
  private nonisolated(nonsending) func conclude(
    _ schedules: [UUID: Schedule], _ ended: [UUID: [Job]]
  ) async throws(PostgresError) -> Set<UUID> {
    guard !schedules.isEmpty else { return [] }
    // What was gathered must be seen.
    let pending = try changes.takeRows(sql)
    let order = schedules.keys.sorted { $0.precedes($1) }
    let rows = try await run(pending + [PostgresStatement(sql.unfinishedOf, order)])
    let unfinished = try UnfinishedJob.bySchedule(rows[rows.count - 1])
    var changed: [Schedule] = []
    var released: Set<UUID> = []
    for uuid in order {
      guard let schedule = schedules[uuid] else { continue }
      // One that is removed is still there.
      let gone = Set((ended[uuid] ?? []).map(\.uuid))
      let conclusion = Conclusion.of(
        schedule, ended: ended[uuid] ?? [],
        unfinished: (unfinished[uuid] ?? []).filter { !gone.contains($0.uuid) }, at: now)
      if conclusion.schedule != schedule { changed.append(conclusion.schedule) }
      if conclusion.schedule.nextAt != schedule.nextAt { hasReleased = true }
      released.formUnion(conclusion.released)
    }
    if !changed.isEmpty { _ = try await run(step(changed)) }
    if !released.isEmpty { try await release(released) }
    return released
  }

  private nonisolated(nonsending) func release(
    _ uuids: Set<UUID>
  ) async throws(PostgresError) {
    hasReleased = true
    for stored in try JobRow.readable(try await run(locking(Array(uuids)))) {
      guard stored.job.hold == .overlap else { continue }
      changes.change(stored.job, to: stored.job.holding(nil, at: now))
    }
    _ = try await run(changes.takeRows(sql))
  }
}

extension UnfinishedJob {
  /// Rows of the unfinished jobs of several schedules.
  static func bySchedule(_ rows: Rows) throws(PostgresError) -> [UUID: [UnfinishedJob]] {
    var jobs: [UUID: [UnfinishedJob]] = [:]
    for row in rows {
      jobs[try row.uuid(0), default: []].append(
        UnfinishedJob(
          uuid: try row.uuid(1), nominalAt: try row.instant(2),
          isRunning: try row.text(3) == JobStatus.processing.rawValue,
          isWaiting: try row.optionalText(4) == Hold.overlap.rawValue))
    }
    return jobs
  }
}
