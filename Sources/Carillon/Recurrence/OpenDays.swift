/// Finds the nearest open times; remembers the last closed stretch, so that a search from each of its
/// days doesn't walk over it again.
struct OpenDays {
  /// A closure of more days counts as one for ever.
  static let longestClosure = 3_660
  /// Nothing moves over more days.
  static let longestMove = 366

  let rules: CalendarRules
  private let longest: Int
  /// The days that the last search in a direction found closed, and whether the one after them is
  /// known to be open.
  private var closed: (days: ClosedRange<Int>, step: Int, endsOpen: Bool)?

  init(rules: CalendarRules, longest: Int = longestClosure) {
    self.rules = rules
    self.longest = longest
  }

  /// The nearest day, this one or further in a direction, that isn't wholly closed.
  mutating func openDay(from day: Int, step: Int) -> Int? {
    var candidate = day
    var isOpen = false
    while !isOpen, abs(candidate - day) < longest {
      if let closed, closed.step == step, closed.days.contains(candidate) {
        candidate = step > 0 ? closed.days.upperBound + 1 : closed.days.lowerBound - 1
        isOpen = closed.endsOpen
      } else if rules.openParts(of: candidate).isEmpty {
        candidate += step
      } else {
        isOpen = true
      }
    }
    if candidate != day {
      closed = (step > 0 ? day...candidate - 1 : candidate + 1...day, step, isOpen)
    }
    return isOpen ? candidate : nil
  }

  /// The first open local time from one on, in seconds.
  mutating func firstOpen(fromLocal local: Int) -> Int? {
    let (day, second) = local.dividedDown(by: 86_400)
    for part in rules.openParts(of: day) {
      if part.contains(second / 60) { return local }
      if part.lowerBound > second / 60 { return day * 86_400 + part.lowerBound * 60 }
    }
    guard let next = openDay(from: day + 1, step: 1), let part = rules.openParts(of: next).first
    else { return nil }
    return next * 86_400 + part.lowerBound * 60
  }

  /// The beginning of the last open minute that ends before or at a local time.
  mutating func lastOpen(beforeLocal local: Int) -> Int? {
    let (day, second) = local.dividedDown(by: 86_400)
    if let part = rules.openParts(of: day).last(where: { $0.lowerBound < second / 60 }) {
      return day * 86_400 + (min(part.upperBound, second / 60) - 1) * 60
    }
    guard let next = openDay(from: day - 1, step: -1), let part = rules.openParts(of: next).last
    else { return nil }
    return next * 86_400 + (part.upperBound - 1) * 60
  }

  /// Where a closed local time moves to; nil when there is no such place.
  ///
  /// On a day that is wholly closed it moves to the nearest day that isn't and keeps its time of day,
  /// if that is open there. Otherwise it moves to the nearest open time: forward to the opening, back
  /// to the last open minute.
  mutating func moved(local: Int) -> Int? {
    let (day, second) = local.dividedDown(by: 86_400)
    let step: Int
    switch rules.collision {
    case .skip: return nil
    case .before: step = -1
    case .after: step = 1
    }
    var time = local
    if rules.openParts(of: day).isEmpty {
      guard let open = openDay(from: day, step: step) else { return nil }
      time = open * 86_400 + second
      if rules.isOpen(local: time) { return time }
    }
    return step > 0 ? firstOpen(fromLocal: time) : lastOpen(beforeLocal: time)
  }

  /// The furthest day from which something may move to `day`: over the closed days next to it, one
  /// that is partly open, and the closed days beyond.
  mutating func reach(from day: Int, step: Int) -> Int {
    var day = day
    for _ in 0..<2 {
      guard let open = openDay(from: day + step, step: step) else {
        return day + longest * step
      }
      day = open
    }
    return day
  }
}
