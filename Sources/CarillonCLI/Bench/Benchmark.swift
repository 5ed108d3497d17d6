import Carillon
import Foundation
import Logging

/// Measures a store and a scheduler with jobs that do nothing.
struct Benchmark: Sendable {
  let plan: BenchPlan
  let chance: Chance
  let logger: Logger

  private let clock = SystemClock()
  /// Jobs that aren't meant to run lie so far ahead.
  private static let far = ScheduledTime.in(.seconds(30_000 * 86_400))
  private static let mostSingles = 1_000

  init(plan: BenchPlan, chance: Chance, logger: Logger) {
    self.plan = plan
    self.chance = chance
    self.logger = logger
  }

  // MARK: Rates

  /// Inserts one job at a time; answers with how many a second.
  func singleInserts(into store: any JobStore) async throws -> Double {
    let resource = UUID()
    let requests = try requests(min(Benchmark.mostSingles, plan.jobs), resource, Benchmark.far)
    let start = clock.uptime()
    for request in requests { _ = try await store.insert([request]) }
    let rate = self.rate(of: requests.count, since: start)
    try await retire(resource, in: store)
    return rate
  }

  /// Inserts all due jobs in one call, then runs them; answers with both rates.
  func bulkInsertAndDrain(_ store: any JobStore) async throws -> (insert: Double, drain: Double) {
    let requests = try requests(plan.jobs, UUID(), .now)
    let start = clock.uptime()
    _ = try await store.insert(requests)
    let insert = rate(of: requests.count, since: start)

    let drainStart = clock.uptime()
    let tally = try await scheduler(store, BenchProbe(isListening: false)).processDueJobs()
    let drain = rate(of: plan.jobs, since: drainStart)
    guard tally.executed >= plan.jobs else {
      throw CommandFailure(
        status: .failed,
        description: "Only \(tally.executed) of \(plan.jobs) jobs were executed; the numbers would "
          + "mean nothing. Let no other scheduler use the store meanwhile.")
    }
    return (insert, drain)
  }

  /// Stores jobs that have ended, and jobs of a distant future, without running them.
  func addOthers(to store: any JobStore, progress: ProgressBar) async throws {
    defer { progress.end() }
    let all = plan.finished.addingReportingOverflow(plan.future).partialValue
    var stored = 0
    while stored < all {
      let isFinished = stored < plan.finished
      let count = min(5_000, (isFinished ? plan.finished : all) - stored)
      let resource = UUID()
      _ = try await store.insert(try requests(count, resource, Benchmark.far))
      if isFinished { try await retire(resource, in: store) }
      stored += count
      progress.update(stored, of: all)
    }
  }

  // MARK: Times

  /// How late 500 jobs start that are due at distinct instants over 20 s.
  func lateness(in store: any JobStore, progress: ProgressBar) async throws -> [Duration] {
    defer { progress.end() }
    let first = try await store.now() + .seconds(2)
    let requests = try (0..<500).map { index in
      try JobRequest(
        BenchHandler.self, resourceUUID: UUID(), time: .at(first + .milliseconds(40) * index),
        uuid: chance.uuid(at: clock.now()))
    }
    _ = try await store.insert(requests)
    return try await whileServing(store, atMost: .seconds(60)) { probe in
      var lateness: [Duration] = []
      for await start in probe.starts {
        lateness.append(start.at - start.scheduledAt)
        progress.update(lateness.count, of: requests.count)
        if lateness.count == requests.count { break }
      }
      return lateness
    }
  }

  /// How long an idle scheduler takes from an insert of a due job to its handler. Jobs are inserted
  /// through `other`, which may be the scheduler's own store or another one's on the same place.
  func pickup(
    in store: any JobStore, from other: any JobStore, progress: ProgressBar
  ) async throws -> [Duration] {
    defer { progress.end() }
    let tries = 200
    return try await whileServing(store, atMost: .seconds(120)) { probe in
      var times: [Duration] = []
      var starts = probe.starts.makeAsyncIterator()
      for index in 0..<tries {
        // Not in step with anything that the scheduler does by itself.
        let pause = Duration.milliseconds(20) + .milliseconds(40) * chance.fraction()
        try await clock.sleep(until: clock.uptime() + pause)
        let request = try requests(1, UUID(), .now)
        let asked = clock.uptime()
        _ = try await other.insert(request)
        guard let start = await starts.next() else { break }
        times.append(start.uptime - asked)
        progress.update(index + 1, of: tries)
      }
      return times
    }
  }

  // MARK: Means

  private func requests(
    _ count: Int, _ resource: UUID, _ time: ScheduledTime
  ) throws -> [JobRequest] {
    try (0..<count).map { _ in
      try JobRequest(
        BenchHandler.self, resourceUUID: resource, time: time, uuid: chance.uuid(at: clock.now()))
    }
  }

  private func rate(of count: Int, since start: Duration) -> Double {
    let elapsed = max((clock.uptime() - start).microseconds, 1)
    return Double(count) * 1_000_000 / Double(elapsed)
  }

  private func retire(_ resource: UUID, in store: any JobStore) async throws {
    _ = try await store.cancelJobs(
      for: Resource(BenchHandler.resourceType, resource), reason: "benchmark")
  }

  private func scheduler(_ store: any JobStore, _ probe: BenchProbe) -> Scheduler {
    var configuration = SchedulerConfiguration()
    configuration.queues = .each([BenchHandler.queue: plan.concurrency])
    return Scheduler(
      store: store, services: Services().adding(probe), configuration: configuration,
      catalog: HandlerCatalog(types: [BenchHandler.self]), logger: logger)
  }

  /// Lets `body` measure while a scheduler serves; after `atMost` it gets no more starts.
  private func whileServing(
    _ store: any JobStore, atMost: Duration,
    _ body: (BenchProbe) async throws -> [Duration]
  ) async throws -> [Duration] {
    let probe = BenchProbe(isListening: true)
    let scheduler = scheduler(store, probe)
    let serving = Task {
      defer { probe.end() }
      try await scheduler.run()
    }
    let limit = Task { [clock] in
      try await clock.sleep(until: clock.uptime() + atMost)
      probe.end()
    }
    let result: Result<[Duration], any Error>
    do {
      result = .success(try await body(probe))
    } catch {
      result = .failure(error)
    }
    limit.cancel()
    serving.cancel()
    try await serving.value
    return try result.get()
  }
}
