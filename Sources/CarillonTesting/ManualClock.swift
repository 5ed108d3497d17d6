public import Carillon
import Synchronization

/// A clock that stands still until a test moves it.
///
///     let clock = ManualClock()
///     let store = MemoryStore(clock: clock)
///     clock.advance(by: .seconds(30))   // whoever sleeps until then goes on
///
/// Wall time and uptime move together; `stepWallClock` moves wall time alone, as an operator or a
/// time server does.
public final class ManualClock: SchedulerClock {
  private struct Sleeper {
    let deadline: Duration
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct Audience {
    let count: Int
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Instant
    var uptime = Duration.zero
    var next = 0
    var sleepers: [Int: Sleeper] = [:]
    /// Waits that were cancelled before they began.
    var cancelled: Set<Int> = []

    /// Takes those whose number of sleepers is reached.
    mutating func takeAudience() -> [Audience] {
      let met = audience.filter { $0.value.count <= sleepers.count }
      for id in met.keys { audience[id] = nil }
      return Array(met.values)
    }
    var audience: [Int: Audience] = [:]
  }

  private let state: Mutex<State>

  /// 1 March 2027, 09:00 UTC.
  public static let start = Instant(microseconds: 1_803_891_600_000_000)

  public init(now: Instant = ManualClock.start) {
    state = Mutex(State(now: now))
  }

  // MARK: Telling the time

  public func now() -> Instant { state.withLock(\.now) }

  public func uptime() -> Duration { state.withLock(\.uptime) }

  public func sleep(until deadline: Duration) async throws(CancellationError) {
    let id = makeID()
    let isDue = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        fallAsleep(id, Sleeper(deadline: deadline, continuation: continuation))
      }
    } onCancel: {
      cancel(id)
    }
    forget(id)
    guard isDue else { throw CancellationError() }
  }

  // MARK: Moving it

  /// Lets time pass; every sleep that ends by then returns.
  public func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now + duration
      state.uptime += duration
      let uptime = state.uptime
      let due = state.sleepers.filter { $0.value.deadline <= uptime }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.sorted { $0.deadline < $1.deadline }
    }
    for sleeper in due { sleeper.continuation.resume(returning: true) }
  }

  /// Moves wall time alone, forwards or backwards; nobody's sleep is touched.
  public func stepWallClock(by duration: Duration) {
    state.withLock { $0.now = $0.now + duration }
  }

  // MARK: Waiting for sleepers

  /// The uptime at which the next sleep ends; nil when nobody sleeps.
  public var nextDeadline: Duration? { state.withLock { $0.sleepers.values.map(\.deadline).min() } }

  /// How many tasks sleep.
  public var sleepers: Int { state.withLock(\.sleepers.count) }

  /// Returns when at least `count` tasks sleep, the moment to advance, or when cancelled.
  public func untilAsleep(_ count: Int = 1) async {
    let id = makeID()
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.cancelled.remove(id) != nil || state.sleepers.count >= count { return true }
          state.audience[id] = Audience(count: count, continuation: continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      cancel(id)
    }
    forget(id)
  }

  // MARK: Sleeping

  private func fallAsleep(_ id: Int, _ sleeper: Sleeper) {
    enum Start {
      case due, cancelled
      case asleep([Audience])
    }
    let start: Start = state.withLock { state in
      if state.cancelled.remove(id) != nil { return .cancelled }
      if state.uptime >= sleeper.deadline { return .due }
      state.sleepers[id] = sleeper
      return .asleep(state.takeAudience())
    }
    switch start {
    case .due: sleeper.continuation.resume(returning: true)
    case .cancelled: sleeper.continuation.resume(returning: false)
    case .asleep(let met): for audience in met { audience.continuation.resume() }
    }
  }

  private func cancel(_ id: Int) {
    let (sleeper, audience) = state.withLock { state in
      let sleeper = state.sleepers.removeValue(forKey: id)
      let audience = state.audience.removeValue(forKey: id)
      if sleeper == nil, audience == nil { state.cancelled.insert(id) }
      return (sleeper, audience)
    }
    sleeper?.continuation.resume(returning: false)
    audience?.continuation.resume()
  }

  private func makeID() -> Int {
    state.withLock { state in
      state.next += 1
      return state.next
    }
  }

  /// A cancel that came after the end of a wait has left its mark.
  private func forget(_ id: Int) { state.withLock { _ = $0.cancelled.remove(id) } }
}
