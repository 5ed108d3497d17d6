/// A rule of RFC 5545 with its start: what it leaves out filled in, and its end worked out.
struct RulePlan: Sendable, Hashable {
  let frequency: RecurrenceRule.Frequency
  let interval: Int
  /// Seconds of the local calendar; the first time that it may name.
  let start: Int
  let days: RuleDays
  /// Those of a day; of an hour or a minute where the rule recurs by them, in the first of it.
  let times: TimesOfDay
  /// Which hours, minutes and seconds begin a period, where the rule recurs within the day.
  let units: TimesOfDay
  let setPositions: [Int]
  /// The last time that it may name; nil when it goes on for ever.
  private(set) var last: Int?

  /// What a search may cost before it is given up: some milliseconds.
  ///
  /// Enough for all months of two millennia, or every minute of a hundred days. What comes again at
  /// all comes sooner, unless its parts were chosen to meet hardly ever.
  static let mostEffort = 200_000

  /// Nil when its COUNT can't be counted out within the bounds.
  init?(_ rule: RecurrenceRule, start: Int) {
    frequency = rule.frequency
    interval = rule.interval
    self.start = start
    days = RuleDays(rule, start: start)
    setPositions = rule.setPositions
    let time = start.dividedDown(by: 86_400).remainder
    /// Those of the rule; without any, the start's where the rule recurs more rarely, or all.
    func bits(_ numbers: [Int], _ own: Int, _ frequency: RecurrenceRule.Frequency, _ all: Int)
      -> UInt64
    {
      if !numbers.isEmpty { return numbers.reduce(0) { $0 | 1 << UInt64($1) } }
      return rule.frequency < frequency ? 1 << UInt64(own) : (1 << UInt64(all)) - 1
    }
    let hours = UInt32(
      truncatingIfNeeded: bits(rule.hours, time / 3_600, .hourly, 24))
    let minutes = bits(rule.minutes, time / 60 % 60, .minutely, 60)
    let seconds = bits(rule.seconds, time % 60, .secondly, 60)
    times = TimesOfDay(
      seconds: frequency < .secondly ? seconds : 1, minutes: frequency < .minutely ? minutes : 1,
      hours: frequency < .hourly ? hours : 1)
    units = TimesOfDay(
      seconds: frequency < .secondly ? 1 : seconds, minutes: frequency < .minutely ? 1 : minutes,
      hours: hours)
    switch rule.until {
    case .local(let time)?: last = time.seconds
    case .day(let time)?: last = time.seconds + 86_399
    // To the second only in a zone (`RecurrenceSet.resolved`); none is further from UTC.
    case .utc(let time)?: last = time.seconds + 26 * 3_600
    case nil: break
    }
    // Where there is nothing to count, all parts are to blame and not the COUNT.
    if let count = rule.count, next(afterLocal: start - 1) != nil {
      guard let end = counted(count) else { return nil }
      last = end
    }
  }

  /// The first time after another, in seconds of the local calendar; nil when there is none.
  func next(afterLocal local: Int) -> Int? {
    let after = max(local, start - 1)
    if let last, after >= last { return nil }
    let next: Int?
    switch frequency {
    case .yearly, .monthly, .weekly, .daily:
      var effort = RulePlan.mostEffort
      next =
        setPositions.isEmpty
        ? nextDay(after: after, &effort) : nextOfSet(after: after, &effort)
    case .hourly, .minutely, .secondly:
      var effort = RulePlan.mostEffort
      next = nextWithinDay(after: after, &effort)
    }
    guard let next, next <= last ?? LocalTime.range.upperBound else { return nil }
    return next
  }

  // MARK: Months

