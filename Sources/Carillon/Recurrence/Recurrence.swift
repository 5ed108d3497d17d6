/// When something happens again, without the zone and the limits that a `Timetable` adds.
///
/// One text says it everywhere, in columns, JSON and on the command line:
///
///     0 9 * * MON-FRI                               cron, five fields or six
///     @daily
///     @every 15m                                    elapsed time, on the quarters of UTC's hours
///     @every 36h from 2026-01-01T00:00:00Z
///     @after 10m                                    10 minutes after the last run's end
///     @at 2027-03-28T09:00                          once, by the clock on the wall
///     RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17       RFC 5545
///     DTSTART:20270104T090000 RRULE:FREQ=WEEKLY;INTERVAL=2 EXDATE:20270118T090000
public enum Recurrence: Sendable, Hashable {
  case cron(Cron)
  /// At a fixed interval of elapsed time.
  case every(Interval)
  /// A while after the end of the last run.
  case after(Delay)
  /// A recurrence set of RFC 5545.
  case rule(RecurrenceSet)
  /// One time on the wall, at whatever instant the zone's rules put it when it is due.
  case once(LocalTime)

  /// A pause between the end of a run and the next one.
  public struct Delay: Sendable, Hashable {
    /// Whole milliseconds, from 1 s to 36 500 days.
    public let length: Duration

    public init(_ length: Duration) throws(RecurrenceError) {
      self.length = .microseconds(try Interval.checked(length, "a delay"))
    }
  }

  /// What a change of the clocks does to it when nobody says otherwise: `onceADay` for fixed times
  /// of day, `elapsed` for what recurs within the day.
  public var standardClockChange: ClockChange {
    switch self {
    case .cron(let cron): cron.hasWildcardHour ? .elapsed : .onceADay
    case .every, .after: .elapsed
    case .rule(let set): set.recursWithinDay ? .elapsed : .onceADay
    case .once: .onceADay
    }
  }

  /// Whether the next time depends on when the last run ended.
  public var followsCompletion: Bool {
    switch self {
    case .after: true
    case .cron, .every, .rule, .once: false
    }
  }
}
