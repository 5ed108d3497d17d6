extension RulePlan {
  // MARK: By hours, minutes and seconds

  private var unit: Int { frequency.unit }

  func nextWithinDay(after local: Int) -> Int? {
    let (unit, second) = (local + 1).dividedDown(by: unit)
    guard let first = firstUnit(from: unit) else { return nil }
    if first == unit {
      if let time = time(of: first, from: second) { return time }
      guard let first = firstUnit(from: unit + 1) else { return nil }
      return time(of: first, from: 0)
    }
    return time(of: first, from: 0)
  }

  /// The first time within a unit, from a second of it on. Every unit has some, but BYSETPOS may take
  /// them away, and then takes them from all.
  private func time(of unit: Int, from second: Int) -> Int? {
    let begin = unit * self.unit
    // One hour, minute or second is like the first of a day.
    guard !setPositions.isEmpty else { return times.first(from: second).map { begin + $0 } }
    for place in RulePlan.places(setPositions, of: times.count) {
      let time = times.time(at: place)
      if time >= second { return begin + time }
    }
    return nil
  }

  /// The first hour, minute or second that begins a period, from one on; counted from 1970.
  private func firstUnit(from first: Int) -> Int? {
    let perDay = 86_400 / unit
    let startUnit = start.dividedDown(by: unit).quotient
    var candidate = first
    var known: (day: Int, isNamed: Bool)?
    for _ in 0..<RulePlan.mostUnits {
      let past = (candidate - startUnit).dividedDown(by: interval).remainder
      if past > 0 { candidate += interval - past }
      if candidate > LocalTime.range.upperBound / unit { return nil }
      if let last, candidate * unit > last { return nil }
      let (day, place) = candidate.dividedDown(by: perDay)
      if known?.day != day {
        let (year, month, dayOfMonth) = civilFromDays(day)
        known = (day, days.mask(year, month).hasBit(dayOfMonth))
      }
      guard known?.isNamed == true else {
        guard let next = firstDay(from: day + 1) else { return nil }
        candidate = next * perDay
        continue
      }
      guard let time = units.first(from: place * unit) else {
        candidate = (day + 1) * perDay
        continue
      }
      if time == place * unit { return candidate }
      candidate = day * perDay + time / unit
    }
    return nil
  }
}
