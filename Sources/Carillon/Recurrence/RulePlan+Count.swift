extension RulePlan {
  /// The time with a number, counted from 1 at the start: the last one of a COUNT.
  ///
  /// The end of the calendar when there aren't so many; nil when counting takes too long.
  func counted(_ count: Int) -> Int? {
    switch frequency {
    case .yearly, .monthly, .weekly, .daily:
      return setPositions.isEmpty ? countedByMonth(count) : countedBySet(count)
    case .hourly, .minutely, .secondly:
      guard days.isEveryDay, units.count == 86_400 / frequency.unit else {
        return countedOneByOne(count)
      }
      let unit = start.dividedDown(by: frequency.unit).quotient
      return countedByUnit(count) { index in
        let (steps, overflow) = index.multipliedReportingOverflow(by: interval)
        let most = LocalTime.range.upperBound / frequency.unit - unit
        return overflow || steps > most ? nil : unit + steps
      }
    }
  }

  /// The search for one that isn't there spends all effort in vain, and is no reason to refuse a rule.
  private static let end = LocalTime.range.upperBound

  private func countedBySet(_ count: Int) -> Int? {
    var (left, effort) = (count, RulePlan.mostEffort)
    var day = start.dividedDown(by: 86_400).quotient
    while let (times, end) = set(from: day, &effort) {
      let here = times.filter { $0 >= start }
      if left <= here.count { return here[left - 1] }
      left -= here.count
      day = end
    }
    return effort > 0 ? RulePlan.end : nil
  }

  /// Every day has the same times, so whole months are counted at once.
  private func countedByMonth(_ count: Int) -> Int? {
    let (day, time) = start.dividedDown(by: 86_400)
    var (year, month, dayOfMonth) = civilFromDays(day)
    let perDay = times.count
    var (left, effort) = (count, RulePlan.mostEffort)
    if mask(year, month).hasBit(dayOfMonth) {
      // As if the earlier times of the first day counted too.
      left += times.count(before: time)
    }
    while effort > 0 {
      effort -= monthEffort
      let mask = self.mask(year, month) & (UInt32.max << UInt32(dayOfMonth))
      let here = mask.nonzeroBitCount * perDay
      if left <= here {
        let (index, place) = (left - 1).quotientAndRemainder(dividingBy: max(1, perDay))
        let day = daysFromCivil(year, month, mask.bit(at: index))
        return day * 86_400 + times.time(at: place)
      }
      left -= here
      (year, month) = following(year, month)
      dayOfMonth = 1
      if year > 9_999 { break }
    }
    return effort > 0 ? RulePlan.end : nil
  }

  private func countedOneByOne(_ count: Int) -> Int? {
    var units = Units(self)
    var effort = RulePlan.mostEffort
    var (unit, known) = (start.dividedDown(by: frequency.unit).quotient - 1, 0)
    let found = countedByUnit(count) { index in
      while known <= index {
        guard let next = units.first(from: unit + 1, &effort) else { return nil }
        unit = next
        known += 1
      }
      return unit
    }
    return effort > 0 ? found : nil
  }

  /// - Parameter unit: the n-th hour, minute or second that begins a period, from 0 on and from the
  ///   start's own on, if that is one; nil when there are no more.
  private func countedByUnit(_ count: Int, _ unit: (Int) -> Int?) -> Int? {
    let times = unitTimes
    guard times.count > 0, let first = unit(0) else { return RulePlan.end }
    var wanted = count - 1
    if first == start.dividedDown(by: frequency.unit).quotient {
      let second = start.dividedDown(by: frequency.unit).remainder
      wanted += (0..<times.count).prefix { times.time(at: $0) < second }.count
    }
    let (index, place) = wanted.quotientAndRemainder(dividingBy: times.count)
    return unit(index).map { $0 * frequency.unit + times.time(at: place) } ?? RulePlan.end
  }
}
