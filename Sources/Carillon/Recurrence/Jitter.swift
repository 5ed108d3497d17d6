public import Foundation

/// Spreads schedules that would otherwise fall on the same second.
public enum Jitter {
  /// How much later than its nominal time an occurrence of a schedule runs: from 0 up to `width`,
  /// without `width` itself.
  ///
  /// The same on every machine and at every call: the schedule and the nominal time decide.
  public static func offset(schedule: UUID, nominal: Instant, within width: Duration) -> Duration {
    let most = width.microseconds
    guard most > 0 else { return .zero }
    var hash = withUnsafeBytes(of: schedule.uuid) { bytes in
      bytes.reduce(0xCBF2_9CE4_8422_2325) { mixed($0 ^ UInt64($1)) }
    }
    hash = mixed(hash ^ UInt64(bitPattern: nominal.microseconds))
    return .microseconds(Int64(hash.multipliedFullWidth(by: UInt64(most)).high))
  }

  /// Steele, Lea and Flood's SplitMix64 finaliser: every bit of the input moves every bit out.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value &+ 0x9E37_79B9_7F4A_7C15
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
