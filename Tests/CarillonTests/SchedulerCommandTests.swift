import CarillonTesting
import Foundation
import Testing

@testable import Carillon

/// What a program asks of a scheduler besides running jobs.
@Suite struct SchedulerCommandTests {
  private let post = UUID()
  private let test = TestScheduler(services: Services().adding(Script { _, _ in .ok }))
  private var scheduler: Scheduler { test.scheduler }

  @Test func `answers a repeated call of the same uuid with the existing job`() async throws {
    let options = ScheduleOptions(uuid: UUID())
    let first = try await scheduler.schedule(
      ScriptedHandler.self, for: post, args: ["n": 1], options: options)
    let second = try await scheduler.schedule(
      ScriptedHandler.self, for: post, args: ["n": 1], options: options)
    #expect(first == second)
    await #expect(throws: StoreError.conflict(uuid: first.uuid)) {
      try await scheduler.schedule(
        ScriptedHandler.self, for: post, args: ["n": 2], options: options)
    }
  }

  @Test func `schedules at a date, in a while, or now`() async throws {
    let date = (ManualClock.start + .seconds(90)).date
    let at = try await scheduler.schedule(ScriptedHandler.self, for: post, at: date)
    let soon = try await scheduler.schedule(ScriptedHandler.self, for: post, in: .seconds(90))
    let now = try await scheduler.schedule(ScriptedHandler.self, for: post)
    #expect(at.scheduledAt == ManualClock.start + .seconds(90))
    #expect(soon.scheduledAt == at.scheduledAt)
    #expect(now.scheduledAt == ManualClock.start)
  }

  @Test func `refuses what can't be stored before the store is asked`() async throws {
    await #expect(throws: JobRequestError.delay(.seconds(-1))) {
      try await scheduler.schedule(ScriptedHandler.self, for: post, in: .seconds(-1))
    }
    await #expect(throws: JobRequestError.priority(-1)) {
      try await scheduler.schedule(
        ScriptedHandler.self, for: post, options: .init(priority: -1))
    }
    #expect(try await scheduler.jobs(for: Resource("post", post)).isEmpty)
  }

  @Test func `cancels a pending job, and says why another can't be`() async throws {
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    #expect(try await scheduler.cancel(job.uuid).status == .cancelled)
    await #expect(throws: JobRefusal.alreadyCancelled(job.uuid)) {
      try await scheduler.cancel(job.uuid)
    }
    let executed = try await scheduler.schedule(ScriptedHandler.self, for: post)
    try await test.drain()
    await #expect(throws: JobRefusal.alreadyExecuted(executed.uuid)) {
      try await scheduler.cancel(executed.uuid)
    }
    let nobody = UUID()
    await #expect(throws: JobRefusal.notFound(nobody)) { try await scheduler.cancel(nobody) }
  }

  @Test func `cancels all that waits for a resource`() async throws {
    for _ in 0..<3 { try await scheduler.schedule(ScriptedHandler.self, for: post) }
    let other = try await scheduler.schedule(ScriptedHandler.self, for: UUID())
    let cancelled = try await scheduler.cancelJobs(
      for: Resource("post", post), reason: "deleted\0")
    #expect(cancelled.map(\.reason) == Array(repeating: "deleted␀", count: 3))
    #expect(try await test.drain().executed == 1)
    #expect(try await scheduler.job(other.uuid)?.status == .executed)
  }

  @Test func `reschedules, retries and deletes`() async throws {
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    try await test.drain()
    let again = try await scheduler.reschedule(
      job.uuid, at: (ManualClock.start + .seconds(60)).date)
    #expect(again.run == 2)
    try await scheduler.cancel(job.uuid)
    #expect(try await scheduler.retry(job.uuid).status == .pending)
    #expect(try await scheduler.delete(job.uuid).uuid == job.uuid)
    #expect(try await scheduler.job(job.uuid) == nil)
  }

  @Test func `finds the jobs of a resource, the one that waits, and what is due`() async throws {
    let first = try await scheduler.schedule(ScriptedHandler.self, for: post)
    try await test.drain()
    let second = try await scheduler.schedule(ScriptedHandler.self, for: post, in: .seconds(60))
    let resource = Resource("post", post)
    #expect(try await scheduler.jobs(for: resource).map(\.uuid) == [second.uuid, first.uuid])
    #expect(try await scheduler.pendingJob(for: resource)?.uuid == second.uuid)
    #expect(try await scheduler.pendingJob(for: Resource("page", post)) == nil)
    #expect(try await scheduler.dueJobs().isEmpty)
    let later = (ManualClock.start + .seconds(60)).date
    #expect(try await scheduler.dueJobs(asOf: later).map(\.uuid) == [second.uuid])
    #expect(try await scheduler.attempts(of: first.uuid).count == 1)
  }

  @Test func `deletes old jobs, however many, seven days after their end by default`() async throws
  {
    _ = try await scheduler.schedule(
      (0..<1_203).map { _ in
        try JobRequest(ScriptedHandler.self, resourceUUID: post, uuid: scheduler.makeUUID())
      })
    try await test.drain()
    test.clock.advance(by: .seconds(7 * 86_400))
    #expect(try await scheduler.deleteOldJobs() == 0)
    test.clock.advance(by: .microseconds(1))
    #expect(try await scheduler.deleteOldJobs(statuses: [.failed]) == 0)
    #expect(try await scheduler.deleteOldJobs() == 1_203)
  }
}
