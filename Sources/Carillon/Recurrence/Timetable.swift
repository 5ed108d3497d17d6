/// A recurrence in a time zone, within its limits: all that decides when it happens.
///
/// A value, and every question about it is a pure function. None takes more than milliseconds, or
/// memory that grows with the time it looks over.
public struct Timetable: Sendable {
  public let recurrence: Recurrence
  public let zone: ZoneRules
  /// Nil: the recurrence's standard.
  public let clockChange: ClockChange?
  /// Nothing happens before; what happens exactly then does.
  public let start: Instant?
  /// Nothing happens after; what happens exactly then does.
  public let end: Instant?
  public let calendars: CalendarRules
  /// The recurrence with its times of UTC as those of the zone.
  private let resolved: Recurrence

  /// Throws `RecurrenceError` when the recurrence names another zone (`DTSTART;TZID=…`), or the end
  /// lies before the start.
  public init(
    _ recurrence: Recurrence, in zone: ZoneRules = .utc, clockChange: ClockChange? = nil,
    start: Instant? = nil, end: Instant? = nil, calendars: CalendarRules = .none
  ) throws(RecurrenceError) {
    if case .rule(let set) = recurrence, let name = set.zoneName,
      name != zone.name && !(name == "UTC" && zone.isUTC)
    {
      throw RecurrenceError(
        recurrence.description, at: nil,
        "it is of the zone \(name), but the schedule is of \(zone.name); say the same zone twice, "
          + "or leave TZID (or Z) out")
    }
    if let start, let end, end < start {
      throw RecurrenceError(
        recurrence.description, at: nil,
        "its end, \(end.shortText), lies before its start, \(start.shortText)")
    }
    self.recurrence = recurrence
    resolved =
      if case .rule(let set) = recurrence { .rule(set.resolved(in: zone)) } else { recurrence }
    self.zone = zone
    self.clockChange = clockChange
    self.start = start
    self.end = end
    self.calendars = calendars
  }

  /// The first occurrence after an instant; nil when there is none any more.
  ///
  /// For a delay after completion, `instant` is when the last run ended; for a schedule that has
  /// never run, when it began to exist.
  public func next(after instant: Instant) -> Occurrence? {
    let range = Instant.representable
    let instant = min(max(instant, range.lowerBound), range.upperBound)
    guard calendars.isEmpty else {
      return nextOpen(after: instant).flatMap { $0.nominal <= range.upperBound ? $0 : nil }
    }
    guard let nominal = nextBase(after: instant) else { return nil }
    return Occurrence(nominal: nominal)
  }

  /// The next instant without regard to calendars.
  func nextBase(after instant: Instant) -> Instant? {
    let range = Instant.representable
    var after = instant
    let next: Instant?
    switch resolved {
    case .after(let delay):
      next = max(after + delay.length, start ?? range.lowerBound)
    case .every(let interval):
      if let start { after = max(after, start - .microseconds(1)) }
      next = interval.next(after: after)
    case .cron, .rule, .once: next = nextOnWall(after: after)
    }
    guard let next, next <= end ?? range.upperBound, next <= range.upperBound else { return nil }
    return next
  }

  /// The first local time after another, of a recurrence that goes by the clock on the wall.
  var nextLocal: ((Int) -> Int?)? {
    switch resolved {
    case .cron(let cron): cron.next(afterLocal:)
    case .rule(let set): set.next(afterLocal:)
    case .once(let time): { $0 < time.seconds ? time.seconds : nil }
    case .every, .after: nil
    }
  }

  private func nextOnWall(after instant: Instant) -> Instant? {
    guard let nextLocal else { return nil }
    var seconds = instant.wholeSeconds
    // Whole seconds, rounded so that the start itself still counts.
    if let start { seconds = max(seconds, (start - .microseconds(1)).wholeSeconds) }
    let walk = ClockChange.Walk(
      zone: zone, policy: clockChange ?? recurrence.standardClockChange)
    while let next = walk.next(after: seconds, nextLocal), next <= LocalTime.range.upperBound {
      if case .rule(let set) = resolved, set.leavesOut(utc: next) {
        seconds = next
        continue
      }
      return Instant(wholeSeconds: next)
    }
    return nil
  }
}

// A zone's rules are hundreds of spans; its name says the same within a process.
extension Timetable: Hashable {
  public static func == (one: Timetable, other: Timetable) -> Bool {
    one.recurrence == other.recurrence && one.zone.name == other.zone.name
      && one.clockChange == other.clockChange && one.start == other.start && one.end == other.end
      && one.calendars == other.calendars
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(recurrence)
    hasher.combine(zone.name)
    hasher.combine(start)
  }
}
