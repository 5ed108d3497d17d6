/// Why a text is not a time, and what one looks like.
public struct InstantError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}

extension Instant {
  /// The earliest and latest instants that RFC 3339 can write: years 0001 to 9999.
  public static let representable =
    Instant(
      microseconds: -62_135_596_800_000_000)...Instant(
      microseconds: 253_402_300_799_999_999)

  /// Reads an RFC 3339 time, which must carry an offset: `2027-03-01T09:00:00+01:00`.
  ///
  /// Years 0001 to 9999; a fraction finer than microseconds is cut off; a leap second counts as the
  /// second before it. A time without `Z` or an offset is refused rather than guessed.
  public init(rfc3339 text: String) throws(InstantError) {
    var scanner = TimeScanner(text)
    let year = try scanner.digits(4, "a year of four digits")
    try scanner.expect("-", "'-' after the year")
    let month = try scanner.digits(2, "a month", 1...12)
    try scanner.expect("-", "'-' after the month")
    let day = try scanner.digits(2, "a day", 1...daysInMonth(month, of: year))
    try scanner.expect("Tt ", "'T' between date and time")
    let hour = try scanner.digits(2, "an hour", 0...23)
    try scanner.expect(":", "':' after the hour")
    let minute = try scanner.digits(2, "a minute", 0...59)
    try scanner.expect(":", "':' after the minute")
    let second = min(try scanner.digits(2, "a second", 0...60), 59)
    let fraction = try scanner.fraction()
    let offset = try scanner.offset()
    try scanner.end()
    guard year >= 1 else { throw scanner.error("the year is before 0001") }
    let minutes = daysFromCivil(year, month, day) * 1_440 + hour * 60 + minute - offset
    let instant = Instant(microseconds: Int64(minutes * 60 + second) * 1_000_000 + Int64(fraction))
    guard Instant.representable.contains(instant) else {
      throw scanner.error("it lies outside the years 0001 to 9999")
    }
    self = instant
  }

  /// The instant as RFC 3339 in UTC with microseconds: `2027-03-01T08:00:00.000000Z`.
  ///
  /// An instant outside the years 0001 to 9999 is written as the nearest end.
  public var rfc3339: String {
    let clamped = min(max(self, Instant.representable.lowerBound), Instant.representable.upperBound)
    let (day, timeOfDay) = floorDivide(Int(clamped.microseconds), 86_400_000_000)
    let (year, month, dayOfMonth) = civilFromDays(day)
    let seconds = timeOfDay / 1_000_000
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(dayOfMonth, 2) + "T"
      + padded(seconds / 3_600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":"
      + padded(seconds % 60, 2) + "." + padded(timeOfDay % 1_000_000, 6) + "Z"
  }
}

extension Instant: CustomStringConvertible {
  public var description: String { rfc3339 }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
///
/// The formula counts years from March, so that the leap day is the last day of a year:
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
package func daysFromCivil(_ year: Int, _ month: Int, _ day: Int) -> Int {
  let shifted = month <= 2 ? year - 1 : year
  let (era, yearOfEra) = floorDivide(shifted, 400)
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/// The date of a day counted from 1970-01-01; the inverse of `daysFromCivil`.
package func civilFromDays(_ days: Int) -> (year: Int, month: Int, day: Int) {
  let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
  let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

/// How many days a month (1 to 12) of the Gregorian calendar has.
func daysInMonth(_ month: Int, of year: Int) -> Int {
  let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
}

private func floorDivide(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Walks over a time's text and says what it missed, and where.
private struct TimeScanner {
  private let text: String
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    self.text = String(text.prefix(64))
    bytes = Array(text.utf8.prefix(64))
  }

  func error(_ what: String) -> InstantError {
    InstantError(
      description: "'\(text)' is not a time: \(what). Write RFC 3339 with an offset, such as "
        + "2027-03-01T09:00:00+01:00 or 2027-03-01T08:00:00Z.")
  }

  mutating func digits(
    _ count: Int, _ what: String, _ range: ClosedRange<Int> = 0...9_999
  ) throws(InstantError) -> Int {
    var value = 0
    for _ in 0..<count {
      guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else {
        throw error("\(what) is missing at position \(position + 1)")
      }
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    guard range.contains(value) else {
      throw error("\(value) is not \(what) (\(range.lowerBound) to \(range.upperBound))")
    }
    return value
  }

  mutating func expect(_ oneOf: String, _ what: String) throws(InstantError) {
    guard position < bytes.count, oneOf.utf8.contains(bytes[position]) else {
      throw error("\(what) is missing at position \(position + 1)")
    }
    position += 1
  }

  /// Microseconds of an optional fraction.
  mutating func fraction() throws(InstantError) -> Int {
    guard position < bytes.count, bytes[position] == UInt8(ascii: ".") else { return 0 }
    position += 1
    var value = 0
    var count = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      if count < 6 { value = value * 10 + Int(bytes[position] - 0x30) }
      count += 1
      position += 1
    }
    guard count > 0 else { throw error("digits are missing after the '.'") }
    for _ in min(count, 6)..<6 { value *= 10 }
    return value
  }

  /// Minutes east of UTC.
  mutating func offset() throws(InstantError) -> Int {
    guard position < bytes.count else { throw error("the offset is missing") }
    let sign = bytes[position]
    if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") {
      position += 1
      return 0
    }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      throw error("the offset is missing at position \(position + 1)")
    }
    position += 1
    let hours = try digits(2, "an offset's hours", 0...23)
    try expect(":", "':' in the offset")
    let minutes = try digits(2, "an offset's minutes", 0...59)
    return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  func end() throws(InstantError) {
    guard position == bytes.count else { throw error("something follows it") }
  }
}
