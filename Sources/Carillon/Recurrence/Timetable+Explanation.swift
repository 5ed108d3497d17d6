extension Timetable {
  /// What it means, in plain words: `At 09:00 on every day from Monday to Friday, Europe/Paris`.
  public var explanation: String {
    var parts = [recurrenceWords, zone.name]
    if let start { parts.append("not before \(start.shortText)") }
    if let end { parts.append("not after \(end.shortText)") }
    func names(_ calendars: [ScheduleCalendar]) -> String {
      Words.list(calendars.map { $0.name.isEmpty ? "a calendar" : $0.name })
    }
    if !calendars.excluded.isEmpty { parts.append("except in \(names(calendars.excluded))") }
    if !calendars.required.isEmpty { parts.append("only in \(names(calendars.required))") }
    if !calendars.isEmpty {
      switch calendars.collision {
      case .skip: break
      case .before: parts.append("moved to the open time before")
      case .after: parts.append("moved to the open time after")
      }
    }
    return parts.joined(separator: ", ").capitalisedFirst
  }

  private var recurrenceWords: String {
    switch recurrence {
    case .cron(let cron): return cron.words
    case .every(let interval):
      let length = Words.duration(interval.length)
      let isOne = length.hasPrefix("1 ") && !length.contains("and") && !length.contains(",")
      return "every \(isOne ? String(length.dropFirst(2)) : length) of elapsed time, counted from "
        + interval.anchor.shortText
    case .after(let delay): return "\(Words.duration(delay.length)) after the last run's end"
    case .rule(let set): return set.words
    case .once(let time): return "once, at \(time.timeText) on \(Words.date(time))"
    }
  }
}
