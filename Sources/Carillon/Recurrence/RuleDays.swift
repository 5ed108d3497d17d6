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
  /// Days of the year as days of each month, first of a common year, then of a leap year; empty
  /// when every day of the year counts.
  private let yearDays: [UInt32]
  /// Bit n is week n, and week n from the end.
  private let weekNumbers: UInt64
  private let weekNumbersFromEnd: UInt64
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
    yearDays =
      rule.yearDays.isEmpty ? [] : [1_970, 1_972].flatMap { RuleDays.masks(rule.yearDays, $0) }
    weekNumbers = rule.weekNumbers.filter { $0 > 0 }.reduce(0) { $0 | 1 << UInt64($1) }
    weekNumbersFromEnd = rule.weekNumbers.filter { $0 < 0 }.reduce(0) { $0 | 1 << UInt64(-$1) }
    weekStart = rule.weekStart
    guard rule.weekdays.isEmpty, rule.monthDays.isEmpty, yearDays.isEmpty, !hasWeekNumbers
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

  /// Days of a year, counted from its start or its end, as a mask for each of its months.
  private static func masks(_ yearDays: [Int], _ year: Int) -> [UInt32] {
    let (first, next) = (daysFromCivil(year, 1, 1), daysFromCivil(year + 1, 1, 1))
    var masks = Array(repeating: UInt32(0), count: 12)
    for yearDay in yearDays {
      let day = yearDay > 0 ? first + yearDay - 1 : next + yearDay
      guard (first..<next).contains(day) else { continue }
      let (_, month, dayOfMonth) = civilFromDays(day)
      masks[month - 1] |= 1 << UInt32(dayOfMonth)
    }
    return masks
  }

  private var hasWeekNumbers: Bool { weekNumbers | weekNumbersFromEnd != 0 }

  /// How much work a month is, beside a look at one hour, minute or second.
  var effort: Int { hasWeekNumbers ? 30 : 5 }

  /// Days of the month, those from its end negative.
  var monthDayNumbers: [Int] {
    (1...31).filter { monthDays.hasBit($0) }
      + (1...31).filter { monthDaysFromEnd.hasBit($0) }.map(-)
  }

  /// Whether every day is named.
  var isEveryDay: Bool {
    months == RuleDays.allMonths && monthDays | monthDaysFromEnd | plainWeekdays == 0
      && numberedWeekdays.isEmpty && yearDays.isEmpty && !hasWeekNumbers
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
    if !yearDays.isEmpty {
      mask &= yearDays[(daysInMonth(2, of: year) == 29 ? 11 : -1) + month]
    }
    if hasWeekNumbers, mask != 0 { mask &= weeks(daysFromCivil(year, month, 1), length) }
    return mask
  }

  /// The days of the named weeks, of a month that begins with day `first`.
  private func weeks(_ first: Int, _ length: Int) -> UInt32 {
    var mask: UInt32 = 0
    var begin = weekBegin(of: first)
    while begin < first + length {
      let (number, count) = week(from: begin)
      if weekNumbers.hasBit(number) || weekNumbersFromEnd.hasBit(count + 1 - number) {
        for day in max(begin, first)..<begin + 7 where day < first + length {
          mask |= 1 << UInt32(day - first + 1)
        }
      }
      begin += 7
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

  /// The number of the week that begins with a day, and how many weeks its year has.
  ///
  /// Week 1 is the first with at least four days in the year.
  private func week(from begin: Int) -> (number: Int, count: Int) {
    let year = civilFromDays(begin + 3).year
    let first = weekBegin(of: daysFromCivil(year, 1, 4))
    let next = weekBegin(of: daysFromCivil(year + 1, 1, 4))
    return ((begin - first) / 7 + 1, (next - first) / 7)
  }

  func weekBegin(of day: Int) -> Int { day - (weekday(of: day) - weekStart + 7) % 7 }
}

/// 0 is Sunday; 1970-01-01 was a Thursday.
func weekday(of day: Int) -> Int { (day + 4).dividedDown(by: 7).remainder }
