public import Foundation
import Synchronization

/// Where a scheduler's time, chance, identities and threads come from: all that a simulation has to
/// replace to make a run repeatable.
public struct SchedulerEnvironment: Sendable {
  public var clock: any SchedulerClock
  package var chance: Chance
  /// Runs the main loop.
  package var engineExecutor: any TaskExecutor
  /// Runs heartbeats, and nothing else.
  package var heartbeatExecutor: any TaskExecutor
  /// Fires schedules: what a slow recurrence takes must hold up nothing else.
  package var scheduleExecutor: any TaskExecutor
  /// Runs handlers, and nothing else.
  package var handlerExecutor: any TaskExecutor
  /// `host:pid`.
  package var nodeName: String

  package init(
    clock: any SchedulerClock, chance: Chance, engineExecutor: any TaskExecutor,
    heartbeatExecutor: any TaskExecutor, scheduleExecutor: any TaskExecutor,
    handlerExecutor: any TaskExecutor, nodeName: String
  ) {
    self.clock = clock
    self.chance = chance
    self.engineExecutor = engineExecutor
    self.heartbeatExecutor = heartbeatExecutor
    self.scheduleExecutor = scheduleExecutor
    self.handlerExecutor = handlerExecutor
    self.nodeName = nodeName
  }

  /// A new identity for a job.
  public func uuid() -> UUID { chance.uuid(at: clock.now()) }

  /// The machine's clocks, its randomness, and threads that all schedulers of the process share.
  public static let system = SchedulerEnvironment(
    clock: SystemClock(),
    chance: Chance(SystemRandomNumberGenerator()),
    engineExecutor: ThreadExecutor(name: "engine", threads: 1),
    heartbeatExecutor: ThreadExecutor(name: "heartbeat", threads: 1),
    scheduleExecutor: ThreadExecutor(name: "schedule", threads: 1),
    handlerExecutor: ThreadExecutor(
      name: "handler", threads: ProcessInfo.processInfo.activeProcessorCount, most: 512),
    nodeName: "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)")
}

/// Randomness and identities, from a generator of the caller's choosing.
package final class Chance: Sendable {
  private struct State {
    var generator: any RandomNumberGenerator & Sendable
    var uuids = UUIDv7Generator()
  }

  private let state: Mutex<State>

  package init(_ generator: any RandomNumberGenerator & Sendable) {
    state = Mutex(State(generator: generator))
  }

  /// In 0..<1.
  package func fraction() -> Double {
    state.withLock { Double.random(in: 0..<1, using: &$0.generator) }
  }

  package func uuid(at now: Instant) -> UUID {
    state.withLock { state in
      var (generator, uuids) = (state.generator, state.uuids)
      defer { (state.generator, state.uuids) = (generator, uuids) }
      return uuids.next(at: now, using: &generator)
    }
  }
}
