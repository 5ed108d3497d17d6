import CarillonTesting
import Foundation
import Logging
import Synchronization
import Testing

@testable import Carillon

/// Schedules at work: firing at their time, declared, missed, damaged.
@Suite struct ScheduleEngineTests {
  private struct Run: Sendable, Equatable {
    let nominal: Instant
    let reason: OccurrenceReason?
    let lateness: Duration
  }

  private let runs = Record<Run>()
  private let start = ManualClock.start

  private func test(_ body: @escaping @Sendable () async throws -> Outcome = { .ok })
    -> TestScheduler
  {
    let runs = runs
    return TestScheduler(
      services: Services().adding(
        Script { _, _ in
          let context = JobContext.current
          runs.add(
            Run(
              nominal: context.nominalTime, reason: context.occurrenceReason,
              lateness: context.lateness))
          return try await body()
        }), catalog: HandlerCatalog(types: [ScriptedHandler.self, HurriedHandler.self]))
  }

  private func minutes(_ count: Int) -> Instant { start + .seconds(60 * count) }

  @Test func `runs each occurrence at its time while time passes`() async throws {
    let test = test()
    try await test.scheduler.schedules.add("minutely", ScriptedHandler.self, "@every 1m")
    try await test.advance(by: .seconds(180))
    #expect(runs.all == (1...3).map { Run(nominal: minutes($0), reason: .onTime, lateness: .zero) })
  }

  @Test func `tells handlers how late a caught up run is, by each misfire policy`() async throws {
    for (policy, nominals) in [
      (MisfirePolicy.skip, [Int]()), (.once, [8]), (.all(max: 3), [6, 7, 8]),
      (.all(window: .seconds(200)), [7, 8]),
    ] {
      let test = test()
      try await test.scheduler.schedules.add("minutely", ScriptedHandler.self, "@every 1m") {
        $0.misfirePolicy = policy
        $0.overlapPolicy = .allow
      }
      // Everything stands still for ten minutes.
      test.clock.advance(by: .seconds(600))
      let before = runs.all.count
      try await test.drain()
      let new = runs.all.dropFirst(before).sorted { $0.nominal < $1.nominal }
      let expected =
        nominals.map {
          Run(nominal: minutes($0), reason: .catchUp, lateness: .seconds(600 - 60 * $0))
        }
        + [9, 10].map {
          Run(nominal: minutes($0), reason: .onTime, lateness: .seconds(600 - 60 * $0))
        }
      #expect(new == expected, "\(policy)")
    }
  }

