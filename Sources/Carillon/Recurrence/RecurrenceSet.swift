/// A recurrence set of RFC 5545: a start, a rule, times added and times left out.
///
///     DTSTART:20270104T090000 RRULE:FREQ=WEEKLY;INTERVAL=2 EXDATE:20270118T090000
///
/// The times are local ones of the timetable's zone. They say nothing about DTSTART itself: it is one
/// of them only if the rule names it. COUNT counts from DTSTART on, with what EXDATE leaves out.
public struct RecurrenceSet: Sendable, Hashable {
  /// DTSTART; without one it begins in 1970, and then nothing may depend on that.
  let start: LocalTime?
  public private(set) var rule: RecurrenceRule?
  /// RDATE, in order.
  let added: [LocalTime]
  /// EXDATE, in order.
  let excluded: [LocalTime]
  /// EXDATE without a time of day: the whole day, in order.
  let excludedDays: [LocalTime]
  /// EXDATE in UTC, which only the timetable can compare; in order.
  let excludedInstants: [LocalTime]
  /// The zone that the text names, which must then be the timetable's; nil when it names none.
  let zoneName: String?
  private var plan: RulePlan?

  /// Nil when the rule's COUNT can't be counted out.
  init?(_ properties: Properties) {
    start = properties.start
    rule = properties.rule
    zoneName = properties.zoneName
    added = Set(properties.added).sorted()
    excluded = Set(properties.excluded).sorted()
    excludedDays = Set(properties.excludedDays).sorted()
    excludedInstants = Set(properties.excludedInstants).sorted()
    guard let rule = properties.rule else {
      plan = nil
      return
    }
    plan = RulePlan(rule, start: start?.seconds ?? 0)
    if plan == nil { return nil }
  }

  /// What the text says, before it is put in order.
  struct Properties {
    var start: LocalTime?
    var rule: RecurrenceRule?
    var added: [LocalTime] = []
    var excluded: [LocalTime] = []
    var excludedDays: [LocalTime] = []
    var excludedInstants: [LocalTime] = []
    var zoneName: String?
  }

  /// Whether it recurs by the hour or more often, and so follows elapsed time.
  var recursWithinDay: Bool {
    switch rule?.frequency {
    case .hourly?, .minutely?, .secondly?: true
    case .yearly?, .monthly?, .weekly?, .daily?, nil: false
    }
  }

  /// The first time after another, both in seconds of the local calendar.
  func next(afterLocal local: Int) -> Int? {
    var after = local
    while true {
      var next = plan?.next(afterLocal: after)
      if let other = added.first(above: after), other.seconds < next ?? .max {
        next = other.seconds
      }
      guard let next else { return nil }
      if excluded.holds(next) {
        after = next
      } else if !excludedDays.isEmpty, excludedDays.holds(next - next.dividedDown(by: 86_400).1) {
        after = next - next.dividedDown(by: 86_400).remainder + 86_399
      } else {
        return next
      }
    }
  }

  /// Whether an EXDATE of UTC leaves out an instant, in whole seconds.
  func leavesOut(utc seconds: Int) -> Bool { excludedInstants.holds(seconds) }

  /// The same with an UNTIL of UTC as the local time that it is in a zone.
  func resolved(in zone: ZoneRules) -> RecurrenceSet {
    guard case .utc(let time)? = rule?.until else { return self }
    let instant = Instant(wholeSeconds: time.seconds)
    var resolved = self
    resolved.rule?.until = .local(LocalTime(instant, in: zone))
    if let rule = resolved.rule { resolved.plan = RulePlan(rule, start: start?.seconds ?? 0) }
    return resolved
  }
}

extension [LocalTime] {
  /// The first above a number of seconds, of an array in order.
  fileprivate func first(above seconds: Int) -> LocalTime? {
    let place = partition(above: seconds)
    return place < count ? self[place] : nil
  }

  fileprivate func holds(_ seconds: Int) -> Bool {
    guard !isEmpty else { return false }
    let place = partition(above: seconds - 1)
    return place < count && self[place].seconds == seconds
  }

  private func partition(above seconds: Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].seconds > seconds { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
