public import Foundation

/// A store's recurring schedules: `scheduler.schedules`.
///
///     try await scheduler.schedules.add(
///       "digest", Digest.self, "0 9 * * MON-FRI", in: "Europe/Paris")
///     try await scheduler.schedules.pause("digest", why: "moving house")
public struct Schedules: Sendable {
  package let store: any JobStore
  let environment: SchedulerEnvironment

  package init(store: any JobStore, environment: SchedulerEnvironment = .system) {
    self.store = store
    self.environment = environment
  }

  // MARK: Adding and changing

  /// Stores a schedule of a handler. `adjust` says what is not as usual.
  ///
  /// A schedule of that name with the same content is answered as it is; with other content it throws
  /// `StoreError.scheduleExists`.
  @discardableResult
  public func add(
    _ name: String, _ handler: any JobHandler.Type, _ recurrence: String,
    in timeZone: String = "UTC", for resourceUUID: UUID? = nil, args: JobArguments = [:],
    adjust: (inout ScheduleDefinition) -> Void = { _ in }
  ) async throws -> Schedule {
    var definition = try ScheduleDefinition(
      handler, named: name, recurrence: recurrence, timeZone: timeZone,
      resourceUUID: resourceUUID, args: args)
    adjust(&definition)
    return try await add(name, definition)
  }

  /// Stores a schedule, also one of a handler that another program has.
  @discardableResult
  public func add(_ name: String, _ definition: ScheduleDefinition) async throws -> Schedule {
    let request = try ScheduleRequest(
      uuid: environment.uuid(), name: name, definition: definition)
    guard let schedule = try await asked({ try await store.addSchedules([request]) }).first else {
      throw StoreError.failed(operation: "store a schedule", why: "it answered with nothing")
    }
    return schedule
  }

  /// Changes what a schedule says. Who edits it at the same time doesn't get lost: `change` is called
  /// again with what it then says.
  @discardableResult
  public func edit(
    _ name: String, _ change: (inout ScheduleDefinition) throws -> Void
  ) async throws -> Schedule {
    for _ in 0..<20 {
      let schedule = try await named(name)
      var definition = schedule.definition
      try change(&definition)
      let command = ScheduleCommand.edit(definition, revision: schedule.revision)
      switch try await asked({ try await store.apply(command, toSchedule: name) }) {
      case .done(let schedule): return schedule
      case .refused(.changedMeanwhile): continue
      case .refused(let refusal): throw refusal
      }
    }
    throw ScheduleRefusal.changedMeanwhile(name)
  }

  /// Fires nothing of it until it is resumed, or until a time. Nothing of the pause is caught up.
  @discardableResult
  public func pause(
    _ name: String, until: Date? = nil, by: String? = nil, why: String? = nil
  ) async throws -> Schedule {
    try await apply(.pause(until: until.map(Instant.init), by: by, why: why), to: name)
  }

  @discardableResult
  public func resume(_ name: String) async throws -> Schedule { try await apply(.resume, to: name) }

  /// Removes it with its history. Jobs that wait for their turn are cancelled, others go on.
  @discardableResult
  public func remove(_ name: String) async throws -> Schedule { try await apply(.remove, to: name) }

  private func apply(_ command: ScheduleCommand, to name: String) async throws -> Schedule {
    switch try await asked({ try await store.apply(command, toSchedule: name) }) {
    case .done(let schedule): return schedule
    case .refused(let refusal): throw refusal
    }
  }

  /// Lets the store know that somebody asks for what `body` does.
  private func asked<Answer>(
    _ body: nonisolated(nonsending) () async throws -> Answer
  ) async throws -> Answer {
    try await AuditActor.orLibrary(environment.nodeName).doing(body)
  }

  // MARK: Running

  /// Makes a job of it now, whatever it says.
  @discardableResult
  public func runNow(_ name: String) async throws -> Job {
    let jobs = try await fire(name) { use, now in ScheduleFiring.manual(use, at: now) }
    guard let job = jobs.first else {
      throw StoreError.failed(operation: "run schedule '\(name)'", why: "it has just been run")
    }
    return job
  }

  /// Makes the jobs of a past range, from `from` on and before `to`, that haven't been made; answers
  /// with them. Unless the schedule's overlap policy is `allow`, they run one after another.
  @discardableResult
  public func backfill(_ name: String, from: Date, to: Date) async throws -> [Job] {
    try await fire(name) { use, now in
      try ScheduleFiring.backfill(use, from: Instant(from), to: Instant(to), at: now)
    }
  }

  /// The jobs that a backfill of this range would make.
  package func plannedBackfill(
    _ name: String, from: Instant, to: Instant
  ) async throws -> [Job] {
    guard let (use, now) = try await store.scheduleInUse(name) else {
      throw ScheduleRefusal.notFound(name)
    }
    let firing = try ScheduleFiring.backfill(use, from: from, to: to, at: now)
    var left = firing.jobs
    var before = to
    // Page by page: a manual run may lie between any two occurrences.
    while !left.isEmpty {
      let records = try await store.occurrences(
        of: use.schedule.uuid, OccurrenceQuery(before: before, limit: 1_000))
      let fired = Set(records.filter { $0.outcome == .fired }.map(\.nominalAt))
      left.removeAll { fired.contains($0.scheduledAt) }
      guard let oldest = records.last?.nominalAt, oldest > from, records.count == 1_000 else {
        break
      }
      before = oldest
    }
    return left
  }

  private func fire(
    _ name: String, _ decide: (ScheduleInUse, Instant) throws -> ScheduleFiring
  ) async throws -> [Job] {
    for _ in 0..<20 {
      guard let (use, now) = try await store.scheduleInUse(name) else {
        throw ScheduleRefusal.notFound(name)
      }
      let firing = try decide(use, now)
      switch try await asked({ try await store.fire([firing]) }).first {
      case .fired(let jobs): return jobs
      case .refused(let why):
        throw StoreError.failed(operation: "run schedule '\(name)'", why: why)
      // It has fired by itself meanwhile.
      case .lost, nil: continue
      }
    }
    throw ScheduleRefusal.changedMeanwhile(name)
  }

  // MARK: Reading

  /// The schedule of that name; throws `ScheduleRefusal.notFound` when there is none.
  public func named(_ name: String) async throws -> Schedule {
    guard let schedule = try await store.schedule(name) else {
      throw ScheduleRefusal.notFound(name)
    }
    return schedule
  }

  /// By name.
  public func list(limit: Int = 100, after name: String? = nil) async throws -> [Schedule] {
    try await store.schedules(ScheduleQuery(limit: limit, after: name))
  }

  /// What became of its occurrences, newest first.
  public func history(_ name: String, limit: Int = 100) async throws -> [OccurrenceRecord] {
    try await store.occurrences(
      of: try await named(name).uuid, OccurrenceQuery(limit: limit))
  }

  /// When it fires in a range, or would have fired, whatever became of it.
  public func preview(
    _ name: String, from: Date, to: Date, limit: Int = 100
  ) async throws -> [Occurrence] {
    try await named(name).preview(from: Instant(from), to: Instant(to), limit: limit)
  }
}

extension Scheduler {
  /// The store's recurring schedules.
  public var schedules: Schedules { Schedules(store: store, environment: environment) }
}
