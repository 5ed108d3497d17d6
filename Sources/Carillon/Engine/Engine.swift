import Foundation
import Logging

/// Runs jobs: claim → resolve → execute → outcome → apply, turn by turn.
///
/// One task owns the loop. An exchange carries what has ended to the store and brings back what is
/// due, in one transaction; while the store commits, more attempts end, so batches grow with the
/// load.
final class Engine: Sendable {
  /// How long it goes on.
  enum Mode: Sendable {
    /// Until it is stopped.
    case serving
    /// Until everything that was due when it began has been run once.
    case sweep
  }

  let mode: Mode
  let store: any JobStore
  /// The rows that this program can run.
  let keys: Set<HandlerKey>
  /// Its handlers' names by their older ones.
  private let aliases: [String: String]
  let configuration: SchedulerConfiguration
  let environment: SchedulerEnvironment
  let logger: Logger
  let runner: AttemptRunner
  let keeper: NodeKeeper
  let housekeeper: Housekeeper
  let operations: OperationKeeper
  let schedules: ScheduleKeeper
  let running = RunningAttempts()
  let instruments = Instruments()
  let inbox: Inbox
  let stop = StopSignal()

  init(
    mode: Mode, store: any JobStore, catalog: HandlerCatalog, schedules: [DeclaredSchedule],
    services: Services,
    configuration: SchedulerConfiguration, environment: SchedulerEnvironment,
    scheduling: any JobScheduling, logger: Logger
  ) {
    self.mode = mode
    self.store = store
    keys = catalog.keys
    self.configuration = configuration
    self.environment = environment
    self.logger = logger
    let inbox = Inbox(clock: environment.clock, executor: environment.engineExecutor)
    let declared = catalog.declaredSchedules + schedules
    let published = catalog.published(declaring: declared)
    aliases = Dictionary(
      published.flatMap { handler in handler.aliases.map { ($0, handler.handlerModule) } },
      uniquingKeysWith: { first, _ in first })
    let running = running
    self.inbox = inbox
    runner = AttemptRunner(
      catalog: catalog, services: services, scheduling: scheduling, environment: environment,
      shutdown: stop.flag, logger: logger)
    keeper = NodeKeeper(
      store: store, configuration: configuration, environment: environment,
      catalogue: published, logger: logger,
      onLoss: {
        running.cancelAll(because: .leaseLost)
        inbox.wake()
      })
    housekeeper = Housekeeper(
      store: store, keeper: keeper, configuration: configuration, environment: environment,
      logger: logger)
    operations = OperationKeeper(
      store: store, configuration: configuration, environment: environment, logger: logger)
    self.schedules = ScheduleKeeper(
      store: store, declared: declared, configuration: configuration, environment: environment,
      instruments: instruments, logger: logger)
  }

  /// Asks for an end; returns at once.
  func stop(_ stage: StopSignal.Stage) {
    stop.raise(to: stage)
    inbox.wake()
  }

