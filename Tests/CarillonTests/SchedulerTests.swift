import CarillonTesting
import Foundation
import Testing

@testable import Carillon

/// From a scheduled job to its end: what a handler answers, and what becomes of it.
@Suite struct SchedulerTests {
  private let post = UUID()

  private func scheduler(
    _ body: @escaping @Sendable (UUID, JobArguments) async throws -> Outcome
  ) -> TestScheduler {
    TestScheduler(services: Services().adding(Script(body)))
  }

  /// Schedules one scripted job, runs what is due, and answers with the job as it then is.
  private func run(
    _ body: @escaping @Sendable (UUID, JobArguments) async throws -> Outcome
  ) async throws -> (job: Job, test: TestScheduler) {
    let test = scheduler(body)
    let job = try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    try await test.drain()
    return (try #require(try await test.store.job(job.uuid)), test)
  }

  // MARK: Outcomes

  @Test func `executes a job whose handler answers ok`() async throws {
    let seen = Record<UUID>()
    let (job, _) = try await run { uuid, _ in
      seen.add(uuid)
      return .ok
    }
    #expect(job.status == .executed)
    #expect(job.executedAt == ManualClock.start)
    #expect(job.result == nil)
    #expect(seen.all == [post])
  }

  @Test func `keeps the result of ok`() async throws {
    let (job, _) = try await run { _, _ in .ok(["path": "a/b"]) }
    #expect(job.result == "{\"path\":\"a/b\"}")
  }

  @Test func `executes a job whose result can't be kept, and leaves a note`() async throws {
    let (job, _) = try await run { _, _ in .ok(String(repeating: "x", count: 100_000)) }
    #expect(job.status == .executed)
    #expect(job.result?.contains("not_kept") == true)
  }

  @Test func `tries a failed job again by its policy until its attempts are spent`() async throws {
    let starts = Record<Instant>()
    let test = scheduler { _, _ in
      starts.add(JobContext.current.job.claimedAt ?? ManualClock.start)
      return .error("not_found")
    }
    let job = try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    let tally = try await test.advance(by: .seconds(3_600))
    #expect(tally.failed == 3)
    #expect(starts.all == [0, 30, 60].map { ManualClock.start + .seconds($0) })

    let failed = try #require(try await test.store.job(job.uuid))
    #expect(failed.status == .failed)
    #expect(failed.lastError == "not_found")
    #expect((failed.attempts, failed.failures) == (3, 3))
    let attempts = try await test.store.attempts(of: job.uuid)
    #expect(attempts.map(\.number) == [1, 2, 3])
    #expect(attempts.map(\.outcome) == [.error, .error, .error])
    #expect(Set(attempts.map(\.fingerprint)).count == 1)
  }

  @Test func `takes a thrown error for a failure with its description`() async throws {
    struct Broken: Error, CustomStringConvertible { let description = "broken pipe\0" }
    let (job, _) = try await run { _, _ in throw Broken() }
    #expect(job.status == .pending)
    #expect(job.lastError == "broken pipe␀")
    #expect(job.failures == 1)
  }

  @Test func `waits as long as the handler asks before the next try`() async throws {
    let (job, _) = try await run { _, _ in .retry(after: .seconds(77), reason: "busy") }
    #expect(job.runAt == ManualClock.start + .seconds(77))
    #expect(job.lastError == "busy")
    #expect(job.attempts == 1)
  }

  @Test func `snoozes without spending an attempt`() async throws {
    let (job, test) = try await run { _, _ in
      JobContext.current.job.snoozes < 3 ? .snooze(.seconds(60)) : .ok
    }
    #expect(job.status == .pending)
    #expect((job.attempts, job.snoozes) == (0, 1))
    #expect(job.runAt == ManualClock.start + .seconds(60))
    try await test.advance(by: .seconds(180))
    let executed = try #require(try await test.store.job(job.uuid))
    #expect(executed.status == .executed)
    #expect((executed.attempts, executed.snoozes) == (1, 3))
  }

  @Test func `ends a job that its handler cancels`() async throws {
    let (job, _) = try await run { _, _ in .cancel("the post was deleted") }
    #expect(job.status == .cancelled)
    #expect(job.reason == "the post was deleted")
  }

  // MARK: Args

  @Test func `gives the handler its args`() async throws {
    let seen = Record<JobArguments>()
    let test = scheduler { _, args in
      seen.add(args)
      return .ok
    }
    try await test.scheduler.schedule(
      ScriptedHandler.self, for: post, args: ["n": 9_007_199_254_740_993])
    try await test.drain()
    #expect(seen.all == [["n": 9_007_199_254_740_993]])
  }

  @Test func `gives a handler args of its own type`() async throws {
    let letters = Record<LetterHandler.Args>()
    let test = TestScheduler(services: Services().adding(letters))
    let letter = LetterHandler.Args(to: "né", copies: 2)
    let job = try await test.scheduler.schedule(LetterHandler.self, for: post, args: letter)
    #expect(job.argsVersion == 3)
    try await test.drain()
    #expect(letters.all == [letter])
    #expect(try await test.store.job(job.uuid)?.result == "{\"copies\":2,\"to\":\"né\"}")
  }

  private func letter(
    _ args: JobArguments, version: Int, named name: String = LetterHandler.handlerModule
  ) async throws -> (job: Job?, letters: [LetterHandler.Args]) {
    let letters = Record<LetterHandler.Args>()
    let test = TestScheduler(services: Services().adding(letters))
    let job = try await test.scheduler.schedule(
      JobRequest(
        uuid: UUID(), jobType: "letter", handlerModule: name, resource: Resource("post", post),
        args: args, argsVersion: version, maxAttempts: 1))
    try await test.drain()
    return (try await test.store.job(job.uuid), letters.all)
  }

  @Test func `brings args of an older version to today's shape`() async throws {
    let (job, letters) = try await letter(["to": "x"], version: 2)
    #expect(job?.status == .executed)
    #expect(letters == [LetterHandler.Args(to: "x", copies: 1)])
  }

  @Test func `fails an attempt whose args can't be brought up`() async throws {
    let (job, letters) = try await letter(["to": "x"], version: 1)
    #expect(job?.status == .failed)
    #expect(job?.lastError == "args of version 1 can't be read any more")
    #expect(letters.isEmpty)
  }

  @Test func `fails an attempt whose args can't be decoded, and says what was wanted`() async throws
  {
    let (job, letters) = try await letter(["to": 7], version: 3)
    #expect(job?.status == .failed)
    #expect(job?.lastError?.contains("CarillonTests.LetterHandler.Args") == true)
    #expect(letters.isEmpty)
  }

  @Test func `runs a row that carries an older name`() async throws {
    let (job, letters) = try await letter(
      ["to": "x", "copies": 2], version: 3, named: "Before.LetterHandler")
    #expect(job?.status == .executed)
    #expect(letters.count == 1)
  }

  @Test func `leaves a row that it can't resolve, and runs the others`() async throws {
    let test = scheduler { _, _ in .ok }
    func request(_ name: String, _ resourceType: String) throws -> JobRequest {
      try JobRequest(
        uuid: UUID(), jobType: "x", handlerModule: name, resource: Resource(resourceType, post),
        priority: 9)
    }
    let strangers = try await test.scheduler.schedule([
      request("Unknown.Handler", "post"), request(ScriptedHandler.handlerModule, "page"),
    ])
    let job = try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    let tally = try await test.drain()
    #expect(tally.executed == 1)
    #expect(try await test.store.job(job.uuid)?.status == .executed)
    for stranger in strangers {
      #expect(try await test.store.job(stranger.uuid) == stranger)
    }
  }

  // MARK: Sweeps

  @Test func `runs in a sweep what is due, and says how many`() async throws {
    let test = scheduler { _, args in args["ok"]?.bool == true ? .ok : .cancel("no") }
    for ok in [true, false, true] {
      try await test.scheduler.schedule(
        ScriptedHandler.self, for: post, args: ["ok": .bool(ok)])
    }
    let later = try await test.scheduler.schedule(
      ScriptedHandler.self, for: post, in: .microseconds(1), args: ["ok": true])
    let tally = try await test.scheduler.processDueJobs()
    #expect((tally.executed, tally.failed, tally.other) == (2, 0, 1))
    #expect(try await test.store.job(later.uuid) == later)
    #expect(try await test.store.nodes().isEmpty)
  }

  @Test func `takes a handler's defaults, and what is asked instead`() async throws {
    let test = scheduler { _, _ in .ok }
    let plain = try await test.scheduler.schedule(HurriedHandler.self, for: post)
    #expect(plain.queue == "hurried")
    #expect((plain.priority, plain.maxAttempts) == (7, 1))
    #expect(plain.handlerModule == "CarillonTests.HurriedHandler")
    let asked = try await test.scheduler.schedule(
      HurriedHandler.self, for: post,
      options: .init(uuid: post, queue: "q", priority: 1, maxAttempts: 9, createdByUUID: post))
    #expect(asked.queue == "q")
    #expect((asked.priority, asked.maxAttempts) == (1, 9))
    #expect([asked.uuid, asked.createdByUUID] == [post, post])
  }

  @Test func `runs no more jobs at once than it may`() async throws {
    let running = Record<Int>()
    let (now, most) = (Counter(), Counter())
    let test = TestScheduler(
      services: Services().adding(
        Script { _, _ in
          most.raise(to: now.add(1))
          for _ in 0..<20 { await Task.yield() }
          _ = now.add(-1)
          running.add(1)
          return .ok
        }), configuration: SchedulerConfiguration(concurrency: 3))
    for _ in 0..<30 { try await test.scheduler.schedule(ScriptedHandler.self, for: post) }
    try await test.drain()
    #expect(running.all.count == 30)
    #expect(most.value <= 3)
  }
}
