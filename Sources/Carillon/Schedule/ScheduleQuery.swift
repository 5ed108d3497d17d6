public import Foundation

/// Which schedules a reader wants to see.
public struct ScheduleQuery: Sendable, Hashable {
  /// In which order they come.
  public enum Order: Sendable, Hashable {
    case name
    /// By when they fire next, the soonest first; those that don't fire are left out.
    case next
  }

  public var order: Order
  /// Only the one of this identity.
  public var uuid: UUID?
  /// Only those of this origin.
  public var origin: Schedule.Origin?
  /// At most so many; 1…10 000.
  public var limit: Int
  /// Continue after this name of an earlier answer; only in the order of names.
  public var after: String?

  public init(
    order: Order = .name, uuid: UUID? = nil, origin: Schedule.Origin? = nil, limit: Int = 100,
    after: String? = nil
  ) {
    self.order = order
    self.uuid = uuid
    self.origin = origin
    self.limit = min(max(limit, 1), 10_000)
    self.after = after
  }
}

/// Which of a schedule's occurrences a reader wants to see, newest nominal time first.
public struct OccurrenceQuery: Sendable, Hashable {
  /// Only those before it.
  public var before: Instant?
  /// At most so many; 1…10 000.
  public var limit: Int

  public init(before: Instant? = nil, limit: Int = 100) {
    self.before = before
    self.limit = min(max(limit, 1), 10_000)
  }
}

/// Schedules whose time has come, as a store finds them.
public struct DueSchedules: Sendable, Hashable {
  /// By `next_at`, the longest overdue first.
  public var schedules: [ScheduleInUse] = []
  /// Due rows that can't be read, and why; they keep no other from firing.
  public var unreadable: [Unreadable] = []
  /// `next_at` of the first schedule that isn't in this answer; nil when there is none.
  public var nextAt: Instant?
  /// The store's clock.
  public var now: Instant

  public init(now: Instant) { self.now = now }

  /// A row that can't be read.
  public struct Unreadable: Sendable, Hashable {
    public let name: String
    public let why: String

    public init(name: String, why: String) {
      self.name = name
      self.why = why
    }
  }
}
