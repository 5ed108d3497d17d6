public import Foundation

/// A recurring schedule: a row, and all that is known of it.
///
/// `nextAt` is when it fires next, whatever that depends on: a row that is paused for good, has ended
/// or waits for its job to end has none. Only pure functions change it: `ScheduleFiring` when its
/// time comes, `Conclusion` when one of its jobs ends, `ScheduleCommand` when somebody asks.
public struct Schedule: Sendable, Hashable, Identifiable {
  public let uuid: UUID
  /// Unique among the schedules of a store.
  public let name: String
  public internal(set) var definition: ScheduleDefinition

  /// Occurrences that have fired, on time or late.
  public internal(set) var runs: Int
  /// Its newest jobs that failed, one after another.
  public internal(set) var failuresInARow: Int
  public internal(set) var pause: Pause?
  /// The nominal time of the newest occurrence that fired or was skipped.
  public internal(set) var lastAt: Instant?
  /// When it fires next; nil when nothing is to come.
  public internal(set) var nextAt: Instant?

  public let origin: Origin
  /// The digest of the declaration that it was last made from; nil unless it is declared.
  public internal(set) var declaration: Int64?
  /// When somebody last edited what it says, if the declaration hasn't changed since.
  public internal(set) var editedAt: Instant?
  /// Grows by one with each change of what it says.
  public internal(set) var revision: Int64
  /// The fence: grows by one with each write of the row and never falls.
  public internal(set) var turn: Int64
  public let insertedAt: Instant
  public internal(set) var updatedAt: Instant

  /// Where it comes from.
  public enum Origin: String, Sendable, Hashable, Codable, CaseIterable {
    /// A program declares it.
    case declared
    /// Somebody has added it at run time.
    case added
  }

  /// It doesn't fire, and what would have fired meanwhile isn't caught up.
  public struct Pause: Sendable, Hashable {
    public let at: Instant
    /// When it ends by itself; nil: not before it is resumed.
    public let until: Instant?
    public let by: String?
    public let why: String?

    public init(at: Instant, until: Instant? = nil, by: String? = nil, why: String? = nil) {
      self.at = at
      self.until = until
      self.by = by
      self.why = why
    }

    /// Who pauses a schedule that has failed too often.
    public static let byItself = "carillon"
    /// Who pauses a schedule that no program declares any more.
    public static let byDeclaration = "declaration"
  }

  /// What can be told of it in a word.
  public enum State: String, Sendable, Hashable, CaseIterable {
    case active, paused, ended
  }

  /// A schedule of these columns, as a store reads it; nothing is checked.
  package init(
    uuid: UUID, name: String, definition: ScheduleDefinition, runs: Int = 0,
    failuresInARow: Int = 0, pause: Pause? = nil, lastAt: Instant? = nil, nextAt: Instant? = nil,
    origin: Origin, declaration: Int64? = nil, editedAt: Instant? = nil, revision: Int64 = 1,
    turn: Int64 = 1, insertedAt: Instant, updatedAt: Instant
  ) {
    self.uuid = uuid
    self.name = name
    self.definition = definition
    self.runs = runs
    self.failuresInARow = failuresInARow
    self.pause = pause
    self.lastAt = lastAt
    self.nextAt = nextAt
    self.origin = origin
    self.declaration = declaration
    self.editedAt = editedAt
    self.revision = revision
    self.turn = turn
    self.insertedAt = insertedAt
    self.updatedAt = updatedAt
  }

  public var id: UUID { uuid }
  public var handlerKey: HandlerKey {
    HandlerKey(
      handlerModule: definition.handlerModule, resourceType: definition.resource.type)
  }

  /// Whether it waits for its job to end before it knows its next time.
  public var waitsForItsJob: Bool {
    pause == nil && nextAt == nil && definition.isFixedDelay && !hasUsedItsRuns
  }

  /// Its state as of `now`, so that a pause that is over counts for nothing.
  public func state(at now: Instant) -> State {
    if let pause, pause.until.map({ $0 > now }) ?? true { return .paused }
    return nextAt == nil && !waitsForItsJob ? .ended : .active
  }

  package var hasUsedItsRuns: Bool { definition.maxRuns.map { runs >= $0 } ?? false }

  /// The row one write later.
  func written(at now: Instant) -> Schedule {
    var schedule = self
    schedule.turn = turn < .max ? turn + 1 : .max
    schedule.updatedAt = now
    return schedule
  }
}
