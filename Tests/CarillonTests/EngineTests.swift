import CarillonTesting
import Foundation
import Logging
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import Carillon

/// A scheduler at work: timeouts, cancels, stopping, and a store that fails.
@Suite struct EngineTests {
  private let post = UUID()
  private let clock = ManualClock()
  private let store: MemoryStore
  private let started = Event()

  init() {
    store = MemoryStore(clock: clock)
  }

  private func scheduler(
    on store: (any JobStore)? = nil, configuration: SchedulerConfiguration = .init(),
    _ body: @escaping @Sendable () async throws -> Outcome
  ) -> Scheduler {
    var environment = SchedulerEnvironment.system
    environment.clock = clock
    let started = started
    return Scheduler(
      store: store ?? self.store,
      services: Services().adding(
        Script { _, _ in
          started.happen()
          return try await body()
        }), configuration: configuration,
      catalog: HandlerCatalog(types: [ScriptedHandler.self, HurriedHandler.self]),
      environment: environment, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func job(_ job: Job) async throws -> Job {
    try #require(try await store.job(job.uuid))
  }

  // MARK: Housekeeping

  @Test func `takes a flood of unresolved jobs out of the way within one turn`() async throws {
    _ = try await store.insert(
      (0..<1_200).map { _ in
        try JobRequest(
          uuid: UUID(), jobType: "other", handlerModule: "Elsewhere.Other",
          resource: Resource("post", post))
      })
    let scheduler = scheduler { .ok }
    let work = Task { try await scheduler.run() }
    // Its heartbeat, its watch over the lease, its housekeeping, its reports, its schedules, its
    // operations, and its main loop.
    await clock.untilAsleep(7)
    clock.advance(by: .seconds(2))
    await clock.untilAsleep(7)
    #expect(try await store.statistics(known: []).queues.map(\.held) == [1_200])
    work.cancel()
    try await work.value
  }

  // MARK: Timeouts

  @Test func `asks a handler that is over its timeout to end, by cancelling its task`() async throws
  {
    let scheduler = scheduler {
      try await untilCancelled()
      return .ok
    }
    let job = try await scheduler.schedule(HurriedHandler.self, for: post)
    let sweep = Task { try await scheduler.processDueJobs() }
    await started.wait()
    clock.advance(by: .seconds(5))
    #expect(try await sweep.value.failed == 1)
    let failed = try await self.job(job)
    #expect(failed.status == .failed)
    #expect(failed.lastError?.hasPrefix("timed out after 5s") == true)
  }

  @Test func `executes a job whose handler is done although its time was over`() async throws {
    let scheduler = scheduler {
      try? await untilCancelled()
      return .ok
    }
    let job = try await scheduler.schedule(HurriedHandler.self, for: post)
    let sweep = Task { try await scheduler.processDueJobs() }
    await started.wait()
    clock.advance(by: .seconds(5))
    #expect(try await sweep.value.executed == 1)
    #expect(try await self.job(job).status == .executed)
  }

  // MARK: Requested cancels

  @Test func `ends a running job that is asked to end`() async throws {
    let scheduler = scheduler {
      try await untilCancelled()
      return .ok
    }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let sweep = Task { try await scheduler.processDueJobs() }
    await started.wait()
    await #expect(throws: JobRefusal.inProgress(job.uuid)) { try await scheduler.cancel(job.uuid) }
    try await scheduler.requestCancel(job.uuid)
    #expect(try await sweep.value.other == 1)
    let cancelled = try await self.job(job)
    #expect(cancelled.status == .cancelled)
    #expect(cancelled.reason == Reason.cancelRequested)
  }

  @Test func `executes a job that answers ok although it was asked to end`() async throws {
    let scheduler = scheduler {
      try? await untilCancelled()
      return .ok
    }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let sweep = Task { try await scheduler.processDueJobs() }
    await started.wait()
    try await scheduler.requestCancel(job.uuid)
    #expect(try await sweep.value.executed == 1)
    #expect(try await self.job(job).status == .executed)
  }

  // MARK: Stopping

  @Test func `hands back what it has to interrupt, without charging the attempt`() async throws {
    let scheduler = scheduler {
      try await untilCancelled()
      return .ok
    }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let run = Task { try await scheduler.run() }
    await started.wait()
    run.cancel()
    try await run.value
    let released = try await self.job(job)
    #expect(released.status == .pending)
    #expect((released.attempts, released.failures) == (0, 0))
    #expect(try await store.attempts(of: job.uuid).map(\.outcome) == [.release])
    #expect(try await store.nodes().isEmpty)
  }

  @Test func `lets running jobs end when it is to stop gracefully, and claims no more`()
    async throws
  {
    let (noticed, finish) = (Event(), Event())
    let scheduler = scheduler {
      while !JobContext.current.isShuttingDown { await Task.yield() }
      noticed.happen()
      await finish.wait()
      return .ok
    }
    let running = try await scheduler.schedule(ScriptedHandler.self, for: post)
    try await testGracefulShutdown { trigger in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await scheduler.run() }
        await started.wait()
        trigger.triggerGracefulShutdown()
        await noticed.wait()
        let late = try await scheduler.schedule(ScriptedHandler.self, for: post)
        finish.happen()
        try await group.waitForAll()
        #expect(try await self.job(late) == late)
      }
    }
    #expect(try await job(running).status == .executed)
    #expect(try await store.nodes().isEmpty)
  }

