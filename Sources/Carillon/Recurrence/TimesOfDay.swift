/// The times of a day that are a product of hours, minutes and seconds, as bits.
struct TimesOfDay: Sendable, Hashable {
  var seconds: UInt64
  var minutes: UInt64
  var hours: UInt32

  /// How many there are in a day.
  var count: Int { hours.nonzeroBitCount * minutes.nonzeroBitCount * seconds.nonzeroBitCount }

  /// The first of them from second `second` of a day on; nil when the day has none left.
  func first(from second: Int) -> Int? {
    var (hour, minute, rest) = (second / 3_600, second / 60 % 60, second % 60)
    if hours >> UInt32(hour) & 1 == 0 { (minute, rest) = (0, 0) }
    let hoursLeft = hours & (UInt32.max << UInt32(hour))
    guard hoursLeft != 0 else { return nil }
    hour = hoursLeft.trailingZeroBitCount
    if minutes >> UInt64(minute) & 1 == 0 { rest = 0 }
    var minutesLeft = minutes & (UInt64.max << UInt64(minute))
    if minutesLeft != 0 {
      minute = minutesLeft.trailingZeroBitCount
      let secondsLeft = seconds & (UInt64.max << UInt64(rest))
      if secondsLeft != 0 {
        return hour * 3_600 + minute * 60 + secondsLeft.trailingZeroBitCount
      }
      minutesLeft &= UInt64.max << UInt64(minute + 1)
    }
    if minutesLeft == 0 {
      let later = hours & (UInt32.max << UInt32(hour + 1))
      guard later != 0 else { return nil }
      hour = later.trailingZeroBitCount
      minutesLeft = minutes
    }
    return hour * 3_600 + minutesLeft.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
  }

  /// How many of them come before second `second` of a day.
  func count(before second: Int) -> Int {
    let (hour, minute, rest) = (second / 3_600, second / 60 % 60, second % 60)
    var perHour = seconds.nonzeroBitCount
    var count = 0
    if hours.hasBit(hour) {
      if minutes.hasBit(minute) { count += seconds.bits(below: rest).nonzeroBitCount }
      count += minutes.bits(below: minute).nonzeroBitCount * perHour
    }
    perHour *= minutes.nonzeroBitCount
    return count + hours.bits(below: hour).nonzeroBitCount * perHour
  }

  /// The one with a place in their order; `index` is from 0 to `count` - 1.
  func time(at index: Int) -> Int {
    let (rest, second) = index.quotientAndRemainder(dividingBy: max(1, seconds.nonzeroBitCount))
    let (hour, minute) = rest.quotientAndRemainder(dividingBy: max(1, minutes.nonzeroBitCount))
    return hours.bit(at: hour) * 3_600 + minutes.bit(at: minute) * 60 + seconds.bit(at: second)
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  func hasBit(_ bit: Int) -> Bool { self >> Self(bit) & 1 == 1 }

  func bits(below bit: Int) -> Self { self & ~(.max << Self(bit)) }

  /// The number of the bit that is the `index`-th of those that are set.
  func bit(at index: Int) -> Int {
    var rest = self
    for _ in 0..<index { rest &= rest &- 1 }
    return rest.trailingZeroBitCount
  }
}
