/// A fixed interval, counted from an instant, in elapsed time.
public struct Interval: Sendable, Hashable {
  /// Whole milliseconds, from 1 s to 36 500 days.
  public let length: Duration
  /// One of its instants; it goes on to both sides.
  public let anchor: Instant

  let microseconds: Int64

  /// - Parameter anchor: nil takes 1970-01-01T00:00:00Z, so that `@every 15m` falls on the quarters
  ///   of the hours of UTC.
  public init(_ length: Duration, from anchor: Instant? = nil) throws(RecurrenceError) {
    microseconds = try Interval.checked(length, "an interval")
    self.length = .microseconds(microseconds)
    self.anchor = anchor ?? Interval.standardAnchor
  }

  static let standardAnchor = Instant(microseconds: 0)
  static let shortest = Duration.seconds(1)
  static let longest = Duration.seconds(36_500 * 86_400)

  static func checked(_ length: Duration, _ what: String) throws(RecurrenceError) -> Int64 {
    guard (shortest...longest).contains(length) else {
      throw RecurrenceError(
        length.text, at: nil, "\(what) is at least 1s and at most 36500d")
    }
    let microseconds = length.microseconds
    guard microseconds % 1_000 == 0, .microseconds(microseconds) == length else {
      throw RecurrenceError(length.text, at: nil, "\(what) is a whole number of milliseconds")
    }
    return microseconds
  }

  /// Its first instant after another; nil when that lies beyond the calendar.
  func next(after instant: Instant) -> Instant? {
    let distance = Int128(instant.microseconds) - Int128(anchor.microseconds)
    let length = Int128(microseconds)
    let past = (distance % length + length) % length
    let next = Int128(instant.microseconds) - past + length
    guard next <= Int128(Instant.representable.upperBound.microseconds) else { return nil }
    return Instant(microseconds: Int64(clamping: next))
  }
}

extension Duration {
  /// Whole milliseconds in all the units that they have: `1d2h3m4s5ms`. `Duration(text:)` reads it.
  package var exactText: String {
    var rest = microseconds.magnitude / 1_000
    var text = microseconds < 0 ? "-" : ""
    for (name, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
      let count = rest / UInt64(length)
      rest %= UInt64(length)
      if count > 0 { text += "\(count)\(name)" }
    }
    return rest > 0 ? "\(text)\(rest)ms" : text.isEmpty ? "0s" : text
  }
}
