public import Foundation

extension MemoryStore {
  // MARK: Schedules

  public func addSchedules(
    _ requests: [ScheduleRequest]
  ) async throws(StoreError) -> [Schedule] {
    let schedules = try change { state, now throws(StoreError) in
      var new: [String: Schedule] = [:]
      for request in requests {
        if let known = state.schedules[request.name] ?? new[request.name] {
          guard known.definition == request.definition else {
            throw .scheduleExists(name: request.name)
          }
        } else {
          new[request.name] = try request.stored(at: now)
        }
      }
      state.schedules.merge(new) { known, _ in known }
      for request in requests {
        if let schedule = new.removeValue(forKey: request.name) {
          state.note(.added(schedule), at: now)
        }
      }
      return requests.compactMap { state.schedules[$0.name] }
    }
    signals.signal()
    return schedules
  }

  public func schedule(_ name: String) async throws(StoreError) -> Schedule? {
    read { state, _ in state.schedules[name] }
  }

  public func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    read { state, _ in
      let matching = state.schedules.values.filter { schedule in
        (query.origin == nil || schedule.origin == query.origin)
          && (query.uuid == nil || schedule.uuid == query.uuid)
          && query.isAfter(schedule)
      }
      return Array(matching.sorted(by: query.precedes).prefix(query.limit))
    }
  }

  public func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    let answer = try change { state, now throws(StoreError) -> ScheduleAnswer in
      guard let schedule = state.schedules[name] else { return .refused(.notFound(name)) }
      do throws(ScheduleRefusal) {
        let unfinished = state.unfinished(of: schedule.uuid)
        let changed = try command.applied(to: schedule, unfinished: unfinished, at: now)
        if changed == nil {
          state.cancel(
            unfinished.filter(\.isWaiting).map(\.uuid), reason: Reason.scheduleRemoved, at: now)
          state.occurrences[schedule.uuid] = nil
        }
        state.schedules[name] = changed
        state.note(.of(command, before: schedule, after: changed), at: now)
        return .done(changed ?? schedule)
      } catch {
        return .refused(error)
      }
    }
    signals.signal()
    return answer
  }

  public func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    read { state, now in
      var due = DueSchedules(now: now)
      let coming = state.schedules.values.filter { $0.nextAt != nil && !except.contains($0.name) }
        .sorted { one, other in
          let (first, second) = (one.nextAt ?? now, other.nextAt ?? now)
          return first == second ? one.uuid.precedes(other.uuid) : first < second
        }
      let taken = coming.prefix(max(limit, 0)).prefix { $0.nextAt.map { $0 <= now } ?? false }
      due.schedules = taken.map { schedule in
        ScheduleInUse(schedule: schedule, unfinished: state.unfinished(of: schedule.uuid))
      }
      due.nextAt = coming.dropFirst(taken.count).first?.nextAt
      return due
    }
  }

  public func scheduleInUse(
    _ name: String
  ) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)? {
    read { state, now in
      state.schedules[name].map { schedule in
        (ScheduleInUse(schedule: schedule, unfinished: state.unfinished(of: schedule.uuid)), now)
      }
    }
  }

  public func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    let answers = try change { state, now in firings.map { state.fire($0, at: now) } }
    if answers.contains(where: { !$0.jobs.isEmpty }) { signals.signal() }
    return answers
  }

  public func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord] {
    read { state, _ in
      let records = (state.occurrences[schedule] ?? [:]).values
        .filter { record in query.before.map { record.nominalAt < $0 } ?? true }
      return Array(records.sorted { $0.nominalAt > $1.nominalAt }.prefix(query.limit))
    }
  }

  public func pruneOccurrences(
    olderThan age: Duration, limit: Int
  ) async throws(StoreError) -> Int {
    try change { state, now in
      let old = state.occurrences.values.flatMap(\.values).filter { $0.notedAt < now - age }
        .sorted { $0.notedAt < $1.notedAt }.prefix(max(limit, 0))
      for record in old { state.occurrences[record.scheduleUUID]?[record.nominalAt] = nil }
      return old.count
    }
  }
}

