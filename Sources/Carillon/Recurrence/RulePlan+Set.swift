extension RulePlan {
  // MARK: BYSETPOS by years, months, weeks and days

  /// The first time after another among those that BYSETPOS selects of each period's.
  func nextOfSet(after local: Int) -> Int? {
    var day = (local + 1).dividedDown(by: 86_400).quotient
    for _ in 0..<RulePlan.mostSets(frequency) {
      // Periods without any day are passed over.
      guard let named = firstDay(from: periodBegin(of: day)) else { return nil }
      let begin = max(periodBegin(of: day), periodBegin(of: named))
      let end = periodEnd(after: begin)
      if let next = selected(begin..<end).first(where: { $0 > local }) { return next }
      if let last, end * 86_400 > last { return nil }
      day = end
    }
    return nil
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
    positions.compactMap { position in
      let place = position > 0 ? position - 1 : count + position
      return (0..<count).contains(place) ? place : nil
    }.sorted().uniqued
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