  /// Joins, works until it is to end, and leaves. Throws only when it can't join at first.
  func run() async throws(StoreError) -> Tally {
    try await keeper.join()
    let dueBy = try await mode == .sweep ? beginSweep() : nil
    let (engine, inbox) = (self, inbox)
    // From before the first look at the store, so that nothing comes between the two unheard.
    let wakeUps = store.wakeUps()
    let tally = await withTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: environment.heartbeatExecutor) {
        await engine.keeper.beat()
      }
      group.addTask(executorPreference: environment.heartbeatExecutor) {
        await engine.keeper.watch()
      }
      group.addTask { await engine.housekeeper.run() }
      group.addTask { await engine.report() }
      if mode == .serving {
        group.addTask(executorPreference: environment.scheduleExecutor) {
          await engine.schedules.run()
        }
        group.addTask { await engine.operations.run() }
      }
      group.addTask {
        for await _ in wakeUps {
          inbox.wake()
          engine.schedules.wake()
        }
      }
      let tally = await engine.turns(dueBy: dueBy)
      await engine.leave()
      group.cancelAll()
      return tally
    }
    inbox.close()
    return tally
  }

  /// Fires the schedules whose time has come; answers with the time up to which jobs are due.
  private func beginSweep() async throws(StoreError) -> Instant {
    try await schedules.reconcile()
    try await schedules.fireDue()
    return try await store.now()
  }

  // MARK: The main loop

  private func turns(dueBy: Instant?) async -> Tally {
    let start = environment.clock.uptime()
    var loop = Loop(
      dueBy: dueBy, start: start, nextReconciling: start + configuration.lease)
    while true {
      let news = await inbox.next(until: nextLook(loop), enough: loop.enough)
      for ended in news.ended { running.remove(ended.settlement.fence) }
      loop.unsettled += news.ended
      loop.isWoken = loop.isWoken || news.isWoken
      for landing in news.landings { land(landing, &loop) }
      enforceTimeouts()
      enforceStop(&loop)
      if loop.isTimeToLeave(at: environment.clock.uptime()) {
        do throws(StoreError) {
          if loop.flights.isEmpty { try await prepare(&loop) }
          depart(&loop)
        } catch {
          noteFailure(error, &loop)
        }
      }
      if isOver(loop) { return loop.tally }
    }
  }

  /// When to look even if nothing comes. A store that doesn't answer delays no timeout and no stop.
  private func nextLook(_ loop: Loop) -> Duration {
    var next =
      loop.flights.isEmpty
      ? loop.nextLook : environment.clock.uptime() + configuration.recheckInterval
    if let timeout = running.nextTimeout { next = min(next, timeout) }
    if let deadline = loop.stopDeadline { next = min(next, deadline) }
    return next
  }

  /// What has to be right before an exchange: the node is registered, and knows all that it holds.
  private func prepare(_ loop: inout Loop) async throws(StoreError) {
    if keeper.isLost { try await keeper.join() }
    if loop.isUnsure || environment.clock.uptime() >= loop.nextReconciling {
      try await reconcile(&loop)
    }
  }

  /// Sends off what has ended and asks for what is due; the answer comes to the inbox.
  private func depart(_ loop: inout Loop) {
    loop.takeUp(at: environment.clock.uptime())
    let settlements = loop.nextBatch.map(\.settlement)
    let request = claimRequest(loop)
    let flight = loop.depart(asking: request, at: environment.clock.uptime())
    Task(executorPreference: environment.engineExecutor) { [store, keeper, inbox] in
      do throws(StoreError) {
        let exchange = try await store.exchange(settlements, claim: request, by: keeper.uuid)
        inbox.post(Landing(flight: flight, result: .success(exchange)))
      } catch {
        inbox.post(Landing(flight: flight, result: .failure(error)))
      }
    }
  }

  /// Takes the store's answer in: what was settled is forgotten, what was claimed starts.
  private func land(_ landing: Landing, _ loop: inout Loop) {
    guard let flight = loop.land(landing.flight) else { return }
    switch landing.result {
    case .failure(let error):
      loop.unsettled = flight.settlements + loop.unsettled
      loop.noteFailure(of: flight)
      noteFailure(error, &loop)
    case .success(let exchange):
      loop.noteSuccess(exchange, of: flight, recheck: configuration.recheckInterval)
      note(exchange.answers, of: flight.settlements, at: exchange.now, &loop)
      for fence in exchange.cancelRequests { running.cancel(fence, because: .requested) }
      if exchange.nodeIsGone { keeper.lose() }
      for job in exchange.claimed { take(job, &loop) }
    }
  }

  private func noteFailure(_ error: StoreError, _ loop: inout Loop) {
    loop.noteFailure(error, at: environment.clock.uptime(), logger)
    instruments.storeFailed()
  }

  /// What could be started now; nil when nothing may be.
  private func claimRequest(_ loop: Loop) -> ClaimRequest? {
    guard stop.stage == .none, !keeper.isLost, !running.runsAlone else { return nil }
    guard !keeper.lease.isExpired(at: environment.clock.uptime()) else { return nil }
    let free = loop.asked.reduce(running.free(under: configuration.queues)) { $0.without($1) }
      .capped(at: loop.batchLimit)
    let request = ClaimRequest(
      keys: keys, free: free, idle: running.isEmpty && loop.flights.isEmpty, dueBy: loop.dueBy,
      aliases: aliases)
    return ClaimSelection(request).isFull ? nil : request
  }

  /// Starts a job that this node holds, or gives it back: while the answer was on its way, the lease
  /// may have run out, a stop may have been asked for, or a job begun that must run alone.
  func take(_ job: Job, _ loop: inout Loop) {
    guard let fence = job.fence else { return }
    let isFit =
      job.attempts > job.maxAttempts ? running.isEmpty : !running.runsAlone
    let isOurs = !keeper.isLost && !keeper.lease.isExpired(at: environment.clock.uptime())
    if isFit, isOurs, stop.stage == .none {
      start(job)
    } else if let attempt = Attempt(running: job) {
      loop.unsettled.append(
        Ended(
          settlement: Settlement(fence: fence, transition: .release, attempt: attempt), job: job))
    }
  }

  private func start(_ job: Job) {
    guard let fence = job.fence else { return }
    let plan = runner.plan(for: job)
    let notes = AttemptNotes()
    let isNew = running.add(
      .init(
        job: job, notes: notes,
        timeoutAt: plan.timeout.map { environment.clock.uptime() + $0 }, task: nil, cause: nil),
      fence: fence)
    guard isNew else { return }
    let task = Task(executorPreference: environment.handlerExecutor) { [runner, running, inbox] in
      let transition = await runner.run(
        job, plan, notes: notes, cause: { running.cause(of: fence) })
      guard var attempt = Attempt(running: job) else { return }
      notes.complete(&attempt)
      inbox.post(
        Ended(
          settlement: Settlement(
            fence: fence, transition: transition, attempt: attempt, claimed: job),
          job: job))
    }
    running.attach(task, to: fence)
  }

}
