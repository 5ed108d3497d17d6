extension RulePlan {
  /// The time with a number, counted from 1 at the start: the last one of a COUNT.
  ///
  /// The end of the calendar when there aren't so many; nil when they are too many to count.
  func counted(_ count: Int) -> Int? {
    if !setPositions.isEmpty { return countedOneByOne(count) }
    switch frequency {
    case .yearly, .monthly, .weekly, .daily: return countedByMonth(count)
    case .hourly, .minutely, .secondly:
      guard days.isEveryDay, units.count == 86_400 / frequency.unit else {
        return countedOneByOne(count)
      }
      return countedByUnit(count)
    }
  }

  private func countedOneByOne(_ count: Int) -> Int? {
    guard count <= RulePlan.mostCounted else { return nil }
    var time = start - 1
    for _ in 0..<count {
      guard let next = next(afterLocal: time) else { return LocalTime.range.upperBound }
      time = next
    }
    return time
  }

  /// Every day has the same times, so whole months are counted at once.
  private func countedByMonth(_ count: Int) -> Int? {
    let (day, time) = start.dividedDown(by: 86_400)
    var (year, month, dayOfMonth) = civilFromDays(day)
    let perDay = times.count
    var left = count
    if mask(year, month).hasBit(dayOfMonth) {
      // As if the earlier times of the first day counted too.
      left = left.addingReportingOverflow(times.count(before: time)).partialValue
    }
    for _ in 0..<RulePlan.mostMonths {
      let mask = self.mask(year, month) & (UInt32.max << UInt32(dayOfMonth))
      let here = mask.nonzeroBitCount * perDay
      if left <= here, perDay > 0 {
        let (index, place) = (left - 1).quotientAndRemainder(dividingBy: perDay)
        let day = daysFromCivil(year, month, mask.bit(at: index))
        return day * 86_400 + times.time(at: place)
      }
      left -= here
      (year, month) = following(year, month)
      dayOfMonth = 1
      if year > 9_999 { break }
    }
    return LocalTime.range.upperBound
  }

  /// Nothing limits the hours, minutes or seconds: the count is a matter of division.
  private func countedByUnit(_ count: Int) -> Int? {
    let (unit, second) = start.dividedDown(by: frequency.unit)
    let perUnit = times.count
    let wanted = count - 1 + times.count(before: second)
    let (index, place) = wanted.quotientAndRemainder(dividingBy: max(1, perUnit))
    let (steps, overflow) = index.multipliedReportingOverflow(by: interval)
    guard !overflow, steps < LocalTime.range.upperBound / frequency.unit else {
      return LocalTime.range.upperBound
    }
    return (unit + steps) * frequency.unit + times.time(at: place)
  }
}
