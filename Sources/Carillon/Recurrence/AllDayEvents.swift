/// Reads the dates of an iCalendar file's all-day events; events with a time of day are no holidays.
struct AllDayEvents {
  /// Unfolded: a line that begins with a space goes on with the one before.
  private let lines: [String]

  init(_ text: Substring) {
    var lines: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      if let first = line.first, first == " " || first == "\t", !lines.isEmpty {
        lines[lines.count - 1] += line.dropFirst()
      } else {
        lines.append(String(line))
      }
    }
    self.lines = lines
  }

  private struct Event {
    var first: (day: Int, line: String)?
    /// Exclusive, as in iCalendar.
    var end: Int?
    var isYearly = false
  }

  func content() throws(RecurrenceError) -> ScheduleCalendar.Content {
    var content = ScheduleCalendar.Content()
    var event: Event?
    for line in lines {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].uppercased().split(separator: ";").first ?? ""
      let value = line[line.index(after: colon)...]
      switch name {
      case "BEGIN" where value.uppercased() == "VEVENT": event = Event()
      case "END" where value.uppercased() == "VEVENT":
        if let event { try add(event, to: &content) }
        event = nil
      case "DTSTART" where value.utf8.count == 8:
        event?.first = (try LocalTime.Written(value, in: line, at: 0).time.day, line)
      case "DTEND" where value.utf8.count == 8:
        event?.end = try LocalTime.Written(value, in: line, at: 0).time.day
      case "RRULE":
        guard event != nil else { continue }
        guard value.uppercased() == "FREQ=YEARLY" else {
          throw RecurrenceError(
            line, at: nil,
            "an event of a calendar may come again every year (FREQ=YEARLY) and no "
              + "other way; write out its dates")
        }
        event?.isYearly = true
      default: break
      }
    }
    return content
  }

  private func add(
    _ event: Event, to content: inout ScheduleCalendar.Content
  ) throws(RecurrenceError) {
    guard let (first, line) = event.first else { return }
    let last = max(first, (event.end ?? first + 1) - 1)
    guard event.isYearly else { return try content.add(first...last, in: line) }
    for day in first...min(last, first + 366) {
      let (_, month, dayOfMonth) = civilFromDays(day)
      content.yearlyDays.insert(month * 32 + dayOfMonth)
    }
  }
}