  @Test func `interrupts what still runs when the grace time is over`() async throws {
    var configuration = SchedulerConfiguration()
    configuration.shutdownGrace = .zero
    let scheduler = scheduler(configuration: configuration) {
      try await untilCancelled()
      return .ok
    }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    try await testGracefulShutdown { trigger in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await scheduler.run() }
        await started.wait()
        trigger.triggerGracefulShutdown()
        try await group.waitForAll()
      }
    }
    #expect(try await self.job(job).status == .pending)
    #expect(try await self.job(job).attempts == 0)
  }

  @Test func `leaves a handler behind that ignores its cancellation, with its lease`() async throws
  {
    let (asked, finish) = (Event(), Event())
    let scheduler = scheduler {
      await withTaskCancellationHandler {
        await finish.wait()
      } onCancel: {
        asked.happen()
      }
      return .ok
    }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let run = Task { try await scheduler.run() }
    await started.wait()
    run.cancel()
    await asked.wait()
    clock.advance(by: .seconds(2))
    try await run.value
    #expect(try await self.job(job).status == .processing)
    #expect(try await store.nodes().count == 1)
    finish.happen()
  }

  // MARK: The node

  @Test func `stops what it runs and joins anew when it was taken for dead`() async throws {
    let nodes = Record<UUID?>()
    let again = Event()
    let scheduler = scheduler {
      nodes.add(JobContext.current.job.node)
      if nodes.all.count == 1 {
        try await untilCancelled()
      } else {
        again.happen()
      }
      return .ok
    }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let run = Task { try await scheduler.run() }
    await started.wait()
    let first = try #require(try await store.nodes().first)
    try await store.leave(first.uuid)
    await again.wait()
    run.cancel()
    try await run.value
    #expect(Set(nodes.all).count == 2)
    #expect(try await self.job(job).status == .executed)
  }

  @Test func `listens for wake-ups before it claims, so that it misses none`() async throws {
    let calls = Record<String>()
    var proxy = ProxyStore(base: store)
    proxy.listening = { calls.add("listen") }
    proxy.before = { call in
      if case .exchange = call { calls.add("exchange") }
    }
    let scheduler = scheduler(on: proxy) { .ok }
    try await scheduler.processDueJobs()
    #expect(calls.all.first == "listen")
  }

  // MARK: A store that fails

  @Test func `settles an outcome once although the store's answer was lost`() async throws {
    let losses = Counter()
    var proxy = ProxyStore(base: store)
    proxy.after = { call throws(StoreError) in
      if case .exchange(let settlements, _) = call, !settlements.isEmpty, losses.add(1) < 3 {
        throw .failed(operation: "settle", why: "the line was cut")
      }
    }
    let scheduler = scheduler(on: proxy, configuration: .patient) { .error("broken") }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let tally = try await clock.passing { try await scheduler.processDueJobs() }
    #expect(tally.failed == 1)
    #expect(try await self.job(job).failures == 1)
    #expect(try await store.attempts(of: job.uuid).count == 1)
  }

  @Test func `runs a job whose claim it made but never heard of`() async throws {
    let losses = Counter()
    var proxy = ProxyStore(base: store)
    proxy.after = { call throws(StoreError) in
      if case .exchange = call, losses.add(1) == 1 {
        throw .unreachable(store: "test", why: "the line was cut")
      }
    }
    let scheduler = scheduler(on: proxy, configuration: .patient) { .ok }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let tally = try await clock.passing { try await scheduler.processDueJobs() }
    #expect(tally.executed == 1)
    let executed = try await self.job(job)
    #expect(executed.status == .executed)
    #expect((executed.attempts, executed.claim) == (1, 1))
  }

  @Test func `keeps its outcomes through an outage`() async throws {
    let isDown = Mutex(false)
    let tries = Counter()
    var proxy = ProxyStore(base: store)
    proxy.before = { call throws(StoreError) in
      guard isDown.withLock(\.self) else { return }
      if tries.add(1) == 5 { isDown.withLock { $0 = false } }
      throw .unreachable(store: "test", why: "it is down")
    }
    let scheduler = scheduler(on: proxy, configuration: .patient) {
      isDown.withLock { $0 = true }
      return .ok
    }
    let job = try await scheduler.schedule(ScriptedHandler.self, for: post)
    let tally = try await clock.passing { try await scheduler.processDueJobs() }
    #expect(tally.executed == 1)
    #expect(try await self.job(job).status == .executed)
  }

  @Test func `makes its exchanges smaller until the store can do them in time`() async throws {
    let largest = Mutex(0)
    var proxy = ProxyStore(base: store)
    proxy.before = { call throws(StoreError) in
      guard case .exchange(let settlements, let claim) = call else { return }
      let size = max(settlements.count, claim?.free.total ?? 0)
      if size > 100 { throw .failed(operation: "claim", why: "it took too long") }
      largest.withLock { $0 = max($0, size) }
    }
    var configuration = SchedulerConfiguration.patient
    configuration.queues = .all(1_000)
    let scheduler = scheduler(on: proxy, configuration: configuration) { .ok }
    for _ in 0..<1_200 { _ = try await scheduler.schedule(ScriptedHandler.self, for: post) }
    let tally = try await clock.passing { try await scheduler.processDueJobs() }
    #expect(tally.executed == 1_200)
    // It grows again to what the store can do.
    #expect(largest.withLock(\.self) > 80)
  }

  @Test func `throws when the store can't be used at first`() async {
    var proxy = ProxyStore(base: store)
    let error = StoreError.unreachable(store: "test", why: "it is down")
    proxy.before = { _ throws(StoreError) in throw error }
    let scheduler = scheduler(on: proxy) { .ok }
    await #expect(throws: error) { try await scheduler.run() }
  }
}

/// Returns, by throwing, when its task is cancelled.
private func untilCancelled() async throws {
  let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
  for await _ in stream {}
  continuation.finish()
  throw CancellationError()
}

extension SchedulerConfiguration {
  /// With a lease that no test outlives.
  fileprivate static var patient: SchedulerConfiguration {
    var configuration = SchedulerConfiguration()
    configuration.lease = .seconds(86_400)
    return configuration
  }
}

extension ManualClock {
  /// Lets time pass from one sleep's end to the next, whenever a whole scheduler sleeps, until `body`
  /// has ended.
  fileprivate func passing<Answer: Sendable>(
    _ body: () async throws -> Answer
  ) async throws -> Answer {
    let time = Task {
      while !Task.isCancelled {
        // Its heartbeat, its watch over the lease, its housekeeping, its reports, and its main loop.
        await untilAsleep(5)
        if let next = nextDeadline { advance(by: next - uptime()) }
      }
    }
    defer { time.cancel() }
    return try await body()
  }
}
