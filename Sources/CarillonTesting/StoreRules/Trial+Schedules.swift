import Carillon
import Foundation

/// The shortest ways to say what rules say of schedules.
extension Trial {
  func definition(
    _ recurrence: String, _ handler: String = Trial.handler, overlap: OverlapPolicy = .skip,
    misfire: MisfirePolicy = .once, maxRuns: Int? = nil, pauseAfterFailures: Int? = nil,
    args: JobArguments = [:]
  ) -> ScheduleDefinition {
    ScheduleDefinition(
      handlerModule: handler, jobType: "rule", resource: Resource("post", uuid()), args: args,
      maxAttempts: 1, recurrence: recurrence, maxRuns: maxRuns, misfirePolicy: misfire,
      overlapPolicy: overlap, pauseAfterFailures: pauseAfterFailures)
  }

  func scheduleRequest(
    _ name: String, _ definition: ScheduleDefinition
  ) throws -> ScheduleRequest {
    try ScheduleRequest(uuid: uuid(), name: name, definition: definition)
  }

  /// Stores a schedule.
  @discardableResult
  func add(_ name: String, _ definition: ScheduleDefinition) async throws -> Schedule {
    let request = try ScheduleRequest(uuid: uuid(), name: name, definition: definition)
    return try unwrap(try await store.addSchedules([request]).first, "the stored schedule")
  }

  @discardableResult
  func add(
    _ name: String, _ recurrence: String, overlap: OverlapPolicy = .skip
  ) async throws -> Schedule {
    try await add(name, definition(recurrence, overlap: overlap))
  }

  func schedule(_ name: String = "rule") async throws -> Schedule {
    try unwrap(try await store.schedule(name), "schedule \(name)")
  }

  func due() async throws -> DueSchedules { try await store.dueSchedules(limit: 100, except: []) }

  /// What the due schedules would do now, in their order.
  func firings() async throws -> [ScheduleFiring] {
    let due = try await due()
    return try due.schedules.compactMap { try ScheduleFiring.due($0, at: due.now) }
  }

  /// Fires what is due; answers with the new jobs.
  @discardableResult
  func fire() async throws -> [Job] {
    try await store.fire(try await firings()).flatMap { answer -> [Job] in
      if case .fired(let jobs) = answer { jobs } else { [] }
    }
  }

  /// Lets time pass, and fires what is due then.
  @discardableResult
  func fire(after duration: Duration) async throws -> [Job] {
    clock.advance(by: duration)
    return try await fire()
  }

  @discardableResult
  func command(_ command: ScheduleCommand, _ name: String = "rule") async throws -> Schedule {
    let answer = try await store.apply(command, toSchedule: name)
    guard case .done(let schedule) = answer else {
      throw violation("the answer to a command", "done", "\(answer)")
    }
    return schedule
  }

  func history(_ schedule: Schedule) async throws -> [OccurrenceRecord] {
    try await store.occurrences(of: schedule.uuid, OccurrenceQuery())
  }

  /// Claims the one job that is due, and ends it.
  @discardableResult
  func work(_ transition: Transition = .succeed(result: nil), by node: UUID) async throws -> Job {
    try await apply(transition, to: try await claimOne(by: node))
  }
}
