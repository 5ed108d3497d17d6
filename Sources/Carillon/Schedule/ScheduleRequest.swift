public import Foundation

/// A schedule that is to be stored: what is asked for, checked, before the store has answered.
public struct ScheduleRequest: Sendable, Hashable {
  public let uuid: UUID
  public let name: String
  public let definition: ScheduleDefinition
  public let origin: Schedule.Origin

  /// Checks every part; what comes out can be stored by any store.
  public init(
    uuid: UUID, name: String, definition: ScheduleDefinition, origin: Schedule.Origin = .added
  ) throws(ScheduleError) {
    self.uuid = uuid
    self.name = name
    self.origin = origin
    self.definition = try definition.checked(name: name)
  }

  /// The schedule as first stored at `now`. What lies before is nobody's: a new schedule never catches
  /// up. Throws `neverFires` when nothing is to come.
  package func schedule(at now: Instant) throws(ScheduleError) -> Schedule {
    var schedule = Schedule(
      uuid: uuid, name: name, definition: definition, origin: origin,
      declaration: origin == .declared ? definition.contentDigest : nil, insertedAt: now,
      updatedAt: now)
    schedule.nextAt = try definition.first(after: now)
    return schedule
  }
}

extension ScheduleDefinition {
  /// The nominal time of the first occurrence after `now`; throws `neverFires` when there is none.
  func first(after now: Instant) throws(ScheduleError) -> Instant {
    guard let next = try timetable().next(after: now)?.nominal else {
      throw .neverFires(recurrence)
    }
    return next
  }
}
