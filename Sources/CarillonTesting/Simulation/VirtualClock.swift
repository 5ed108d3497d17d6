public import Carillon
import Synchronization

/// One simulated machine's clocks: a monotonic one that all share, and a wall clock that may be
/// wrong.
public final class VirtualClock: SchedulerClock {
  /// 2026-01-01T00:00:00Z, when every simulation begins.
  public static let start = Instant(microseconds: 1_767_225_600_000_000)

  public let time: VirtualTime
  private let offset: Mutex<Duration>

  /// - Parameter skew: how far the wall clock is ahead.
  public init(_ time: VirtualTime, skew: Duration = .zero) {
    self.time = time
    offset = Mutex(skew)
  }

  /// How far the wall clock is ahead; setting it steps the clock.
  public var skew: Duration {
    get { offset.withLock { $0 } }
    set { offset.withLock { $0 = newValue } }
  }

  public func now() -> Instant { VirtualClock.start + time.elapsed + skew }

  public func uptime() -> Duration { time.elapsed }

  public func sleep(until deadline: Duration) async throws(CancellationError) {
    try await time.sleep(until: deadline)
  }
}
