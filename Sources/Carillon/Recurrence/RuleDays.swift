/// Which days of a month a rule of RFC 5545 names: a mask for each month, worked out on demand.
///
/// Bit d of a mask is day d; bit 0 is never set. Every part limits the others.
struct RuleDays: Sendable, Hashable {
  /// Bit 1 is January.
  private(set) var months: UInt32
  private var monthDays: UInt32 = 0
  /// Bit 1 is the last day.
  private var monthDaysFromEnd: UInt32 = 0
  /// Bit 0 is Sunday.
  private(set) var plainWeekdays: UInt32 = 0
  private var numberedWeekdays: [RecurrenceRule.Weekday] = []
  /// Whether numbers before weekdays count within the year, and not within the month.
  private let countsWithinYear: Bool
  private let yearDays: Set<Int>
  private let weekNumbers: Set<Int>
  private let weekStart: Int

  /// - Parameter start: gives what the rule leaves out.
  init(_ rule: RecurrenceRule, start: Int) {
    let day = start.dividedDown(by: 86_400).quotient
    let (_, month, dayOfMonth) = civilFromDays(day)
    let bits = RuleDays.bits
    months = rule.months.isEmpty ? RuleDays.allMonths : bits(rule.months)
    monthDays = bits(rule.monthDays.filter { $0 > 0 })
    monthDaysFromEnd = bits(rule.monthDays.filter { $0 < 0 }.map { -$0 })
    plainWeekdays = bits(rule.weekdays.filter { $0.ordinal == 0 }.map(\.weekday))
    numberedWeekdays = rule.weekdays.filter { $0.ordinal != 0 }
    countsWithinYear = rule.frequency == .yearly && rule.months.isEmpty
    yearDays = Set(rule.yearDays)
    weekNumbers = Set(rule.weekNumbers)
    weekStart = rule.weekStart
    guard rule.weekdays.isEmpty, rule.monthDays.isEmpty, yearDays.isEmpty, weekNumbers.isEmpty
    else { return }
    switch rule.frequency {
    case .yearly:
      if rule.months.isEmpty { months = 1 << UInt32(month) }
      monthDays = 1 << UInt32(dayOfMonth)
    case .monthly: monthDays = 1 << UInt32(dayOfMonth)
    case .weekly: plainWeekdays = 1 << UInt32(weekday(of: day))
    case .daily, .hourly, .minutely, .secondly: break
    }
  }

  static let allMonths: UInt32 = 0x1FFE

  private static func bits(_ numbers: [Int]) -> UInt32 {
    numbers.reduce(0) { $0 | 1 << UInt32($1) }
  }

  /// Days of the month, those from its end negative.
  var monthDayNumbers: [Int] {
    (1...31).filter { monthDays.hasBit($0) }
      + (1...31).filter { monthDaysFromEnd.hasBit($0) }.map(-)
  }

  /// Whether every day is named.
  var isEveryDay: Bool {
    months == RuleDays.allMonths && monthDays | monthDaysFromEnd | plainWeekdays == 0
      && numberedWeekdays.isEmpty && yearDays.isEmpty && weekNumbers.isEmpty
  }

  func mask(_ year: Int, _ month: Int) -> UInt32 {
    guard months.hasBit(month) else { return 0 }
    let length = daysInMonth(month, of: year)
    let whole = UInt32.max >> UInt32(31 - length) & ~1
    var mask = whole
    if monthDays | monthDaysFromEnd != 0 {
      var days = monthDays
      for back in 1...length where monthDaysFromEnd.hasBit(back) {
        days |= 1 << UInt32(length + 1 - back)
      }
      mask &= days
    }
    guard mask != 0 else { return 0 }
    if plainWeekdays != 0 || !numberedWeekdays.isEmpty {
      let first = weekday(of: daysFromCivil(year, month, 1))
      var days = CronDays.spread(plainWeekdays, first: first)
      if !numberedWeekdays.isEmpty { days |= numbered(year, month, length: length, first: first) }
      mask &= days
    }
    if !yearDays.isEmpty || !weekNumbers.isEmpty {
      let first = daysFromCivil(year, month, 1)
      for day in 1...length where mask.hasBit(day) && !isNamed(first + day - 1, year) {
        mask &= ~(1 << UInt32(day))
      }
    }
    return mask
  }

  private func numbered(_ year: Int, _ month: Int, length: Int, first: Int) -> UInt32 {
    // Where the period begins and how long it is, counted from this month's first day.
    var (begin, size) = (0, length)
    if countsWithinYear {
      let january = daysFromCivil(year, 1, 1)
      begin = january - daysFromCivil(year, month, 1)
      size = daysFromCivil(year + 1, 1, 1) - january
    }
    let firstWeekday = (first + begin).dividedDown(by: 7).remainder
    let lastWeekday = (first + begin + size - 1).dividedDown(by: 7).remainder
    var mask: UInt32 = 0
    for weekday in numberedWeekdays {
      let place =
        weekday.ordinal > 0
        ? (weekday.weekday - firstWeekday + 7) % 7 + (weekday.ordinal - 1) * 7
        : size - 1 - (lastWeekday - weekday.weekday + 7) % 7 + (weekday.ordinal + 1) * 7
      let day = begin + place + 1
      if (0..<size).contains(place), (1...length).contains(day) { mask |= 1 << UInt32(day) }
    }
    return mask
  }

  private func isNamed(_ day: Int, _ year: Int) -> Bool {
    if !yearDays.isEmpty {
      let ofYear = day - daysFromCivil(year, 1, 1) + 1
      let fromEnd = day - daysFromCivil(year + 1, 1, 1)
      guard yearDays.contains(ofYear) || yearDays.contains(fromEnd) else { return false }
    }
    guard !weekNumbers.isEmpty else { return true }
    let (number, count) = week(of: day)
    return weekNumbers.contains(number) || weekNumbers.contains(number - count - 1)
  }

  /// The number of a day's week, and how many weeks its year has.
  ///
  /// Week 1 is the first with at least four days in the year.
  private func week(of day: Int) -> (number: Int, count: Int) {
    let begin = weekBegin(of: day)
    let year = civilFromDays(begin + 3).year
    let first = weekBegin(of: daysFromCivil(year, 1, 4))
    let next = weekBegin(of: daysFromCivil(year + 1, 1, 4))
    return ((begin - first) / 7 + 1, (next - first) / 7)
  }

  func weekBegin(of day: Int) -> Int { day - (weekday(of: day) - weekStart + 7) % 7 }
}

/// 0 is Sunday; 1970-01-01 was a Thursday.
func weekday(of day: Int) -> Int { (day + 4).dividedDown(by: 7).remainder }
