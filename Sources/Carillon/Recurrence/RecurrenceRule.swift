/// The RRULE of RFC 5545, as it was written: its parts, each empty or nil when it isn't there.
public struct RecurrenceRule: Sendable, Hashable {
  enum Frequency: String, Sendable, CaseIterable, Comparable {
    case yearly, monthly, weekly, daily, hourly, minutely, secondly

    /// From rare to often.
    static func < (one: Frequency, other: Frequency) -> Bool {
      one.unit > other.unit
    }

    /// Seconds, roughly for those whose length varies.
    var unit: Int {
      switch self {
      case .yearly: 365 * 86_400
      case .monthly: 30 * 86_400
      case .weekly: 7 * 86_400
      case .daily: 86_400
      case .hourly: 3_600
      case .minutely: 60
      case .secondly: 1
      }
    }
  }

  /// `MO`, `2MO`, `-1FR`.
  struct Weekday: Sendable, Hashable {
    /// 0 for all of them; otherwise which one of the month or year, from its end if negative.
    let ordinal: Int
    /// 0 is Sunday.
    let weekday: Int
  }

  enum Until: Sendable, Hashable {
    case local(LocalTime)
    /// A date: the whole of it still counts.
    case day(LocalTime)
    case utc(LocalTime)
  }

  var frequency: Frequency
  var interval = 1
  var count: Int?
  var until: Until?
  /// 60 is there as 59.
  var seconds: [Int] = []
  var minutes: [Int] = []
  var hours: [Int] = []
  var weekdays: [Weekday] = []
  var monthDays: [Int] = []
  var yearDays: [Int] = []
  var weekNumbers: [Int] = []
  var months: [Int] = []
  var setPositions: [Int] = []
  /// 0 is Sunday.
  var weekStart = 1

  /// Whether a date follows from DTSTART alone, for no part names it.
  var needsStart: Bool {
    if count != nil || interval > 1 { return true }
    let namesDays = !weekdays.isEmpty || !monthDays.isEmpty || !yearDays.isEmpty
    switch frequency {
    case .yearly: return !namesDays && weekNumbers.isEmpty
    case .monthly: return !namesDays && weekNumbers.isEmpty
    case .weekly: return !namesDays && weekNumbers.isEmpty
    case .daily, .hourly, .minutely, .secondly: return false
    }
  }

  static let weekdayNames = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
}

extension RecurrenceRule: CustomStringConvertible {
  /// `FREQ=MONTHLY;BYDAY=-1FR`: the parts in one order, those that change nothing left out.
  public var description: String {
    var parts = ["FREQ=\(frequency.rawValue.uppercased())"]
    if interval != 1 { parts.append("INTERVAL=\(interval)") }
    if let count { parts.append("COUNT=\(count)") }
    switch until {
    case .local(let time)?: parts.append("UNTIL=\(time.basicText)")
    case .day(let time)?: parts.append("UNTIL=\(time.basicText.prefix(8))")
    case .utc(let time)?: parts.append("UNTIL=\(time.basicText)Z")
    case nil: break
    }
    func add(_ name: String, _ values: [Int]) {
      guard !values.isEmpty else { return }
      parts.append("\(name)=\(values.map(String.init).joined(separator: ","))")
    }
    add("BYMONTH", months)
    add("BYWEEKNO", weekNumbers)
    add("BYYEARDAY", yearDays)
    add("BYMONTHDAY", monthDays)
    if !weekdays.isEmpty {
      let names = weekdays.map {
        ($0.ordinal == 0 ? "" : "\($0.ordinal)") + RecurrenceRule.weekdayNames[$0.weekday]
      }
      parts.append("BYDAY=\(names.joined(separator: ","))")
    }
    add("BYHOUR", hours)
    add("BYMINUTE", minutes)
    add("BYSECOND", seconds)
    add("BYSETPOS", setPositions)
    if weekStart != 1 { parts.append("WKST=\(RecurrenceRule.weekdayNames[weekStart])") }
    return parts.joined(separator: ";")
  }
}
