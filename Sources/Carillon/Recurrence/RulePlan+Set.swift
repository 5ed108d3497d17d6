extension RulePlan {
  // MARK: BYSETPOS by years, months, weeks and days

  /// The first time after another among those that BYSETPOS selects of each period's.
  func nextOfSet(after local: Int, _ effort: inout Int) -> Int? {
    var day = (local + 1).dividedDown(by: 86_400).quotient
    while let (times, end) = set(from: day, &effort) {
      if let next = times.first(where: { $0 > local }) { return next }
      day = end
    }
    return nil
  }

  /// The times that BYSETPOS selects of the first period with any day, from the one of `day` on, and
  /// the day after it; nil when there is none, or the effort is spent.
  func set(from day: Int, _ effort: inout Int) -> (times: [Int], end: Int)? {
    guard effort > 0, let named = firstDay(from: periodBegin(of: day), &effort) else { return nil }
    let begin = periodBegin(of: named)
    let end = periodEnd(after: begin)
    effort -= (end - begin) / 28 * monthEffort + 20 + setPositions.count * 5
    return (selected(begin..<end), end)
  }

  /// The times of a period that BYSETPOS selects, in order.
  private func selected(_ period: Range<Int>) -> [Int] {
    var named: [Int] = []
    var day = period.lowerBound
    while day < period.upperBound {
      let (year, month, dayOfMonth) = civilFromDays(day)
      var left = mask(year, month) & (UInt32.max << UInt32(dayOfMonth))
      let first = day - dayOfMonth
      while left != 0 {
        named.append(first + left.trailingZeroBitCount)
        left &= left &- 1
      }
      day = first + daysInMonth(month, of: year) + 1
    }
    while let last = named.last, last >= period.upperBound { named.removeLast() }
    let perDay = times.count
    return RulePlan.places(setPositions, of: named.count * perDay).map { place in
      let (index, time) = place.quotientAndRemainder(dividingBy: max(1, perDay))
      return named[index] * 86_400 + times.time(at: time)
    }
  }

  /// BYSETPOS as places from 0 on in a set of so many, in order, each once.
  static func places(_ positions: [Int], of count: Int) -> [Int] {
    let places = positions.compactMap { position in
      let place = position > 0 ? position - 1 : count + position
      return (0..<count).contains(place) ? place : nil
    }
    return places.count < 2 ? places : Set(places).sorted()
  }

  private func periodBegin(of day: Int) -> Int {
    let (year, month, dayOfMonth) = civilFromDays(day)
    switch frequency {
    case .yearly: return daysFromCivil(year, 1, 1)
    case .monthly: return daysFromCivil(year, month, dayOfMonth) - dayOfMonth + 1
    case .weekly: return days.weekBegin(of: day)
    case .daily, .hourly, .minutely, .secondly: return day
    }
  }

  /// The day after a period that begins with `day`.
  private func periodEnd(after day: Int) -> Int {
    let (year, month, _) = civilFromDays(day)
    switch frequency {
    case .yearly: return daysFromCivil(year + 1, 1, 1)
    case .monthly: return day + daysInMonth(month, of: year)
    case .weekly: return day + 7
    case .daily, .hourly, .minutely, .secondly: return day + 1
    }
  }
}
