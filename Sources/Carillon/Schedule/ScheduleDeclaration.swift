public import Foundation

/// A schedule as a program declares it: what a handler's `schedule` says.
///
///     static let schedule = ScheduleDeclaration("0 9 * * MON-FRI", in: "Europe/Paris")
///
/// It is stored when a program that declares it starts. What an operator edits stands until the
/// declaration itself changes; see docs/guides/schedules.md.
public struct ScheduleDeclaration: Sendable, Hashable {
  /// When it recurs: `0 9 * * MON-FRI`, `@every 15m`, `@after 10m`, `RRULE:…`.
  public var recurrence: String
  /// The IANA name of the zone whose local time counts.
  public var timeZone: String
  /// The schedule's name; nil: the handler's job type.
  public var name: String?
  /// What the jobs work on; nil: an identity that follows from the name.
  public var resourceUUID: UUID?
  public var args: JobArguments
  /// Nil: the handler's.
  public var queue: String?
  /// Nil: the handler's.
  public var priority: Int?
  /// Nil: the handler's.
  public var maxAttempts: Int?
  public var clockChange: ClockChange?
  public var startAt: Instant?
  public var endAt: Instant?
  public var misfirePolicy: MisfirePolicy
  public var misfireThreshold: Duration
  public var overlapPolicy: OverlapPolicy
  public var jitter: Duration
  public var calendars: CalendarRules
  public var pauseAfterFailures: Int?

  public init(
    _ recurrence: String, in timeZone: String = "UTC", name: String? = nil,
    for resourceUUID: UUID? = nil, args: JobArguments = [:], queue: String? = nil,
    priority: Int? = nil, maxAttempts: Int? = nil, clockChange: ClockChange? = nil,
    startAt: Instant? = nil, endAt: Instant? = nil, misfirePolicy: MisfirePolicy = .once,
    misfireThreshold: Duration = MisfirePolicy.standardThreshold,
    overlapPolicy: OverlapPolicy = .skip, jitter: Duration = .zero,
    calendars: CalendarRules = .none, pauseAfterFailures: Int? = nil
  ) {
    self.recurrence = recurrence
    self.timeZone = timeZone
    self.name = name
    self.resourceUUID = resourceUUID
    self.args = args
    self.queue = queue
    self.priority = priority
    self.maxAttempts = maxAttempts
    self.clockChange = clockChange
    self.startAt = startAt
    self.endAt = endAt
    self.misfirePolicy = misfirePolicy
    self.misfireThreshold = misfireThreshold
    self.overlapPolicy = overlapPolicy
    self.jitter = jitter
    self.calendars = calendars
    self.pauseAfterFailures = pauseAfterFailures
  }

  /// No schedule: what a handler has that says nothing.
  public static let none = ScheduleDeclaration("")

  package var isNone: Bool { recurrence.isEmpty }
}

extension ScheduleDefinition {
  /// What the jobs of a schedule of this name work on when nobody says.
  public static func standardResourceUUID(of name: String) -> UUID {
    var digest = Digest()
    digest.combine("schedule")
    digest.combine(name)
    let low = digest.value
    digest.combine("high")
    // Version 8: made by a rule of its maker's own.
    return UUID(
      high: digest.value & 0xFFFF_FFFF_FFFF_0FFF | 0x8000,
      low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
  }
}
