extension RecurrenceSet {
  /// `at 17:00 on the last Friday of every month, from 2027-01-01T17:00 on`.
  var words: String {
    var parts: [String] = []
    if let rule, let plan = RulePlan(rule.endless, start: start?.seconds ?? 0) {
      parts.append(rule.words(plan))
      if let start { parts.append("from \(start) on") }
      if let count = rule.count { parts.append(count == 1 ? "once" : "\(count) times") }
      switch rule.until {
      case .local(let time)?: parts.append("until \(time)")
      case .day(let time)?: parts.append("until the end of \(time.dateText)")
      case .utc(let time)?: parts.append("until \(time)Z")
      case nil: break
      }
    }
    func add(_ word: String, _ items: [String]) {
      guard !items.isEmpty else { return }
      parts.append("\(word) \(items.count <= 3 ? Words.list(items) : "\(items.count) times")")
    }
    add(rule == nil ? "at" : "and at", added.map(\.description))
    add(
      "but not",
      excluded.map { "at \($0)" } + excludedDays.map { "on \($0.dateText)" }
        + excludedInstants.map { "at \($0)Z" })
    return parts.joined(separator: ", ")
  }
}

extension RecurrenceRule {
  fileprivate func words(_ plan: RulePlan) -> String {
    var text = timeWords(plan)
    let days = dayWords(plan.days)
    if !days.isEmpty { text += " \(days)" }
    if !setPositions.isEmpty {
      let places = setPositions.map { "the \(Words.place($0))" }
      text += ", of these \(Words.list(places)) of each \(periodName)"
    }
    return text
  }

  /// Without its end, which needn't be worked out to be told.
  fileprivate var endless: RecurrenceRule {
    var rule = self
    rule.count = nil
    rule.until = nil
    return rule
  }

  private var periodName: String {
    switch frequency {
    case .yearly: "year"
    case .monthly: "month"
    case .weekly: "week"
    case .daily: "day"
    case .hourly: "hour"
    case .minutely: "minute"
    case .secondly: "second"
    }
  }

  private func timeWords(_ plan: RulePlan) -> String {
    switch frequency {
    case .yearly, .monthly, .weekly, .daily: return plan.times.words
    case .hourly, .minutely, .secondly: break
    }
    var text = Words.every(interval, periodName)
    if frequency == .hourly {
      text += " at \(Words.numbered("minute", (0..<60).filter { plan.times.minutes.hasBit($0) }))"
    }
    let second = (0..<60).filter { plan.times.seconds.hasBit($0) }
    if frequency != .secondly, second != [0] { text += " at \(Words.numbered("second", second))" }
    func add(_ unit: String, _ numbers: [Int]) {
      if !numbers.isEmpty { text += ", only in \(Words.numbered(unit, numbers))" }
    }
    if frequency == .secondly { add("second", seconds) }
    if frequency != .hourly { add("minute", minutes) }
    add("hour", hours)
    return text
  }

  private func dayWords(_ days: RuleDays) -> String {
    var items: [String] = []
    let plain = weekdays.filter { $0.ordinal == 0 }
      .reduce(UInt32(0)) { $0 | 1 << UInt32($1.weekday) }
    var weekdayItems: [String] = []
    for day in weekdays where day.ordinal != 0 {
      weekdayItems.append("the \(Words.place(day.ordinal)) \(Words.weekdays[day.weekday])")
    }
    let implied = plain == 0 && weekdayItems.isEmpty ? days.plainWeekdays : plain
    if implied != 0 {
      let names = Words.weekdays(implied)
      weekdayItems.append(names.contains(" to ") ? "every day from \(names)" : "every \(names)")
    }
    if !weekdayItems.isEmpty { items.append(Words.list(weekdayItems)) }
    let dates = days.monthDayNumbers
    if !dates.isEmpty {
      let forward = dates.filter { $0 > 0 }
      let back = dates.filter { $0 < 0 }.map { "the \(Words.place($0)) day" }
      items.append(
        Words.list((forward.isEmpty ? [] : [Words.numbered("day", forward)]) + back))
    }
    if !yearDays.isEmpty {
      items.append("\(Words.list(yearDays.map { "the \(Words.place($0))" })) day of the year")
    }
    if !weekNumbers.isEmpty {
      items.append("the days of week \(Words.list(weekNumbers.map { "\($0)" }))")
    }
    var parts: [String] = []
    if !items.isEmpty { parts.append("on \(items.joined(separator: ", which is also "))") }
    if days.months != RuleDays.allMonths { parts.append("in \(Words.months(days.months))") }
    let period = periodWords(isBare: parts.isEmpty)
    if !period.isEmpty { parts.append(period) }
    return parts.joined(separator: " ")
  }

  /// `of every 2nd month`; empty where nothing needs saying.
  private func periodWords(isBare: Bool) -> String {
    switch frequency {
    case .yearly: interval == 1 ? "every year" : Words.each(interval, "year")
    case .monthly:
      interval == 1 && !months.isEmpty ? "" : "of \(Words.each(interval, "month"))"
    case .weekly: interval == 1 ? "" : "of \(Words.each(interval, "week"))"
    case .daily: interval == 1 && !isBare ? "" : Words.each(interval, "day")
    case .hourly, .minutely, .secondly: ""
    }
  }
}