  /// The days of a month that the rule and its interval name.
  func mask(_ year: Int, _ month: Int) -> UInt32 {
    let (startYear, startMonth, _) = civilFromDays(start.dividedDown(by: 86_400).quotient)
    switch frequency {
    case .yearly:
      guard (year - startYear).dividedDown(by: interval).remainder == 0 else { return 0 }
    case .monthly:
      let distance = (year - startYear) * 12 + month - startMonth
      guard distance.dividedDown(by: interval).remainder == 0 else { return 0 }
    case .weekly, .daily, .hourly, .minutely, .secondly: break
    }
    var mask = days.mask(year, month)
    guard interval > 1, mask != 0 else { return mask }
    let first = daysFromCivil(year, month, 1)
    let startDay = start.dividedDown(by: 86_400).quotient
    switch frequency {
    case .daily:
      var rest = mask
      while rest != 0 {
        let day = rest.trailingZeroBitCount
        rest &= rest &- 1
        if (first + day - 1 - startDay).dividedDown(by: interval).remainder != 0 {
          mask &= ~(1 << UInt32(day))
        }
      }
    case .weekly:
      let startWeek = days.weekBegin(of: startDay)
      var rest = mask
      while rest != 0 {
        let day = rest.trailingZeroBitCount
        rest &= rest &- 1
        let weeks = (days.weekBegin(of: first + day - 1) - startWeek) / 7
        if weeks.dividedDown(by: interval).remainder != 0 { mask &= ~(1 << UInt32(day)) }
      }
    case .yearly, .monthly, .hourly, .minutely, .secondly: break
    }
    return mask
  }

  /// How much work a month is.
  var monthEffort: Int {
    switch frequency {
    case .daily, .weekly: interval > 1 ? days.effort + 15 : days.effort
    case .yearly, .monthly, .hourly, .minutely, .secondly: days.effort
    }
  }

  /// The first named day from a day on; nil when there is none, or the effort is spent.
  func firstDay(from day: Int, _ effort: inout Int) -> Int? {
    var (year, month, dayOfMonth) = civilFromDays(day)
    while effort > 0 {
      effort -= monthEffort
      let left = mask(year, month) & (UInt32.max << UInt32(dayOfMonth))
      if left != 0 { return daysFromCivil(year, month, left.trailingZeroBitCount) }
      (year, month) = following(year, month)
      dayOfMonth = 1
      guard year <= 9_999, last.map({ daysFromCivil(year, month, 1) * 86_400 <= $0 }) ?? true
      else { return nil }
    }
    return nil
  }

  /// The next month that the interval doesn't pass over.
  func following(_ year: Int, _ month: Int) -> (year: Int, month: Int) {
    let (startYear, startMonth, _) = civilFromDays(start.dividedDown(by: 86_400).quotient)
    switch frequency {
    case .monthly:
      let distance = (year - startYear) * 12 + month - startMonth
      let ahead = interval - distance.dividedDown(by: interval).remainder
      let (years, index) = (month - 1 + ahead).quotientAndRemainder(dividingBy: 12)
      return (year + years, index + 1)
    case .yearly:
      let past = (year - startYear).dividedDown(by: interval).remainder
      if past == 0, month < 12 { return (year, month + 1) }
      return (year + interval - past, 1)
    case .weekly, .daily:
      let length = frequency == .weekly ? interval * 7 : interval
      let startDay = start.dividedDown(by: 86_400).quotient
      let next = daysFromCivil(month == 12 ? year + 1 : year, month % 12 + 1, 1)
      // The first day of the month, or of its first week, and then of the next period.
      let (first, origin) =
        frequency == .weekly
        ? (days.weekBegin(of: next), days.weekBegin(of: startDay)) : (next, startDay)
      let past = (first - origin).dividedDown(by: length).remainder
      let (nextYear, nextMonth, _) = civilFromDays(
        past == 0 ? next : max(next, first + length - past))
      return (nextYear, nextMonth)
    case .hourly, .minutely, .secondly:
      return month == 12 ? (year + 1, 1) : (year, month + 1)
    }
  }

  private func nextDay(after local: Int, _ effort: inout Int) -> Int? {
    let (day, time) = (local + 1).dividedDown(by: 86_400)
    guard let first = firstDay(from: day, &effort) else { return nil }
    if first > day { return times.first(from: 0).map { first * 86_400 + $0 } }
    if let time = times.first(from: time) { return day * 86_400 + time }
    guard let first = firstDay(from: day + 1, &effort) else { return nil }
    return times.first(from: 0).map { first * 86_400 + $0 }
  }
}
