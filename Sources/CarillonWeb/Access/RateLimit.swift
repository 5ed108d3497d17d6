import Carillon
import HTTPTypes
import Synchronization

/// How many requests one caller may make; more are answered with 429 and when to come back.
///
/// A caller is a token, however many clients bear it. Each has a bucket with room for two seconds'
/// requests, which fills as time goes by.
final class RateLimit: Sendable {
  /// Requests per second, at least one.
  private let perSecond: Double
  private let clock: any SchedulerClock
  private let buckets = Mutex<[String: Bucket]>([:])

  /// Full buckets are forgotten beyond so many.
  private static let mostBuckets = 1_000

  struct Bucket: Sendable, Hashable {
    /// Requests that may be made at once.
    var level: Double
    /// The uptime at which that was so.
    var at: Duration
  }

  init(perSecond: Int, clock: any SchedulerClock) {
    self.perSecond = Double(max(perSecond, 1))
    self.clock = clock
  }

  /// Counts a request; throws `tooManyRequests` when it is one too many.
  func admit(_ caller: Caller) throws(Problem) {
    let now = clock.uptime()
    let wait = buckets.withLock { buckets in
      if buckets.count >= RateLimit.mostBuckets {
        buckets = buckets.filter { level(of: $0.value, at: now) < room }
      }
      var bucket = buckets[caller.id] ?? Bucket(level: room, at: now)
      bucket = Bucket(level: level(of: bucket, at: now), at: now)
      let isOver = bucket.level < 1
      if !isOver { bucket.level -= 1 }
      buckets[caller.id] = bucket
      return isOver ? (1 - bucket.level) / perSecond : nil
    }
    guard let wait else { return }
    throw Problem(
      .tooManyRequests, "This token may make \(Int(perSecond)) requests per second. Ask again.",
      headers: [.retryAfter: String(Int(wait.rounded(.up)))])
  }

  /// How many callers are remembered.
  var size: Int { buckets.withLock(\.count) }

  private var room: Double { perSecond * 2 }

  private func level(of bucket: Bucket, at now: Duration) -> Double {
    min(room, bucket.level + max((now - bucket.at) / .seconds(1), 0) * perSecond)
  }
}
