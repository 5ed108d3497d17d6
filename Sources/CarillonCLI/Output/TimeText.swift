import Carillon

/// Says times the way people do, beside the exact ones.
struct TimeText {
  /// The store's time now.
  let now: Instant

  /// `in 5m`, `5m ago`, `now`.
  func relative(_ instant: Instant) -> String {
    let distance = instant - now
    // Two clocks are never quite the same: what is within a second is now.
    if distance > .seconds(-1), distance < .seconds(1) { return "now" }
    return distance < .zero
      ? "\(TimeText.coarse(.zero - distance)) ago" : "in \(TimeText.coarse(distance))"
  }

  /// `in 5m (2027-03-01T08:00:00Z)`.
  func both(_ instant: Instant) -> String {
    "\(relative(instant)) (\(TimeText.exact(instant)))"
  }

  /// RFC 3339 in UTC, to the second; to the millisecond where `millisecond` says so.
  static func exact(_ instant: Instant, milliseconds: Bool = false) -> String {
    let text = instant.rfc3339
    return "\(text.prefix(milliseconds ? 23 : 19))Z"
  }

  /// A duration to the nearest second, once it has seconds.
  static func coarse(_ duration: Duration) -> String { duration.coarseText }
}
