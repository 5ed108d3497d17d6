/// Which days of a month a cron expression means: a mask for each month, worked out on demand.
///
/// Bit d of a mask is day d; bit 0 is never set.
struct CronDays: Sendable, Hashable {
  /// Days by number.
  var days: UInt32 = 0
  /// Days counted from the end: bit 0 is the last day, bit 3 the third before it (`L-3`).
  var daysFromEnd: UInt32 = 0
  /// The weekday nearest to a day, within its month (`15W`): bit d for day d.
  var nearestWeekdays: UInt32 = 0
  /// The last weekday of the month (`LW`).
  var lastWeekday = false

  /// Days of the week; bit 0 is Sunday.
  var weekdays: UInt32 = 0
  /// The k-th of a weekday (`FRI#2`): bit (k - 1) * 7 + weekday.
  var nthWeekdays: UInt64 = 0
  /// The last of a weekday (`FRIL`); bit 0 is Sunday.
  var lastWeekdays: UInt32 = 0

  /// Whether the field begins with a star (or `?`): then both fields must match; otherwise either
  /// is enough, as in Vixie cron.
  var anyDayOfMonth = true
  var anyDayOfWeek = true

  /// The days of a month that match.
  ///
  /// - Parameters:
  ///   - length: how many days it has.
  ///   - first: the weekday of its first day; 0 is Sunday.
  func mask(length: Int, first: Int) -> UInt32 {
    let whole = UInt32.max >> UInt32(31 - length) & ~1
    let byDay = dayOfMonthMask(length: length, first: first) & whole
    let byWeekday = dayOfWeekMask(length: length, first: first) & whole
    return anyDayOfMonth || anyDayOfWeek ? byDay & byWeekday : byDay | byWeekday
  }

  private func dayOfMonthMask(length: Int, first: Int) -> UInt32 {
    var mask = days
    if daysFromEnd != 0 {
      for back in 0..<length where daysFromEnd >> UInt32(back) & 1 == 1 {
        mask |= 1 << UInt32(length - back)
      }
    }
    if nearestWeekdays != 0 {
      for day in 1...length where nearestWeekdays >> UInt32(day) & 1 == 1 {
        mask |= 1 << UInt32(nearestWeekday(to: day, length: length, first: first))
      }
    }
    if lastWeekday {
      mask |= 1 << UInt32(nearestWeekday(to: length, length: length, first: first))
    }
    return mask
  }

  private func dayOfWeekMask(length: Int, first: Int) -> UInt32 {
    var mask = CronDays.spread(weekdays, first: first)
    if nthWeekdays != 0 {
      for day in 1...length {
        let bit = (day - 1) / 7 * 7 + (first + day - 1) % 7
        if nthWeekdays >> UInt64(bit) & 1 == 1 { mask |= 1 << UInt32(day) }
      }
    }
    if lastWeekdays != 0 {
      let tail = UInt32.max << UInt32(length - 6)
      mask |= CronDays.spread(lastWeekdays, first: first) & tail
    }
    return mask
  }

  /// The days of a month that fall on the weekdays of a set.
  static func spread(_ weekdays: UInt32, first: Int) -> UInt32 {
    guard weekdays != 0x7F else { return .max }
    // Turned so that bit 0 is the weekday of the first day, then repeated over the weeks.
    let turned = (weekdays >> UInt32(first) | weekdays << UInt32(7 - first)) & 0x7F
    let everyWeek: UInt64 = 0x1020_4081
    return UInt32(truncatingIfNeeded: UInt64(turned) &* everyWeek << 1)
  }

  /// Saturday moves to Friday, Sunday to Monday; at the month's ends the other way, so that it stays
  /// in its month.
  private func nearestWeekday(to day: Int, length: Int, first: Int) -> Int {
    switch (first + day - 1) % 7 {
    case 6: day > 1 ? day - 1 : day + 2
    case 0: day < length ? day + 1 : day - 2
    default: day
    }
  }
}
