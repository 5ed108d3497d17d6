/// Closes a gate at the times of a calendar: every night, on public holidays.
public struct Blackout: Sendable, Hashable {
  /// The longest name, in bytes.
  public static let longestName = 200

  /// Tells it from other blackouts, whatever they close.
  public let name: String
  public let scope: GateScope
  /// What they exclude is closed, and so is what they require and isn't.
  public let calendars: CalendarRules
  /// In which the calendars' days and hours are meant.
  public let zone: ZoneRules
  public let since: Instant
  public let by: String?
  public let reason: String?

  package init(
    name: String, scope: GateScope, calendars: CalendarRules, zone: ZoneRules, since: Instant,
    by: String?, reason: String?
  ) {
    self.name = name
    self.scope = scope
    self.calendars = calendars
    self.zone = zone
    self.since = since
    self.by = by
    self.reason = reason
  }

  /// Whether it closes its gate at `now`.
  public func isClosed(at now: Instant) -> Bool { !calendars.isOpen(at: now, in: zone) }

  /// When it next doesn't close its gate: `now` itself, or later; nil for not within ten years.
  public func nextOpening(after now: Instant) -> Instant? {
    calendars.nextOpening(after: now, in: zone)
  }

  /// The calendars' own texts: `MON-FRI 22:00-06:00`, `*-12-25`.
  public var windows: [String] {
    calendars.excluded.flatMap(\.entries)
      + calendars.required.flatMap(\.entries).map { "not \($0)" }
  }
}

extension ScheduleCalendar {
  /// Its windows and dates, as they are written.
  var entries: [String] {
    let value = jsonValue
    return ["windows", "dates"].flatMap { value[$0]?.array?.compactMap(\.string) ?? [] }
  }
}
