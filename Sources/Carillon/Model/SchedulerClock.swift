import CCarillon

/// Where time comes from, so that tests and simulations can make their own.
public protocol SchedulerClock: Sendable {
  /// Wall-clock time, for what is stored.
  func now() -> Instant

  /// Time since some fixed moment, for waiting and leases: it never steps, and goes on while the
  /// machine or the process is suspended.
  func uptime() -> Duration

  /// Returns when `uptime()` has reached `deadline`, never before; throws when cancelled.
  func sleep(until deadline: Duration) async throws(CancellationError)
}

/// The machine's clocks.
public struct SystemClock: SchedulerClock {
  private static let origin = ContinuousClock.now

  public init() {}

  public func now() -> Instant { Instant(microseconds: carillon_wall_clock_microseconds()) }

  public func uptime() -> Duration { ContinuousClock.now - SystemClock.origin }

  public func sleep(until deadline: Duration) async throws(CancellationError) {
    do {
      try await ContinuousClock().sleep(until: SystemClock.origin + deadline, tolerance: .zero)
    } catch {
      throw CancellationError()
    }
  }
}