extension ScheduleQuery {
  fileprivate func isAfter(_ schedule: Schedule) -> Bool {
    switch order {
    case .name: after.map { $0.utf8.lexicographicallyPrecedes(schedule.name.utf8) } ?? true
    case .next: schedule.nextAt != nil
    }
  }

  fileprivate func precedes(_ one: Schedule, _ other: Schedule) -> Bool {
    switch order {
    case .name: one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    case .next:
      one.nextAt == other.nextAt
        ? one.uuid.precedes(other.uuid)
        : one.nextAt ?? one.insertedAt < other.nextAt ?? other.insertedAt
    }
  }
}

extension MemoryStore.State {
  func unfinished(of schedule: UUID) -> [UnfinishedJob] {
    jobs.values.filter { $0.scheduleUUID == schedule && !$0.status.isFinal }
      .sorted { one, other in
        if one.scheduledAt != other.scheduledAt { return one.scheduledAt < other.scheduledAt }
        return one.uuid.precedes(other.uuid)
      }
      .map(UnfinishedJob.init)
  }

  fileprivate mutating func fire(_ firing: ScheduleFiring, at now: Instant) -> FiringAnswer {
    guard let known = schedules[firing.schedule.name], known.uuid == firing.schedule.uuid,
      known.turn == firing.schedule.turn
    else { return .lost }
    var records = occurrences[known.uuid] ?? [:]
    let fired = Set(records.values.filter { $0.outcome == .fired }.map(\.nominalAt))
    for record in firing.occurrences where !fired.contains(record.nominalAt) {
      records[record.nominalAt] = record
    }
    occurrences[known.uuid] = records
    let new = firing.jobs.filter { !fired.contains($0.scheduledAt) && jobs[$0.uuid] == nil }
    for job in new {
      inserted += 1
      order[job.uuid] = inserted
      jobs[job.uuid] = job
    }
    cancel(firing.cancelled, reason: Reason.overlap, at: now)
    schedules[known.name] = firing.advanced
    // What it waits for may have ended since the schedule was read.
    if new.contains(where: { $0.hold == .overlap }) { conclude(known.name, [], at: now) }
    note(.fired(new, of: known), at: now)
    return .fired(new.compactMap { jobs[$0.uuid] })
  }

  /// Makes way: pending jobs are cancelled, running ones asked to end.
  fileprivate mutating func cancel(_ uuids: [UUID], reason: String, at now: Instant) {
    for uuid in uuids {
      guard let job = jobs[uuid],
        let changed = try? JobCommand.requestCancel(reason: reason).applied(to: job, at: now)
      else { continue }
      put(changed)
    }
  }

  /// Lets schedules know of their jobs that have ended.
  mutating func conclude(at now: Instant) {
    guard !endedOfSchedules.isEmpty else { return }
    let ended = Dictionary(grouping: endedOfSchedules, by: \.scheduleUUID)
    endedOfSchedules = []
    for schedule in schedules.values {
      guard let jobs = ended[schedule.uuid] else { continue }
      conclude(schedule.name, jobs, at: now)
    }
  }

  private mutating func conclude(_ name: String, _ ended: [Job], at now: Instant) {
    guard let schedule = schedules[name] else { return }
    let conclusion = Conclusion.of(
      schedule, ended: ended, unfinished: unfinished(of: schedule.uuid), at: now)
    schedules[name] = conclusion.schedule
    for uuid in conclusion.released {
      if let job = jobs[uuid] { jobs[uuid] = job.holding(nil, at: now) }
    }
  }
}

extension FiringAnswer {
  /// The jobs that were made.
  package var jobs: [Job] { if case .fired(let jobs) = self { jobs } else { [] } }
}

extension ScheduleRequest {
  /// The schedule as first stored, with what is wrong as a store says it.
  package func stored(at now: Instant) throws(StoreError) -> Schedule {
    do throws(ScheduleError) {
      return try schedule(at: now)
    } catch {
      throw .schedule(name: name, error)
    }
  }
}
