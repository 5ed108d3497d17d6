/// A cron expression with five fields, or six with seconds first.
///
///     minute hour day-of-month month day-of-week
///     0 9 * * MON-FRI           every weekday at nine
///     30 0 9 L * ?              on the last day of each month at 09:00:30
///
/// Numbers, names, lists, ranges, steps (`*/15`, `9-17/2`, `5/20`: from 5 on), `?`, `L` (last day),
/// `L-3`, `LW`, `15W`, `FRIL`, `FRI#2`, and `@daily` and friends. If both day fields are restricted,
/// a day that matches either is meant, as in Vixie cron; a field that begins with `*` or `?`
/// restricts nothing (then both have to match).
public struct Cron: Sendable, Hashable {
  /// As it was written, without surplus spaces.
  public let expression: String
  var seconds: UInt64
  var minutes: UInt64
  var hours: UInt32
  /// Bit 1 is January.
  var months: UInt32
  var days: CronDays
  /// Whether the hour field has a star: then it follows elapsed time over a change of the clocks.
  public let hasWildcardHour: Bool

  /// Reads an expression. Throws `CronError` with the position of what is wrong, also for one that
  /// can never fire (30 February).
  public init(_ expression: String) throws(CronError) {
    self = try CronParser.parse(expression)
    guard next(afterLocal: 0) != nil else {
      throw CronError(
        self.expression, at: nil,
        "it never fires: no month that it names has such a day. Check day of month and month.")
    }
  }

  init(
    expression: String, seconds: UInt64, minutes: UInt64, hours: UInt32, months: UInt32,
    days: CronDays, hasWildcardHour: Bool
  ) {
    self.expression = expression
    self.seconds = seconds
    self.minutes = minutes
    self.hours = hours
    self.months = months
    self.days = days
    self.hasWildcardHour = hasWildcardHour
  }

  /// The calendar repeats after 400 years, so what hasn't fired by then never does.
  private static let horizon = 400

  /// The first matching local time after `local`; both in seconds since 1970-01-01T00:00:00 of the
  /// local calendar, without any zone. Nil when there is none within 400 years.
  func next(afterLocal local: Int) -> Int? {
    let start = local + 1
    let (day, timeOfDay) = start.dividedDown(by: 86_400)
    let (year, month, dayOfMonth) = civilFromDays(day)
    if months >> UInt32(month) & 1 == 1 {
      let mask = self.mask(year, month)
      if mask >> UInt32(dayOfMonth) & 1 == 1, let time = time(from: timeOfDay) {
        return day * 86_400 + time
      }
      let later = mask & (UInt32.max << UInt32(dayOfMonth + 1))
      if later != 0 { return moment(year, month, later) }
    }
    return firstMonth(after: year, month)
  }

  private func firstMonth(after year: Int, _ month: Int) -> Int? {
    var (year, month) = (year, month)
    let last = year + Cron.horizon
    while year <= last {
      let later = months & (UInt32.max << UInt32(month + 1))
      if later == 0 {
        year += 1
        month = 0
        continue
      }
      month = later.trailingZeroBitCount
      let mask = self.mask(year, month)
      if mask != 0 { return moment(year, month, mask) }
    }
    return nil
  }

  private func mask(_ year: Int, _ month: Int) -> UInt32 {
    let first = daysFromCivil(year, month, 1)
    // 1970-01-01 was a Thursday.
    return days.mask(
      length: daysInMonth(month, of: year), first: (first + 4).dividedDown(by: 7).remainder)
  }

  /// The first time of the first of these days.
  private func moment(_ year: Int, _ month: Int, _ days: UInt32) -> Int? {
    guard let time = time(from: 0) else { return nil }
    return daysFromCivil(year, month, days.trailingZeroBitCount) * 86_400 + time
  }

  /// The first matching second of a day from `second` on; nil when the day has none left.
  private func time(from second: Int) -> Int? {
    TimesOfDay(seconds: seconds, minutes: minutes, hours: hours).first(from: second)
  }
}

extension Int {
  /// Quotient rounded down, and the remainder that goes with it, never negative.
  func dividedDown(by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
