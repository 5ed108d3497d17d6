public import Carillon
public import Foundation
public import Logging

/// A scheduler for tests: jobs in memory, time in the test's hand, and no waiting.
///
///     let test = TestScheduler(services: Services().adding(PostStore.empty))
///     try await test.scheduler.schedule(ScheduledPostHandler.self, for: post, in: .seconds(60))
///     try await test.advance(by: .seconds(60))
///     try await test.requireScheduled(AnnounceHandler.self, for: post)
///
/// Handlers run as they do in a program: found by name, with their args decoded, in a context with
/// the services.
public struct TestScheduler: Sendable {
  public let scheduler: Scheduler
  public let store: MemoryStore
  public let clock: ManualClock

  /// - Parameters:
  ///   - catalog: the handlers; by default all that the test program contains.
  ///   - logger: silent by default; a handler's lines are kept with its attempt in any case.
  public init(
    services: Services = Services(), catalog: HandlerCatalog = .ofThisProgram,
    configuration: SchedulerConfiguration = .init(), startingAt now: Instant = ManualClock.start,
    logger: Logger = Logger(label: "carillon.test") { _ in SwiftLogNoOpLogHandler() }
  ) {
    clock = ManualClock(now: now)
    store = MemoryStore(clock: clock)
    var environment = SchedulerEnvironment.system
    environment.clock = clock
    scheduler = Scheduler(
      store: store, services: services, configuration: configuration, catalog: catalog,
      environment: environment, logger: logger)
  }

  /// Runs everything that is due now, and what that schedules for now, until nothing is.
  @discardableResult
  public func drain() async throws -> Tally {
    try await scheduler.processDueJobs()
  }

  /// Lets time pass from one due job to the next, running each at its time.
  @discardableResult
  public func advance(by duration: Duration) async throws -> Tally {
    let end = clock.uptime() + duration
    var tally = try await drain()
    while let wait = try await nextWait(), clock.uptime() + wait <= end {
      clock.advance(by: wait)
      tally.add(try await drain())
    }
    if clock.uptime() < end {
      clock.advance(by: end - clock.uptime())
      tally.add(try await drain())
    }
    return tally
  }

  /// How long until another pending job of this program, or a schedule, is due; nil when none will be.
  private func nextWait() async throws -> Duration? {
    let now = clock.now()
    let keys = scheduler.catalog.keys
    let jobs = try await store.jobs(JobQuery(status: .pending, limit: 10_000))
      .filter { keys.contains($0.handlerKey) && $0.hold == nil && $0.runAt > now }.map(\.runAt)
    let schedules = try await store.schedules(ScheduleQuery(limit: 10_000)).compactMap(\.nextAt)
    return (jobs + schedules).filter { $0 > now }.min().map { $0 - now }
  }

  // MARK: Requiring

  /// The handler's pending job for a resource. Throws `UnmetRequirement` unless there is exactly
  /// one.
  @discardableResult
  public func requireScheduled(
    _ handler: (some JobHandler).Type, for resourceUUID: UUID
  ) async throws -> Job {
    let jobs = try await pendingJobs(handler, resourceUUID)
    guard let job = jobs.first, jobs.count == 1 else {
      throw UnmetRequirement(
        description: "Exactly one pending job of \(handler.handlerModule) was expected for "
          + "\(handler.resourceType)/\(resourceUUID.text); there are \(jobs.count).")
    }
    return job
  }

  /// Throws `UnmetRequirement` if the handler has a pending job for a resource.
  public func requireNotScheduled(
    _ handler: (some JobHandler).Type, for resourceUUID: UUID
  ) async throws {
    let jobs = try await pendingJobs(handler, resourceUUID)
    guard jobs.isEmpty else {
      throw UnmetRequirement(
        description: "No pending job of \(handler.handlerModule) was expected for "
          + "\(handler.resourceType)/\(resourceUUID.text); there are \(jobs.count).")
    }
  }

  private func pendingJobs(
    _ handler: (some JobHandler).Type, _ resourceUUID: UUID
  ) async throws -> [Job] {
    let resource = Resource(handler.resourceType, resourceUUID)
    return try await store.jobs(JobQuery(status: .pending, resource: resource, limit: 10_000))
      .filter { $0.handlerModule == handler.handlerModule }
  }
}

/// What a test required of a `TestScheduler` isn't so.
public struct UnmetRequirement: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}
