extension RulePlan {
  // MARK: By hours, minutes and seconds

  private var unit: Int { frequency.unit }

  func nextWithinDay(after local: Int, _ effort: inout Int) -> Int? {
    let (unit, second) = (local + 1).dividedDown(by: unit)
    var units = Units(self)
    let times = unitTimes
    guard let first = units.first(from: unit, &effort) else { return nil }
    if first > unit { return times.first(from: 0).map { first * self.unit + $0 } }
    if let time = times.first(from: second) { return unit * self.unit + time }
    guard let next = units.first(from: unit + 1, &effort) else { return nil }
    return times.first(from: 0).map { next * self.unit + $0 }
  }

  /// The times within a unit that BYSETPOS selects, or all; every unit is like the first of a day.
  var unitTimes: UnitTimes { UnitTimes(times: times, positions: setPositions) }

  /// Some of the times of an hour or a minute.
  struct UnitTimes {
    let times: TimesOfDay
    /// Empty for all of them.
    let places: [Int]
    let selects: Bool

    init(times: TimesOfDay, positions: [Int]) {
      self.times = times
      selects = !positions.isEmpty
      places = selects ? RulePlan.places(positions, of: times.count) : []
    }

    var count: Int { selects ? places.count : times.count }

    func time(at index: Int) -> Int { times.time(at: selects ? places[index] : index) }

    /// The first from a second of the unit on.
    func first(from second: Int) -> Int? {
      guard selects else { return times.first(from: second) }
      return places.lazy.map { times.time(at: $0) }.first { $0 >= second }
    }
  }

  /// The hours, minutes or seconds that begin a period, counted from 1970; remembers the last day.
  struct Units {
    private let plan: RulePlan
    private let startUnit: Int
    private var known: (day: Int, isNamed: Bool)?

    init(_ plan: RulePlan) {
      self.plan = plan
      startUnit = plan.start.dividedDown(by: plan.unit).quotient
    }

    /// The first from one on; nil when there is none, or the effort is spent.
    mutating func first(from first: Int, _ effort: inout Int) -> Int? {
      let (unit, interval) = (plan.unit, plan.interval)
      let perDay = 86_400 / unit
      var candidate = first
      while effort > 0 {
        effort -= 1
        let past = (candidate - startUnit).dividedDown(by: interval).remainder
        if past > 0 { candidate += interval - past }
        if candidate > (plan.last ?? LocalTime.range.upperBound) / unit { return nil }
        let (day, place) = candidate.dividedDown(by: perDay)
        if known?.day != day {
          effort -= plan.days.effort
          let (year, month, dayOfMonth) = civilFromDays(day)
          known = (day, plan.days.mask(year, month).hasBit(dayOfMonth))
        }
        guard known?.isNamed == true else {
          guard let next = plan.firstDay(from: day + 1, &effort) else { return nil }
          candidate = next * perDay
          continue
        }
        guard let time = plan.units.first(from: place * unit) else {
          candidate = (day + 1) * perDay
          continue
        }
        if time == place * unit { return candidate }
        candidate = day * perDay + time / unit
      }
      return nil
    }
  }
}
