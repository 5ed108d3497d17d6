import CarillonTesting
import Foundation
import Logging
import Testing

@testable import Carillon

/// What a running handler may know and say.
@Suite struct JobContextTests {
  private let post = UUID()

  private func scheduler(
    _ body: @escaping @Sendable (UUID, JobArguments) async throws -> Outcome
  ) -> TestScheduler {
    TestScheduler(services: Services().adding(Script(body)))
  }

  @Test func `tells the job, the attempt, the nominal time and the lateness`() async throws {
    let contexts = Record<JobContext>()
    let test = scheduler { _, _ in
      contexts.add(JobContext.current)
      return JobContext.current.attempt == 1 ? .error("busy") : .ok
    }
    let job = try await test.scheduler.schedule(
      ScriptedHandler.self, for: post, in: .seconds(60))
    test.clock.advance(by: .seconds(65))
    try await test.advance(by: .seconds(60))

    let (first, second) = (try #require(contexts.all.first), try #require(contexts.all.last))
    #expect(first.job.uuid == job.uuid)
    #expect(first.job.status == .processing)
    #expect(first.nominalTime == ManualClock.start + .seconds(60))
    #expect(first.lateness == .seconds(5))
    #expect(first.idempotencyKey == "\(job.uuid.text)/1")
    #expect(first.deadline == nil)
    #expect(!first.isShuttingDown)
    #expect(second.attempt == 2)
    #expect(second.lateness == .seconds(35))
    #expect(second.nominalTime == first.nominalTime)
    #expect(second.idempotencyKey == first.idempotencyKey)
  }

  @Test func `tells another idempotency key after a deliberate rerun`() async throws {
    let keys = Record<String>()
    let test = scheduler { _, _ in
      keys.add(JobContext.current.idempotencyKey)
      return .ok
    }
    let job = try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    try await test.drain()
    try await test.scheduler.reschedule(job.uuid, in: .seconds(1))
    try await test.advance(by: .seconds(1))
    #expect(keys.all == ["\(job.uuid.text)/1", "\(job.uuid.text)/2"])
  }

  @Test func `tells the deadline of a handler with a timeout`() async throws {
    let deadlines = Record<Instant?>()
    let test = scheduler { _, _ in
      deadlines.add(JobContext.current.deadline)
      return .ok
    }
    try await test.scheduler.schedule(HurriedHandler.self, for: post)
    try await test.drain()
    #expect(deadlines.all == [ManualClock.start + .seconds(5)])
  }

  @Test func `gives the services that were handed over, and says which is missing`() async throws {
    let test = TestScheduler(
      services: Services().adding(42).adding(
        Script { _, _ in
          let number = try JobContext.current.service(Int.self)
          _ = try JobContext.current.service(Double.self)
          return .ok(number)
        }))
    let job = try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    try await test.drain()
    #expect(try await test.store.job(job.uuid)?.lastError?.contains("Swift.Double") == true)
  }

  @Test func `keeps progress and log lines with the attempt`() async throws {
    let test = scheduler { _, _ in
      let context = JobContext.current
      context.logger.debug("unheard")
      context.logger.info("begun", metadata: ["page": "3"])
      context.progress(0.5, "half")
      context.logger.warning("slow\0")
      context.progress(0.75)
      return .error("broken")
    }
    let job = try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    try await test.drain()
    let attempt = try #require(try await test.store.attempts(of: job.uuid).first)
    #expect(attempt.log.map(\.level) == ["info", "warning"])
    #expect(attempt.log.map(\.message) == ["begun page=3", "slow␀"])
    #expect(attempt.log.map(\.at) == Array(repeating: ManualClock.start.microseconds, count: 2))
    #expect(attempt.progress == 0.75)
    #expect(attempt.progressNote == nil)
  }

  @Test func `schedules further jobs`() async throws {
    let test = scheduler { uuid, args in
      guard args["more"]?.bool == true else { return .ok }
      try await JobContext.current.schedule(
        LetterHandler.self, for: uuid, in: .seconds(60), args: .init(to: "you", copies: 1))
      try await JobContext.current.schedule(ScriptedHandler.self, for: uuid)
      return .ok
    }
    try await test.scheduler.schedule(ScriptedHandler.self, for: post, args: ["more": true])
    let tally = try await test.drain()
    #expect(tally.executed == 2)
    let letter = try await test.requireScheduled(LetterHandler.self, for: post)
    #expect(letter.runAt == ManualClock.start + .seconds(60))
  }

  @Test func `is a context of no job outside one`() async {
    let context = JobContext.current
    context.progress(0.5, "nowhere")
    #expect(context.job.jobType == "")
    #expect(!context.isShuttingDown)
    #expect(throws: MissingService.self) { try context.service(Int.self) }
    await #expect(throws: (any Error).self) {
      try await context.schedule(ScriptedHandler.self, for: UUID())
    }
  }
}
