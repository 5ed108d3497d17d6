import Foundation
import Logging

/// Runs jobs: claim → resolve → execute → outcome → apply, turn by turn.
///
/// One task owns the loop. A turn carries what has ended to the store and brings back what is due,
/// in one transaction; while the store commits, more attempts end, so batches grow with the load.
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
  let configuration: SchedulerConfiguration
  let environment: SchedulerEnvironment
  let logger: Logger
  let runner: AttemptRunner
  let keeper: NodeKeeper
  let housekeeper: Housekeeper
  let running = RunningAttempts()
  let instruments = Instruments()
  let inbox: Inbox
  let stop = StopSignal()

  init(
    mode: Mode, store: any JobStore, catalog: HandlerCatalog, services: Services,
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
    let running = running
    self.inbox = inbox
    runner = AttemptRunner(
      catalog: catalog, services: services, scheduling: scheduling, environment: environment,
      shutdown: stop.flag, logger: logger)
    keeper = NodeKeeper(
      store: store, configuration: configuration, environment: environment,
      catalogue: catalog.published, logger: logger,
      onLoss: {
        running.cancelAll(because: .leaseLost)
        inbox.wake()
      })
    housekeeper = Housekeeper(
      store: store, keeper: keeper, configuration: configuration, environment: environment,
      logger: logger)
  }

  /// Asks for an end; returns at once.
  func stop(_ stage: StopSignal.Stage) {
    stop.raise(to: stage)
    inbox.wake()
  }

  /// Joins, works until it is to end, and leaves. Throws only when it can't join at first.
  func run() async throws(StoreError) -> Tally {
    try await keeper.join()
    let dueBy = mode == .sweep ? try await store.now() : nil
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
      group.addTask { for await _ in wakeUps { inbox.wake() } }
      let tally = await engine.turns(dueBy: dueBy)
      await engine.leave()
      group.cancelAll()
      return tally
    }
    inbox.close()
    return tally
  }

  // MARK: The main loop

  private func turns(dueBy: Instant?) async -> Tally {
    var loop = Loop(
      dueBy: dueBy, nextReconciling: environment.clock.uptime() + configuration.lease)
    var wait = environment.clock.uptime()
    while true {
      loop.unsettled += await inbox.next(until: wait)
      for ended in loop.unsettled { running.remove(ended.settlement.fence) }
      enforceTimeouts()
      enforceStop(&loop)
      do throws(StoreError) {
        if keeper.isLost { try await keeper.join() }
        if loop.isUnsure || environment.clock.uptime() >= loop.nextReconciling {
          try await reconcile(&loop)
        }
        wait = try await turn(&loop)
        loop.outage = nil
      } catch {
        wait = loop.noteFailure(error, at: environment.clock.uptime(), logger)
        instruments.storeFailed()
      }
      if isOver(loop) { return loop.tally }
    }
  }

  /// Writes what has ended, claims what is due, starts it; answers with when to look again.
  private func turn(_ loop: inout Loop) async throws(StoreError) -> Duration {
    let asked = environment.clock.uptime()
    let request = claimRequest(loop)
    let exchange = try await store.exchange(
      loop.unsettled.map(\.settlement), claim: request, by: keeper.uuid)
    note(exchange.answers, of: loop.unsettled, at: exchange.now, &loop)
    for fence in exchange.cancelRequests { running.cancel(fence, because: .requested) }
    if exchange.nodeIsGone { keeper.lose() }
    for job in exchange.claimed { take(job, &loop) }
    loop.lastClaimWasEmpty = request != nil && exchange.claimed.isEmpty
    var next = asked + configuration.recheckInterval
    if request != nil, let due = exchange.nextDue { next = min(next, asked + (due - exchange.now)) }
    if let timeout = running.nextTimeout { next = min(next, timeout) }
    if let deadline = loop.stopDeadline { next = min(next, deadline) }
    // What couldn't be written or must go back doesn't wait for the next event.
    return loop.unsettled.isEmpty ? next : asked
  }

  /// What could be started now; nil when nothing may be.
  private func claimRequest(_ loop: Loop) -> ClaimRequest? {
    guard stop.stage == .none, !keeper.isLost, !running.runsAlone else { return nil }
    guard !keeper.lease.isExpired(at: environment.clock.uptime()) else { return nil }
    let request = ClaimRequest(
      keys: keys, free: running.free(under: configuration.queues),
      idle: running.isEmpty, dueBy: loop.dueBy)
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
          settlement: Settlement(fence: fence, transition: transition, attempt: attempt),
          job: job))
    }
    running.attach(task, to: fence)
  }

}
