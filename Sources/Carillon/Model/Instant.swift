public import Foundation

/// A point in time: whole microseconds since 1970-01-01T00:00:00Z.
///
/// Both databases keep exactly this, so a time survives the round trip and `job == reloaded` holds.
/// A value made from a finer one is rounded down: a job is never due before its time.
public struct Instant: Sendable, Hashable, Comparable {
  /// Microseconds since the Unix epoch; negative before 1970.
  public let microseconds: Int64

  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// The instant of `date`, rounded down; a date beyond the range takes the nearest end of it.
  public init(_ date: Date) {
    let value = (date.timeIntervalSince1970 * 1_000_000).rounded(.down)
    microseconds =
      value.isNaN ? 0 : Int64(clamping: Int128(max(min(value, 9.3e18), -9.3e18)))
  }

  public static func < (lhs: Instant, rhs: Instant) -> Bool {
    lhs.microseconds < rhs.microseconds
  }

  /// The instant later by `duration`; saturates at the ends of the range.
  public static func + (lhs: Instant, rhs: Duration) -> Instant {
    let (sum, overflow) = lhs.microseconds.addingReportingOverflow(rhs.microseconds)
    guard overflow else { return Instant(microseconds: sum) }
    return Instant(microseconds: rhs < .zero ? .min : .max)
  }

  /// The instant earlier by `duration`; saturates at the ends of the range.
  public static func - (lhs: Instant, rhs: Duration) -> Instant {
    let (difference, overflow) = lhs.microseconds.subtractingReportingOverflow(rhs.microseconds)
    guard overflow else { return Instant(microseconds: difference) }
    return Instant(microseconds: rhs < .zero ? .max : .min)
  }

  /// How long after `rhs` this instant is; negative when it is before.
  public static func - (lhs: Instant, rhs: Instant) -> Duration {
    let (difference, overflow) = lhs.microseconds.subtractingReportingOverflow(rhs.microseconds)
    guard overflow else { return .microseconds(difference) }
    return .microseconds(lhs < rhs ? Int64.min : Int64.max)
  }

  /// The same instant as a Foundation date.
  public var date: Date {
    Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
  }
}

extension Duration {
  /// Whole microseconds, rounded down; saturates at the ends of `Int64`.
  public var microseconds: Int64 {
    let (seconds, attoseconds) = components
    let whole = Int128(seconds) * 1_000_000
    let part = Int128(attoseconds)
    let perMicrosecond: Int128 = 1_000_000_000_000
    let floored = part >= 0 ? part / perMicrosecond : (part - perMicrosecond + 1) / perMicrosecond
    return Int64(clamping: whole + floored)
  }
}
