import Logging

/// What every node does beside running jobs: looks after other nodes, unresolved and old jobs.
///
/// Each task is safe to do on many nodes at once, so there is no leader.
struct Housekeeper: Sendable {
  let store: any JobStore
  let keeper: NodeKeeper
  let configuration: SchedulerConfiguration
  let environment: SchedulerEnvironment
  let logger: Logger
  /// Rows of one transaction, so that nobody waits long for the store.
  private let batch = 500

  init(
    store: any JobStore, keeper: NodeKeeper, configuration: SchedulerConfiguration,
    environment: SchedulerEnvironment, logger: Logger
  ) {
    self.store = store
    self.keeper = keeper
    self.configuration = configuration
    self.environment = environment
    self.logger = logger
  }

  /// Works until cancelled.
  func run() async {
    let clock = environment.clock
    var watch = RescueWatch(grace: configuration.rescueGrace)
    var nextPrune = clock.uptime() + .seconds(5)
    var orphans: Set<String> = []
    var isFailing = false
    while true {
      // A little earlier or later each time, so that nodes don't act in step.
      let pause = configuration.watchInterval * (0.9 + 0.1 * environment.chance.fraction())
      guard (try? await clock.sleep(until: clock.uptime() + pause)) != nil else { return }
      do throws(StoreError) {
        try await rescueTheLost(&watch)
        try await settleTheUnresolved()
        try await store.maintain()
        if clock.uptime() >= nextPrune {
          try await prune()
          try await pauseTheUndeclared(&orphans)
          nextPrune = clock.uptime() + .seconds(60)
        }
        isFailing = false
      } catch {
        guard !Task.isCancelled else { return }
        // Once per outage, not once per try.
        if !isFailing { logger.warning("Housekeeping failed and is tried again: \(error)") }
        isFailing = true
      }
    }
  }

  private func rescueTheLost(_ watch: inout RescueWatch) async throws(StoreError) {
    let asked = environment.clock.uptime()
    let nodes = try await store.nodes()
    let now = try await store.now()
    let lost = watch.look(
      at: nodes, storeNow: now, asked: asked, answered: environment.clock.uptime(),
      own: keeper.lease)
    for node in lost {
      guard let jobs = try await store.rescue(node.uuid, at: node.beats) else { continue }
      logger.warning(
        "Node \(node.name) is gone; its jobs run elsewhere.",
        metadata: ["node": "\(node.uuid.text)", "jobs": "\(jobs.count)"])
    }
  }

  private func settleTheUnresolved() async throws(StoreError) {
    var held = 0
    // All of a flood, or nearly: each turn of each node would step over what isn't held.
    for _ in 0..<20 {
      let count = try await store.holdUnresolved(limit: batch)
      held += count
      if count < batch { break }
    }
    if held > 0 {
      logger.warning(
        "Due jobs have a handler that no live node knows; they are kept.",
        metadata: ["jobs": "\(held)"])
    }
    let failed = try await store.giveUpUnresolved(
      after: configuration.unresolvedTimeout, limit: batch)
    for job in failed {
      logger.error("Job \(job.uuid.text) failed: no node has known \(job.handlerModule).")
    }
  }

  /// Pauses declared schedules that no node declares any more, though some have their handler: at the
  /// second look, for a node of an older version may just be restarting.
  private func pauseTheUndeclared(_ orphans: inout Set<String>) async throws(StoreError) {
    let declared = try await store.schedules(ScheduleQuery(origin: .declared, limit: 10_000))
      .filter { $0.pause == nil }
    guard !declared.isEmpty else { return }
    let nodes = try await store.nodes()
    let found = Set(declared.filter { $0.isUndeclared(by: nodes) }.map(\.name))
    for name in found.intersection(orphans).sorted() {
      guard case .done = try await store.apply(.undeclare, toSchedule: name) else { continue }
      logger.warning("Schedule '\(name)' is paused: no program declares it any more.")
    }
    orphans = found
  }

  private func prune() async throws(StoreError) {
    if let age = configuration.auditRetention {
      while try await store.pruneAudit(olderThan: age, limit: batch) >= batch {}
    }
    guard let age = configuration.retention else { return }
    var pruned = 0
    while true {
      let count = try await store.prune(
        olderThan: age, statuses: [.executed, .failed, .cancelled], limit: batch)
      pruned += count
      if count < batch { break }
    }
    if pruned > 0 { logger.info("\(pruned) finished jobs were pruned.") }
    while try await store.pruneOccurrences(olderThan: age, limit: batch) == batch {}
  }
}
