public import Foundation
public import Logging
public import ServiceLifecycle

/// Schedules jobs and runs them: the library's front door.
///
///     let scheduler = Scheduler(store: try await SQLiteStore(path: "carillon.db"))
///     try await scheduler.schedule(ScheduledPostHandler.self, for: post.id, at: date)
///     try await scheduler.run()
public final class Scheduler: Service, JobScheduling {
  /// The handlers of this program.
  public let catalog: HandlerCatalog
  public let store: any JobStore
  private let declaredSchedules: [DeclaredSchedule]
  private let services: Services
  private let configuration: SchedulerConfiguration
  let environment: SchedulerEnvironment
  private let logger: Logger

  /// - Parameters:
  ///   - schedules: recurring schedules that the program declares, besides those of its handlers.
  ///   - services: what handlers get from `JobContext.current.service(_:)`.
  ///   - catalog: the handlers; by default all that the program contains.
  public init(
    store: any JobStore, schedules: [DeclaredSchedule] = [], services: Services = Services(),
    configuration: SchedulerConfiguration = .init(), catalog: HandlerCatalog = .ofThisProgram,
    environment: SchedulerEnvironment = .system, logger: Logger = Logger(label: "carillon")
  ) {
    self.store = store
    declaredSchedules = schedules
    self.services = services
    self.configuration = configuration
    self.catalog = catalog
    self.environment = environment
    self.logger = logger
  }

  // MARK: Running

  /// Runs jobs until a graceful shutdown or until the task is cancelled.
  ///
  /// A graceful shutdown claims nothing more, lets running jobs end for `shutdownGrace`, cancels
  /// the rest, and hands back what then ends, without charging the attempt. Cancelling the task
  /// skips the wait. Throws when the store can't be used at first; later it rides outages out.
  public func run() async throws {
    for problem in catalog.problems { logger.error("\(problem)") }
    _ = try await run(.serving)
  }

  /// Fires the schedules whose time has come, runs once everything that is then due, and returns when
  /// it has ended.
  @discardableResult
  public func processDueJobs() async throws -> Tally {
    try await run(.sweep)
  }

  private func run(_ mode: Engine.Mode) async throws -> Tally {
    let engine = Engine(
      mode: mode, store: store, catalog: catalog, schedules: declaredSchedules,
      services: services,
      configuration: configuration, environment: environment, scheduling: self, logger: logger)
    // A task of its own: cancelling ours must not cancel the writes that hand jobs back.
    // What the engine and its handlers do, nobody has asked for: who started them counts for nothing.
    let work = AuditActor.$current.withValue(nil) {
      Task(executorPreference: environment.engineExecutor) { try await engine.run() }
    }
    return try await withTaskCancellationHandler {
      try await withGracefulShutdownHandler {
        try await work.value
      } onGracefulShutdown: {
        engine.stop(.drain)
      }
    } onCancel: {
      engine.stop(.now)
    }
  }

  // MARK: Scheduling

  @discardableResult
  public func schedule(_ requests: [JobRequest]) async throws -> [Job] {
    try await store.insert(requests)
  }

  public func makeUUID() -> UUID { environment.uuid() }

  // MARK: Acting

  /// Stops a pending job. Throws `JobRefusal` when it isn't pending: `inProgress`,
  /// `alreadyExecuted`, `alreadyFailed`, `alreadyCancelled`, `notFound`.
  @discardableResult
  public func cancel(
    _ uuid: UUID, reason: String = Reason.cancelledByHand
  ) async throws -> Job {
    try await apply(.cancel(reason: reason), to: uuid)
  }

  /// Stops a pending job, or asks a running one to end: its task is cancelled on whichever node it
  /// runs, and it ends as cancelled unless it still answers `.ok`.
  @discardableResult
  public func requestCancel(
    _ uuid: UUID, reason: String = Reason.cancelledByHand
  ) async throws -> Job {
    try await apply(.requestCancel(reason: reason), to: uuid)
  }

  /// Cancels every pending job of a resource; answers with them.
  @discardableResult
  public func cancelJobs(
    for resource: Resource, reason: String = Reason.cancelledByHand
  ) async throws -> [Job] {
    try await AuditActor.orLibrary(environment.nodeName).doing {
      try await store.cancelJobs(for: resource, reason: StoredText.reason(reason))
    }
  }

  /// Gives a job a new time; one that has ended begins a new run. A running one is refused.
  @discardableResult
  public func reschedule(_ uuid: UUID, at date: Date) async throws -> Job {
    try await apply(.reschedule(.at(Instant(date))), to: uuid)
  }

  /// Gives a job a new time, counted from now by the store's clock.
  @discardableResult
  public func reschedule(_ uuid: UUID, in delay: Duration) async throws -> Job {
    try await apply(.reschedule(.in(delay)), to: uuid)
  }

  /// Tries a failed or cancelled job once more, now.
  @discardableResult
  public func retry(_ uuid: UUID) async throws -> Job { try await apply(.retry, to: uuid) }

  /// Removes a job that isn't running, with its attempts.
  @discardableResult
  public func delete(_ uuid: UUID) async throws -> Job { try await apply(.delete, to: uuid) }

  /// Gives a pending job another priority, queue or number of attempts.
  @discardableResult
  public func edit(_ uuid: UUID, _ edit: JobEdit) async throws -> Job {
    try await apply(.edit(edit), to: uuid)
  }

  private func apply(_ command: JobCommand, to uuid: UUID) async throws -> Job {
    let answer = try await AuditActor.orLibrary(environment.nodeName).doing {
      try await store.apply(command, to: uuid)
    }
    switch answer {
    case .done(let job): return job
    case .refused(let refusal): throw refusal
    }
  }

  // MARK: Reading

  public func job(_ uuid: UUID) async throws -> Job? { try await store.job(uuid) }

  /// The jobs of a resource, newest first.
  public func jobs(for resource: Resource, limit: Int = 100) async throws -> [Job] {
    try await store.jobs(JobQuery(resource: resource, limit: limit))
  }

  /// The newest pending job of a resource; nil when there is none.
  public func pendingJob(for resource: Resource) async throws -> Job? {
    try await store.jobs(JobQuery(status: .pending, resource: resource, limit: 1)).first
  }

  /// Jobs that are due at `date` (by default now), newest first.
  public func dueJobs(asOf date: Date? = nil, limit: Int = 100) async throws -> [Job] {
    let now = try await store.now()
    return try await store.jobs(JobQuery(dueBy: date.map(Instant.init) ?? now, limit: limit))
  }

  public func attempts(of uuid: UUID) async throws -> [Attempt] {
    try await store.attempts(of: uuid)
  }

  /// Deletes jobs that ended longer than `age` ago; answers with how many.
  @discardableResult
  public func deleteOldJobs(
    olderThan age: Duration = .seconds(7 * 86_400),
    statuses: Set<JobStatus> = [.executed, .failed, .cancelled]
  ) async throws -> Int {
    var deleted = 0
    while true {
      let count = try await store.prune(olderThan: age, statuses: statuses, limit: 500)
      deleted += count
      if count < 500 { return deleted }
    }
  }
}
