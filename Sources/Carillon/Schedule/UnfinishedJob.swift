public import Foundation

/// A job of a schedule that hasn't ended, as far as the schedule needs to know it.
public struct UnfinishedJob: Sendable, Hashable {
  public let uuid: UUID
  public let nominalAt: Instant
  public let isRunning: Bool
  /// It waits for the end of an earlier one.
  public let isWaiting: Bool

  public init(uuid: UUID, nominalAt: Instant, isRunning: Bool, isWaiting: Bool) {
    self.uuid = uuid
    self.nominalAt = nominalAt
    self.isRunning = isRunning
    self.isWaiting = isWaiting
  }

  package init(_ job: Job) {
    self.init(
      uuid: job.uuid, nominalAt: job.scheduledAt, isRunning: job.status == .processing,
      isWaiting: job.hold == .overlap)
  }
}

/// A schedule and what a decision about it needs besides.
public struct ScheduleInUse: Sendable, Hashable {
  public let schedule: Schedule
  /// Its jobs that haven't ended, by nominal time; for a schedule whose policy is `allow` they needn't
  /// be there.
  public let unfinished: [UnfinishedJob]

  public init(schedule: Schedule, unfinished: [UnfinishedJob]) {
    self.schedule = schedule
    self.unfinished = unfinished
  }
}
