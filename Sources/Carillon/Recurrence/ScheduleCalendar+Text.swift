extension ScheduleCalendar {
  /// How many dates a calendar may have.
  static let mostDates = 100_000

  /// - Parameters:
  ///   - dates: `2027-12-25`, a range with both its ends `2027-12-24/2027-12-31`, or a date of every
  ///     year `*-12-25`.
  ///   - windows: `SAT,SUN`, `MON-FRI 09:00-17:00`, `FRI 22:00-06:00`.
  public init(
    _ name: String, dates: [String] = [], windows: [String] = []
  ) throws(RecurrenceError) {
    var content = Content()
    for date in dates { try content.add(date: date) }
    for window in windows { content.windows.append(try WeeklyWindow(window)) }
    self = try content.calendar(named: name)
  }

  /// Reads a file's text: a JSON object, iCalendar, or plain lines.
  ///
  ///     2027-12-25            # a line is a date or a window; what follows # is a comment
  ///     *-01-01
  ///     SAT,SUN
  ///
  /// JSON is `{"dates": […], "windows": […]}`. Of iCalendar the all-day events count.
  ///
  /// - Parameter name: that of the calendar, where the text gives it none.
  public init(_ name: String, reading text: String) throws(RecurrenceError) {
    let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if start.first == "{" {
      try self.init(name, json: String(start))
      return
    }
    if start.prefix(15).uppercased() == "BEGIN:VCALENDAR" {
      self = try AllDayEvents(start).content().calendar(named: name)
      return
    }
    var content = Content()
    for line in text.split(whereSeparator: \.isNewline) {
      let entry = line.prefix { $0 != "#" }.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
      guard let first = entry.first else { continue }
      let text = String(entry.reversed().drop(while: \.isWhitespace).reversed())
      let isDate = first == "*" || entry.prefix(4).allSatisfy(\.isNumber)
      if isDate {
        try content.add(date: text)
      } else {
        content.windows.append(try WeeklyWindow(text))
      }
    }
    self = try content.calendar(named: name)
  }

  private init(_ name: String, json: String) throws(RecurrenceError) {
    let value: JSONValue
    do {
      value = try JSONValue(json: json)
    } catch {
      throw RecurrenceError(name, at: nil, "its JSON can't be read: \(error)")
    }
    func texts(_ key: String) throws(RecurrenceError) -> [String] {
      guard let member = value[key], !member.isNull else { return [] }
      guard let texts = member.array?.compactMap(\.string), texts.count == member.array?.count
      else {
        throw RecurrenceError(name, at: nil, "'\(key)' of a calendar is an array of texts")
      }
      return texts
    }
    for key in (value.object ?? [:]).keys.sorted()
    where !["name", "dates", "windows"].contains(key) {
      throw RecurrenceError(
        name, at: nil, "a calendar has no '\(key.prefix(40))'; it has name, dates and windows")
    }
    try self.init(value["name"]?.string ?? name, dates: texts("dates"), windows: texts("windows"))
  }

  /// `{"name": …, "dates": […], "windows": […]}`; `init(_:reading:)` reads it.
  public var jsonValue: JSONValue {
    [
      "name": .string(name), "dates": .array(dateTexts.map(JSONValue.string)),
      "windows": .array(windows.map { .string($0.description) }),
    ]
  }

  private var dateTexts: [String] {
    yearlyDays.map { "*-\(($0 / 32).digits(2))-\(($0 % 32).digits(2))" }
      + days.compactMap { LocalTime(seconds: $0 * 86_400)?.dateText }
  }

  /// What is being read.
  struct Content {
    var days: Set<Int> = []
    var yearlyDays: Set<Int> = []
    var windows: [WeeklyWindow] = []

    func calendar(named name: String) throws(RecurrenceError) -> ScheduleCalendar {
      guard !days.isEmpty || !yearlyDays.isEmpty || !windows.isEmpty else {
        throw RecurrenceError(
          name, at: nil,
          "the calendar has neither dates nor windows; write a line such as 2027-12-25")
      }
      return ScheduleCalendar(
        name: name, days: days, yearlyDays: yearlyDays, windows: windows)
    }

    mutating func add(date text: String) throws(RecurrenceError) {
      if text.hasPrefix("*-") {
        // 2028 has a 29 February.
        let time = try date("2028-\(text.dropFirst(2))"[...], in: text, at: -3)
        let (_, month, day) = civilFromDays(time.day)
        yearlyDays.insert(month * 32 + day)
        return
      }
      let sides = text.split(separator: "/", omittingEmptySubsequences: false)
      guard sides.count <= 2, let side = sides.first else {
        throw RecurrenceError(text, at: nil, "a range has two ends, as in 2027-12-24/2027-12-31")
      }
      let first = try date(side, in: text, at: 0)
      let last = sides.count == 2 ? try date(sides[1], in: text, at: side.count + 1) : first
      try add(first.day...max(first.day, last.day), in: text)
      guard last >= first else {
        throw RecurrenceError(text, at: side.count + 1, "the range ends before it begins")
      }
    }

    mutating func add(_ range: ClosedRange<Int>, in text: String) throws(RecurrenceError) {
      guard range.count <= mostDates, days.count + range.count <= mostDates else {
        throw RecurrenceError(text, at: nil, "a calendar has at most \(mostDates) dates")
      }
      days.formUnion(range)
    }

    private func date(
      _ text: Substring, in whole: String, at offset: Int
    ) throws(RecurrenceError) -> LocalTime {
      let written = try LocalTime.Written(text, in: whole, at: offset)
      guard !written.hasTime else {
        throw RecurrenceError(
          whole, at: offset + 10, "a calendar's date has no time of day; write a window for hours")
      }
      return written.time
    }
  }
}

extension ScheduleCalendar: Codable {
  private enum CodingKeys: String, CodingKey { case name, dates, windows }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      try container.decodeIfPresent(String.self, forKey: .name) ?? "",
      dates: try container.decodeIfPresent([String].self, forKey: .dates) ?? [],
      windows: try container.decodeIfPresent([String].self, forKey: .windows) ?? [])
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(dateTexts, forKey: .dates)
    try container.encode(windows.map(\.description), forKey: .windows)
  }
}
