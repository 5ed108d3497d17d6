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

  private let mode: Mode
  private let store: any JobStore
  /// The rows that this program can run.
  private let keys: Set<HandlerKey>
  private let configuration: SchedulerConfiguration
  private let environment: SchedulerEnvironment
  private let logger: Logger
  private let runner: AttemptRunner
  private let keeper: NodeKeeper
  private let housekeeper: Housekeeper
  private let running = RunningAttempts()
  private let instruments = Instruments()
  private let inbox: Inbox
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
      let tally = await engine.turns()
      await engine.leave()
      group.cancelAll()
      return tally
    }
    inbox.close()
    return tally
  }

  // MARK: The main loop

  private func turns() async -> Tally {
    var loop = Loop(
      dueBy: mode == .sweep ? try? await store.now() : nil,
      nextReconciling: environment.clock.uptime() + configuration.lease)
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
  private func take(_ job: Job, _ loop: inout Loop) {
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

  /// What became of the settlements of a turn; the ones that are dealt with are forgotten.
  private func note(
    _ answers: [SettlementAnswer], of unsettled: [Ended], at now: Instant, _ loop: inout Loop
  ) {
    loop.unsettled = []
    for (ended, answer) in zip(unsettled, answers) {
      switch answer {
      case .applied(let job):
        let transition = ended.settlement.transition
        let outcome: AttemptOutcome? =
          job.status == .cancelled ? .cancel : transition.attemptOutcome
        guard let outcome else { continue }
        loop.tally.add(outcome)
        instruments.settled(ended.job, outcome, now: now)
        log(job, ended, outcome)
      case .alreadyApplied:
        if let outcome = ended.settlement.transition.attemptOutcome { loop.tally.add(outcome) }
      case .lost:
        instruments.claimLost()
        logger.warning(
          "The outcome of a lost claim was dropped.", metadata: ended.job.logMetadata)
      case .refused(let why):
        logger.error(
          "An outcome could not be stored: \(why)", metadata: ended.job.logMetadata)
        if let simpler = ended.simplified(why) {
          loop.unsettled.append(simpler)
        } else {
          loop.refused.insert(ended.settlement.fence)
        }
      }
    }
  }

  /// Takes on what the store says this node holds but the node doesn't know of: the claim's answer
  /// was lost on the way.
  private func reconcile(_ loop: inout Loop) async throws(StoreError) {
    let node = keeper.uuid
    let held = try await store.claims(of: node)
    let unsettled = Set(loop.unsettled.map(\.settlement.fence))
    for job in held {
      guard let fence = job.fence, !unsettled.contains(fence), !loop.refused.contains(fence),
        !running.contains(fence)
      else { continue }
      take(job, &loop)
    }
    loop.isUnsure = false
    loop.nextReconciling = environment.clock.uptime() + configuration.lease
  }

  private func enforceTimeouts() {
    for job in running.cancelOverdue(at: environment.clock.uptime()) {
      logger.warning(
        "A job is over its timeout; its task is cancelled.", metadata: job.logMetadata)
    }
  }

  // MARK: Ending

  private func enforceStop(_ loop: inout Loop) {
    let now = environment.clock.uptime()
    switch stop.stage {
    case .none: return
    case .drain:
      keeper.drain()
      let deadline = loop.drainDeadline ?? now + configuration.shutdownGrace
      loop.drainDeadline = deadline
      loop.stopDeadline = deadline
      if now < deadline { return }
    case .now:
      keeper.drain()
    }
    if loop.leaveDeadline == nil {
      running.cancelAll(because: .shutdown)
      loop.leaveDeadline = now + configuration.cancelGrace
    }
    loop.stopDeadline = loop.leaveDeadline
  }

  private func isOver(_ loop: Loop) -> Bool {
    let isQuiet = running.isEmpty && loop.unsettled.isEmpty
    if stop.stage != .none {
      if isQuiet, !loop.isUnsure { return true }
      return loop.leaveDeadline.map { environment.clock.uptime() >= $0 } ?? false
    }
    switch mode {
    case .serving: return false
    case .sweep: return isQuiet && loop.lastClaimWasEmpty && !loop.isUnsure
    }
  }

  /// Takes the node off, unless handlers still run: then its lease keeps their jobs from running
  /// twice until it runs out.
  private func leave() async {
    guard running.isEmpty else {
      for job in running.jobs {
        logger.error(
          """
          A handler ignored its cancellation and is left behind; its job runs again elsewhere \
          when this node's lease has run out.
          """, metadata: job.logMetadata)
      }
      return
    }
    do {
      try await store.leave(keeper.uuid)
    } catch {
      logger.warning("The node could not sign off; its lease will run out: \(error)")
    }
  }

  // MARK: Telling

  /// Keeps what running attempts say of themselves, about once a second.
  private func report() async {
    let clock = environment.clock
    while (try? await clock.sleep(until: clock.uptime() + .seconds(1))) != nil {
      let changed = running.changed()
      guard !changed.isEmpty else { continue }
      do {
        for fence in try await store.report(changed) {
          running.cancel(fence, because: .leaseLost)
        }
      } catch {
        guard !Task.isCancelled else { return }
        logger.debug("Progress could not be stored: \(error)")
      }
    }
  }

  private func log(_ job: Job, _ ended: Ended, _ outcome: AttemptOutcome) {
    switch outcome {
    case .ok: logger.debug("Job executed.", metadata: job.logMetadata)
    case .error where job.status == .failed:
      logger.error(
        "Job failed: \(job.lastError ?? "")", metadata: ended.job.logMetadata)
    case .error:
      logger.warning(
        "Attempt failed, next at \(job.runAt.rfc3339): \(job.lastError ?? "")",
        metadata: ended.job.logMetadata)
    case .snooze, .release, .cancel, .lost:
      logger.info("Attempt ended: \(outcome.rawValue).", metadata: ended.job.logMetadata)
    }
  }
}
