import Carillon
import Foundation
import Logging
import ServiceLifecycleTestKit

/// One simulated process: an engine with a lane, clocks and a connection of its own.
///
/// @unchecked: touched only by the thread that drives the simulation's executor.
final class SimulatedNode: @unchecked Sendable {
  /// What the process is there for.
  enum Role: Sendable { case server, sweeper }

  let world: World
  let number: Int
  /// Its place in the cluster; a restarted process has the same.
  let slot: Int
  let role: Role
  let clock: VirtualClock
  let link: Link
  private let lane: SeededExecutor.Lane
  private var task: Task<Void, Never>?
  private var trigger: GracefulShutdownTestTrigger?
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private(set) var isFrozen = false
  private(set) var thawedAt = Duration.zero
  /// When it crashed or ended; nil while it lives.
  private(set) var endedAt: Duration?
  private(set) var stopAskedAt: Duration?
  /// The identity under which it registered last.
  var uuid: UUID?
  /// When it asked for the newest renewal that it knows of.
  var renewalAskedAt: Duration?
  /// Until when something was wrong with it or with its way to the store; at first, until it joined.
  private var troubledUntil = Duration.zero

  init(_ world: World, slot: Int, role: Role) {
    self.world = world
    self.slot = slot
    self.role = role
    number = world.nodes.count + 1
    clock = VirtualClock(world.time)
    link = Link()
    lane = world.executor.lane("node \(number)")
    world.nodes.append(self)
  }

  var name: String { "node-\(number)" }
  var isAlive: Bool { endedAt == nil }

  /// Since when it has lived without any fault that touched it; nil if it doesn't now.
  var healthySince: Duration? {
    guard isAlive, !isFrozen, !link.isCut, uuid != nil, stopAskedAt == nil, !world.isStoreDown,
      troubledUntil <= world.time.elapsed
    else { return nil }
    return troubledUntil
  }

  /// Whether no fault has touched it since then.
  func isUntroubled(since uptime: Duration) -> Bool {
    troubledUntil <= uptime && !link.isCut && !world.isStoreDown
  }

  func trouble(until: Duration? = nil) {
    troubledUntil = max(troubledUntil, until ?? world.time.elapsed)
  }

  // MARK: Its life

  func start() {
    let scheduler = makeScheduler()
    world.trace.note(.node, UInt64(number), text: "\(name) starts as \(role)")
    task = Task(executorPreference: lane) { [self] in
      await testGracefulShutdown { trigger in
        self.trigger = trigger
        do {
          switch role {
          case .server: try await scheduler.run()
          case .sweeper: try await scheduler.processDueJobs()
          }
        } catch {
          world.trace.note(.node, UInt64(number), text: "\(name) gives up: \(error)")
        }
      }
      hasReturned()
    }
  }

  /// Asks it to end in good order.
  func stop() {
    guard isAlive, stopAskedAt == nil else { return }
    stopAskedAt = world.time.elapsed
    world.trace.note(.node, UInt64(number), text: "\(name) is asked to stop")
    trigger?.triggerGracefulShutdown()
  }

  /// Ends it on the spot.
  func crash() {
    guard isAlive, !world.isOver else { return }
    world.trace.note(.fault, UInt64(number), text: "\(name) crashes")
    end()
  }

  func freeze() {
    guard isAlive, !isFrozen else { return }
    isFrozen = true
    world.trace.note(.fault, UInt64(number), text: "\(name) stands still")
    lane.freeze()
  }

  func thaw() {
    guard isAlive, isFrozen else { return }
    isFrozen = false
    thawedAt = world.time.elapsed
    trouble()
    world.trace.note(.heal, UInt64(number), text: "\(name) goes on")
    lane.thaw()
  }

  func waitForEnd() async {
    guard isAlive else { return }
    await withCheckedContinuation { waiters.append($0) }
  }

  private func hasReturned() {
    guard isAlive else { return }
    world.trace.note(.node, UInt64(number), text: "\(name) has ended")
    if !world.isOver { world.invariants.stopped(self) }
    // What is left behind ends with the process.
    end()
  }

  private func end() {
    endedAt = world.time.elapsed
    lane.freeze()
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  /// Lets even a crashed process's tasks come to their end, with a store that answers to nothing.
  func takeDown() {
    lane.thaw()
    task?.cancel()
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  // MARK: Making it

  private func makeScheduler() -> Scheduler {
    let knowsRare = slot == 0
    return Scheduler(
      store: FaultyStore(world: world, link: link, node: self),
      services: Services().adding(self),
      configuration: world.setting.configuration,
      catalog: HandlerCatalog(
        types: [SimulatedHandler.self, SimulatedTimedHandler.self]
          + (knowsRare ? [SimulatedRareHandler.self] : [])),
      environment: SchedulerEnvironment(
        clock: clock, chance: Chance(SplitMix64(seed: world.seed, stream: 100 + UInt64(number))),
        engineExecutor: lane, heartbeatExecutor: lane, scheduleExecutor: lane,
        handlerExecutor: lane, nodeName: name),
      logger: Logger(label: "simulation") { [world, name] _ in
        TraceLogHandler(trace: world.trace, name: name)
      })
  }
}

/// Shows in the trace what a node logs.
private struct TraceLogHandler: LogHandler {
  let trace: Trace
  let name: String
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level {
    get { .notice }
    set { _ = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    trace.note(.log, text: "\(name): \(event.message)")
  }
}
