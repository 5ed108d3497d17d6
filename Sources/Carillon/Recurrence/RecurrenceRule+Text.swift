extension RecurrenceRule {
  /// Reads `FREQ=MONTHLY;BYDAY=-1FR`.
  ///
  /// - Parameters:
  ///   - whole: what errors show, with `value` in it at character `offset`.
  init(_ value: Substring, in whole: String, at offset: Int) throws(RecurrenceError) {
    var reader = Reader(whole: whole, offset: offset)
    var parts: [Part] = []
    for part in value.split(separator: ";", omittingEmptySubsequences: false) {
      // One more at the end is harmless, and common.
      if !(part.isEmpty && !parts.isEmpty && part.endIndex == value.endIndex) {
        parts.append(try reader.part(part))
      }
      reader.offset += part.count + 1
    }
    guard let part = parts.first(where: { $0.name == "FREQ" }) else {
      throw RecurrenceError(
        whole, at: offset, "FREQ is missing, as in FREQ=WEEKLY;BYDAY=MO")
    }
    guard let frequency = Frequency(rawValue: part.value.lowercased()) else {
      throw RecurrenceError(
        whole, at: part.offset,
        "'\(part.value.prefix(20))' is no frequency; write YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, "
          + "MINUTELY or SECONDLY")
    }
    self.init(frequency: frequency)
    for part in parts { try read(part) }
    try check(parts, whole)
  }

  private mutating func read(_ part: Part) throws(RecurrenceError) {
    switch part.name {
    case "FREQ": break
    case "INTERVAL": interval = try part.number(1...999_999_999)
    case "COUNT": count = try part.number(1...999_999_999)
    case "UNTIL": until = try part.until()
    case "BYSECOND": seconds = try part.numbers(0...60).map { min($0, 59) }.uniqued
    case "BYMINUTE": minutes = try part.numbers(0...59)
    case "BYHOUR": hours = try part.numbers(0...23)
    case "BYDAY": weekdays = try part.weekdays()
    case "BYMONTHDAY": monthDays = try part.numbers(-31...31)
    case "BYYEARDAY": yearDays = try part.numbers(-366...366)
    case "BYWEEKNO": weekNumbers = try part.numbers(-53...53)
    case "BYMONTH": months = try part.numbers(1...12)
    case "BYSETPOS": setPositions = try part.numbers(-366...366)
    case "WKST": weekStart = try part.weekday(part.value, at: part.offset)
    default:
      throw RecurrenceError(
        part.whole, at: part.nameOffset,
        "there is no part \(part.name.prefix(20)); there are FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, "
          + "BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSECOND, BYSETPOS and WKST")
    }
  }

  /// What RFC 5545 rules out between parts.
  private func check(_ parts: [Part], _ whole: String) throws(RecurrenceError) {
    func wrong(_ name: String, _ problem: String) -> RecurrenceError {
      RecurrenceError(
        whole, at: parts.first { $0.name == name }?.nameOffset, problem)
    }
    var names: Set<String> = []
    for part in parts where !names.insert(part.name).inserted {
      throw RecurrenceError(
        whole, at: part.nameOffset, "\(part.name) stands twice; write one list, as in 1,15")
    }
    if count != nil, until != nil {
      throw wrong("UNTIL", "COUNT and UNTIL both end the rule; keep one of them")
    }
    if weekdays.contains(where: { $0.ordinal != 0 }) {
      guard frequency <= .monthly else {
        throw wrong(
          "BYDAY", "numbers before weekdays, as in 2MO, need FREQ=MONTHLY or YEARLY")
      }
      guard weekNumbers.isEmpty else {
        throw wrong(
          "BYDAY", "numbers before weekdays and BYWEEKNO exclude each other; leave out one of them")
      }
    }
    if !setPositions.isEmpty, names.isDisjoint(with: Part.selecting) {
      throw wrong(
        "BYSETPOS", "it selects from what other parts name, such as BYDAY=MO,TU; there are none")
    }
  }
}

/// A part of a rule, `NAME=VALUE`, and where it stands.
private struct Part {
  static let selecting: Set<String> = [
    "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND",
  ]

  let whole: String
  let name: String
  let nameOffset: Int
  let value: Substring
  /// Where the value begins.
  let offset: Int

  func number(_ range: ClosedRange<Int>) throws(RecurrenceError) -> Int {
    try number(value, range, at: offset)
  }

  private func number(
    _ text: Substring, _ range: ClosedRange<Int>, at offset: Int
  ) throws(RecurrenceError) -> Int {
    let isPlain = text.utf8.allSatisfy { $0 < 0x80 } && text.utf8.count <= 10
    guard isPlain, let number = Int(text), range.contains(number),
      number != 0 || range.lowerBound >= 0
    else {
      let zero = range.lowerBound < 0 ? ", but not 0" : ""
      throw RecurrenceError(
        whole, at: offset,
        "'\(text.prefix(20))' is no \(name); it goes from \(range.lowerBound) to "
          + "\(range.upperBound)\(zero)")
    }
    return number
  }

  /// In order, each once.
  func numbers(_ range: ClosedRange<Int>) throws(RecurrenceError) -> [Int] {
    var numbers: [Int] = []
    try items { (item, offset) throws(RecurrenceError) in
      numbers.append(try number(item, range, at: offset))
    }
    return numbers.sorted().uniqued
  }

  func weekdays() throws(RecurrenceError) -> [RecurrenceRule.Weekday] {
    var weekdays: [RecurrenceRule.Weekday] = []
    try items { (item, offset) throws(RecurrenceError) in
      let digits = item.dropLast(2)
      let ordinal = digits.isEmpty ? 0 : try number(digits, -53...53, at: offset)
      weekdays.append(
        .init(
          ordinal: ordinal,
          weekday: try weekday(item.suffix(2), at: offset + digits.count)))
    }
    return weekdays.uniqued
  }

  func weekday(_ text: Substring, at offset: Int) throws(RecurrenceError) -> Int {
    guard let weekday = RecurrenceRule.weekdayNames.firstIndex(of: text.uppercased()) else {
      throw RecurrenceError(
        whole, at: offset,
        "'\(text.prefix(20))' is no weekday; write SU, MO, TU, WE, TH, FR or SA")
    }
    return weekday
  }

  func until() throws(RecurrenceError) -> RecurrenceRule.Until {
    let written = try LocalTime.Written(value, in: whole, at: offset)
    switch written.mark {
    case .utc: return .utc(written.time)
    case .none: return written.hasTime ? .local(written.time) : .day(written.time)
    }
  }

  private func items(
    _ read: (Substring, Int) throws(RecurrenceError) -> Void
  ) throws(RecurrenceError) {
    var offset = offset
    for item in value.split(separator: ",", omittingEmptySubsequences: false) {
      try read(item, offset)
      offset += item.count + 1
    }
  }
}

private struct Reader {
  let whole: String
  /// Of the next part.
  var offset: Int

  func part(_ text: Substring) throws(RecurrenceError) -> Part {
    guard let equals = text.firstIndex(of: "=") else {
      throw RecurrenceError(
        whole, at: offset, "'\(text.prefix(20))' is no part of a rule; write NAME=VALUE")
    }
    let name = text[..<equals].uppercased()
    let value = text[text.index(after: equals)...]
    return Part(
      whole: whole, name: name, nameOffset: offset, value: value,
      offset: offset + text.distance(from: text.startIndex, to: equals) + 1)
  }
}

extension Array where Element: Hashable {
  /// Each element once, where it stood first.
  var uniqued: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
