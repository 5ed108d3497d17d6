/// The connections for one purpose, as a value: what is free, what is open, and who waits.
struct PoolLane {
  /// Somebody who waits for a connection. `PostgresPool` gives it one, or an error, at most once.
  final class Waiter: Sendable {
    let signal = Signal()
  }

  let limit: Int
  /// The one used last is taken first, so that the others may grow old and be closed.
  private(set) var idle: [(connection: PostgresConnection, since: ContinuousClock.Instant)] = []
  /// Open connections, those in use included.
  private(set) var open = 0
  /// Attempts to connect, those that wait for their time included.
  private(set) var opening = 0
  private(set) var waiters: [Waiter] = []
  private var backoff = Backoff()
  private var notBefore: ContinuousClock.Instant?

  init(limit: Int) { self.limit = limit }

  var isFailing: Bool { backoff.failures > 0 }

  // MARK: Asking

  /// An idle connection; where there is none, or others wait already, the waiter queues up.
  mutating func takeIdle(orWait waiter: Waiter) -> PostgresConnection? {
    if waiters.isEmpty, let last = idle.popLast() { return last.connection }
    waiters.append(waiter)
    return nil
  }

  /// Whether the waiter was still waiting, and is no longer.
  mutating func giveUp(_ waiter: Waiter) -> Bool {
    guard let index = waiters.firstIndex(where: { $0 === waiter }) else { return false }
    waiters.remove(at: index)
    return true
  }

  /// When to begin one more attempt to connect; nil if none is needed. While attempts fail, there is
  /// one at a time.
  mutating func shouldOpen(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    guard open + opening < limit, opening < waiters.count, !isFailing || opening == 0 else {
      return nil
    }
    opening += 1
    return max(notBefore ?? now, now)
  }

  // MARK: Giving

  /// What became of an attempt: the longest waiting get the connection, or the error if no other
  /// connection could come to them.
  mutating func opened() {
    opening -= 1
    open += 1
    backoff.succeeded()
    notBefore = nil
  }

  mutating func failedToOpen(at now: ContinuousClock.Instant) -> [Waiter] {
    opening -= 1
    notBefore = now + backoff.failed()
    guard open == 0 else { return [] }
    defer { waiters = [] }
    return waiters
  }

  /// Offers a connection that is in order; answers with who gets it.
  mutating func offer(
    _ connection: PostgresConnection, at now: ContinuousClock.Instant
  ) -> Waiter? {
    guard waiters.isEmpty else { return waiters.removeFirst() }
    idle.append((connection, now))
    return nil
  }

  mutating func closed() { open -= 1 }

  /// Connections that have been idle since before then.
  mutating func takeIdle(since: ContinuousClock.Instant) -> [PostgresConnection] {
    let old = idle.prefix { $0.since < since }
    idle.removeFirst(old.count)
    open -= old.count
    return old.map(\.connection)
  }

  mutating func takeAll() -> ([PostgresConnection], [Waiter]) {
    defer {
      open -= idle.count
      idle = []
      waiters = []
    }
    return (idle.map(\.connection), waiters)
  }
}
