extension CronDays {
  static let ofEveryMonth = " of the month"

  /// `every day`, `on day 1 of the month`, `on day 13 of the month and on every Friday`.
  ///
  /// - Parameter ofMonth: what they are days of.
  func words(ofMonth: String) -> String {
    let dates = dateWords.map { "on \($0)\(ofMonth)" }
    let isCondition = dateWords != nil && (anyDayOfMonth || anyDayOfWeek)
    let weekdays = weekdayWords(ofMonth: ofMonth, every: isCondition ? "" : "every ").map {
      "on \($0)"
    }
    guard let dates else {
      return weekdays ?? "every day\(ofMonth == CronDays.ofEveryMonth ? "" : ofMonth)"
    }
    guard let weekdays else { return dates }
    return isCondition
      ? "\(dates), if it falls \(weekdays)" : "\(dates) and \(weekdays)"
  }

  /// Nil for every day.
  private var dateWords: String? {
    let numbers = (1...31).filter { days.hasBit($0) }
    guard numbers.count < 31 else { return nil }
    var items: [String] = []
    if let step = Words.step(numbers, 1..<32) {
      items.append("every \(Words.ordinal(step)) day from the 1st")
    } else if !numbers.isEmpty {
      items.append(Words.numbered("day", numbers))
    }
    for back in 0..<31 where daysFromEnd.hasBit(back) {
      items.append(back == 0 ? "the last day" : "the \(Words.ordinal(back)) day before the last")
    }
    for day in 1...31 where nearestWeekdays.hasBit(day) {
      items.append("the weekday nearest to the \(Words.ordinal(day))")
    }
    if lastWeekday { items.append("the last weekday") }
    return Words.list(items)
  }

  /// Nil for every day.
  private func weekdayWords(ofMonth: String, every: String) -> String? {
    guard weekdays != 0x7F else { return nil }
    var items: [String] = []
    if weekdays != 0 {
      let names = Words.weekdays(weekdays)
      let isRange = names.contains(" to ") && !every.isEmpty
      items.append("\(every)\(isRange ? "day from " : "")\(names)")
    }
    for bit in 0..<35 where nthWeekdays >> UInt64(bit) & 1 == 1 {
      items.append("the \(Words.place(bit / 7 + 1)) \(Words.weekdays[bit % 7])")
    }
    for weekday in 0..<7 where lastWeekdays.hasBit(weekday) {
      items.append("the last \(Words.weekdays[weekday])")
    }
    let text = Words.list(items)
    return weekdays != 0 && ofMonth == CronDays.ofEveryMonth ? text : text + ofMonth
  }
}

extension Cron {
  /// `at 09:00 on every day from Monday to Friday`.
  var words: String {
    let times = TimesOfDay(seconds: seconds, minutes: minutes, hours: hours)
    let months = months == 0x1FFE ? CronDays.ofEveryMonth : " in \(Words.months(months))"
    let days = days.words(ofMonth: months)
    // What goes on within the day needs no "every day".
    return days == "every day" && times.isLong ? times.words : "\(times.words) \(days)"
  }
}
