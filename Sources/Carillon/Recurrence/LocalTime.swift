/// What a clock on the wall shows: a date and a time of day, to the second, in no zone.
///
/// Its text is `2027-03-28T09:00`, or `2027-03-28T09:00:30` where there are seconds. Years 0001 to
/// 9999.
public struct LocalTime: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Since 1970-01-01T00:00:00 of the local calendar.
  let seconds: Int

  static let range = daysFromCivil(1, 1, 1) * 86_400...daysFromCivil(10_000, 1, 1) * 86_400 - 1

  /// Nil when it lies outside the years 0001 to 9999.
  init?(seconds: Int) {
    guard LocalTime.range.contains(seconds) else { return nil }
    self.seconds = seconds
  }

  /// Nil when there is no such date or time of day.
  public init?(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0
  ) {
    guard (1...9_999).contains(year), (1...12).contains(month),
      (1...daysInMonth(month, of: year)).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...59).contains(second)
    else { return nil }
    seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
  }

  /// What the clocks of a zone show at an instant; an instant outside the years takes their end.
  public init(_ instant: Instant, in zone: ZoneRules) {
    let local = min(
      max(instant.wholeSeconds, LocalTime.range.lowerBound), LocalTime.range.upperBound)
    seconds = min(
      max(local + zone.offset(at: instant), LocalTime.range.lowerBound),
      LocalTime.range.upperBound)
  }

  public static func < (one: LocalTime, other: LocalTime) -> Bool { one.seconds < other.seconds }

  /// Days since 1970-01-01.
  var day: Int { seconds.dividedDown(by: 86_400).quotient }
  var secondOfDay: Int { seconds.dividedDown(by: 86_400).remainder }

  public var description: String { "\(dateText)T\(timeText)" }

  /// `2027-03-28`.
  var dateText: String {
    let (year, month, day) = civilFromDays(day)
    return "\(year.digits(4))-\(month.digits(2))-\(day.digits(2))"
  }

  /// `09:00`, or `09:00:30`.
  var timeText: String {
    let (minutes, second) = secondOfDay.quotientAndRemainder(dividingBy: 60)
    let text = "\((minutes / 60).digits(2)):\((minutes % 60).digits(2))"
    return second == 0 ? text : "\(text):\(second.digits(2))"
  }

  /// As iCalendar writes it: `20270328T090000`.
  var basicText: String {
    let (year, month, day) = civilFromDays(day)
    let (minutes, second) = secondOfDay.quotientAndRemainder(dividingBy: 60)
    return "\(year.digits(4))\(month.digits(2))\(day.digits(2))T"
      + "\((minutes / 60).digits(2))\((minutes % 60).digits(2))\(second.digits(2))"
  }
}

extension Int {
  /// Decimal, with zeros in front up to a width.
  func digits(_ width: Int) -> String {
    let text = String(self)
    return String(repeating: "0", count: Swift.max(0, width - text.utf8.count)) + text
  }
}
