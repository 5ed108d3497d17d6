/// Which calendars a schedule or a queue keeps to, and what becomes of a time that they close.
///
/// A time is open when no excluded calendar has it, and every required one has.
public struct CalendarRules: Sendable, Hashable, Codable {
  /// What becomes of an occurrence at a closed time.
  public enum Collision: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is left out.
    case skip
    /// It moves to the open time before, over at most a year; `OpenDays.moved` says how.
    case before
    /// It moves to the open time after, over at most a year.
    case after
  }

  public let excluded: [ScheduleCalendar]
  public let required: [ScheduleCalendar]
  public let collision: Collision

  public init(
    excluding excluded: [ScheduleCalendar] = [], requiring required: [ScheduleCalendar] = [],
    onCollision collision: Collision = .skip
  ) {
    self.excluded = excluded
    self.required = required
    self.collision = collision
  }

  /// Always open.
  public static let none = CalendarRules()

  var isEmpty: Bool { excluded.isEmpty && required.isEmpty }
}