  @Test func `wakes for the next schedule by itself, and fires it once`() async throws {
    let clock = ManualClock()
    let store = MemoryStore(clock: clock)
    var environment = SchedulerEnvironment.system
    environment.clock = clock
    let ran = Event()
    let scheduler = Scheduler(
      store: store,
      services: Services().adding(
        Script { _, _ in
          ran.happen()
          return .ok
        }), catalog: HandlerCatalog(types: [ScriptedHandler.self]), environment: environment,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await scheduler.schedules.add("soon", ScriptedHandler.self, "@every 2s")
    let work = Task { try await scheduler.run() }
    await clock.untilAsleep(7)
    clock.advance(by: .seconds(2))
    await ran.wait()
    let schedule = try await scheduler.schedules.named("soon")
    #expect(schedule.runs == 1)
    #expect(try await scheduler.schedules.history("soon").map(\.nominalAt) == [start + .seconds(2)])
    work.cancel()
    try await work.value
  }

  @Test func `starts a job with jitter within it, and at the same offset everywhere`() async throws
  {
    let test = test()
    try await test.scheduler.schedules.add("spread", ScriptedHandler.self, "@every 1m") {
      $0.jitter = .seconds(10)
    }
    test.clock.advance(by: .seconds(60))
    try await test.drain()
    let job = try #require(try await test.store.jobs(JobQuery()).first)
    #expect(job.scheduledAt == minutes(1))
    #expect(job.runAt >= minutes(1) && job.runAt < minutes(1) + .seconds(10))
    #expect(
      job.runAt - job.scheduledAt
        == Jitter.offset(
          schedule: try #require(job.scheduleUUID), nominal: job.scheduledAt, within: .seconds(10)))
  }

  @Test func `a schedule that can't be carried out keeps no other from firing`() async throws {
    let test = test()
    for name in ["sound", "broken", "lost"] {
      try await test.scheduler.schedules.add(name, ScriptedHandler.self, "@every 1m")
    }
    test.store.state.withLock { state in
      state.schedules["broken"]?.definition.recurrence = "61 * * * *"
      state.schedules["lost"]?.definition.timeZone = "Mars/Olympus"
    }
    try await test.advance(by: .seconds(120))
    #expect(runs.all.map(\.nominal) == [minutes(1), minutes(2)])
    #expect(try await test.scheduler.schedules.named("broken").problem != nil)
    // Mended, it goes on, and what it missed is a misfire.
    try await test.scheduler.schedules.edit("broken") { $0.recurrence = "@every 1m" }
    try await test.advance(by: .seconds(60))
    #expect(try await test.scheduler.schedules.named("broken").runs == 1)
  }

  @Test func `a node that starts follows rules of time zones that have changed`() async throws {
    let test = test()
    for number in 0..<600 {
      try await test.scheduler.schedules.add(
        "daily-\(number)", ScriptedHandler.self, "0 9 * * *", in: "Europe/Paris")
    }
    try await test.scheduler.schedules.add("delay", ScriptedHandler.self, "@after 1h")
    let right = try #require(await test.store.schedule("daily-7")?.nextAt)
    let late = right + .seconds(3_600)
    let delay = start + .seconds(60)
    test.store.state.withLock { state in
      for name in ["daily-7", "daily-599"] { state.schedules[name]?.nextAt = late }
      // It follows the end of its last job, and no zone.
      state.schedules["delay"]?.nextAt = delay
    }
    let others = try await test.store.schedules(ScheduleQuery(limit: 1_000))
    var alignment = ScheduleAlignment()
    var moved: [String] = []
    while !alignment.isDone { moved += try await alignment.step(test.store).map(\.name) }
    #expect(moved == ["daily-599", "daily-7"])
    let now = try await test.store.schedules(ScheduleQuery(limit: 1_000))
    #expect(now.filter { moved.contains($0.name) }.allSatisfy { $0.nextAt == right })
    #expect(
      now.filter { !moved.contains($0.name) } == others.filter { !moved.contains($0.name) })
  }

  @Test func `a clock that was set back brings no occurrence back`() async throws {
    let test = test()
    try await test.scheduler.schedules.add("minutely", ScriptedHandler.self, "@every 1m")
    try await test.advance(by: .seconds(180))
    let schedule = try await test.scheduler.schedules.named("minutely")
    #expect(schedule.isAligned(at: minutes(1)))
    #expect(
      try ScheduleCommand.align.applied(to: schedule, unfinished: [], at: minutes(1)) == schedule)
  }

  @Test func `runs by hand at once, and backfills what is asked for`() async throws {
    let test = test()
    let schedules = test.scheduler.schedules
    try await schedules.add("daily", ScriptedHandler.self, "@daily")
    let job = try await schedules.runNow("daily")
    #expect(job.occurrenceReason == .manual)
    let jobs = try await schedules.backfill(
      "daily", from: (start - .seconds(3 * 86_400)).date, to: start.date)
    #expect(jobs.count == 3)
    let again = try await schedules.backfill(
      "daily", from: (start - .seconds(86_400)).date, to: start.date)
    #expect(again == [])
    try await test.drain()
    #expect(runs.all.map(\.reason) == [.manual, .backfill, .backfill, .backfill])
    await #expect(throws: BackfillError.self) {
      try await schedules.backfill("daily", from: start.date, to: (start + .seconds(9)).date)
    }
    await #expect(throws: ScheduleRefusal.notFound("dayly")) { try await schedules.runNow("dayly") }
  }
}
