public import Foundation

/// What a schedule makes of the end of its jobs; written with the ends themselves.
public struct Conclusion: Sendable, Hashable {
  /// The row as it is to be; as it was, if nothing is to be written.
  public package(set) var schedule: Schedule
  /// Jobs that waited for their turn and have it now.
  public package(set) var released: [UUID] = []

  /// - Parameters:
  ///   - ended: its jobs that have come to their end, or were removed before it.
  ///   - unfinished: those that are left.
  public static func of(
    _ schedule: Schedule, ended: [Job], unfinished: [UnfinishedJob], at now: Instant
  ) -> Conclusion {
    var conclusion = Conclusion(schedule: schedule)
    for job in ended.sorted(by: Conclusion.isBefore) { conclusion.count(job, at: now) }
    conclusion.release(unfinished)
    if unfinished.isEmpty { conclusion.setNext(at: now) }
    if conclusion.schedule != schedule {
      conclusion.schedule = conclusion.schedule.written(at: now)
    }
    return conclusion
  }

  private mutating func count(_ job: Job, at now: Instant) {
    switch job.status {
    case .executed: schedule.failuresInARow = 0
    case .failed:
      schedule.failuresInARow = schedule.failuresInARow.addingSaturated(1)
      pauseItself(after: job, at: now)
    case .pending, .processing, .cancelled: break
    }
  }

  private mutating func pauseItself(after job: Job, at now: Instant) {
    guard let limit = schedule.definition.pauseAfterFailures, schedule.pause == nil,
      schedule.failuresInARow >= limit
    else { return }
    let error = job.lastError ?? job.reason ?? "no reason is known"
    schedule.pause = Schedule.Pause(
      at: now, by: Schedule.Pause.byItself,
      why: StoredText.reason("\(schedule.failuresInARow) failures in a row: \(error)"))
    schedule.nextAt = nil
  }

  private mutating func release(_ unfinished: [UnfinishedJob]) {
    let waiting = unfinished.filter(\.isWaiting)
    if schedule.definition.overlapPolicy == .allow {
      released = waiting.map(\.uuid)
    } else if waiting.count == unfinished.count, let first = waiting.first {
      released = [first.uuid]
    }
  }

  /// A fixed delay is counted from the end of the last job.
  private mutating func setNext(at now: Instant) {
    guard schedule.waitsForItsJob else { return }
    schedule.nextAt = (try? schedule.definition.timetable())?.next(after: now)?.nominal
  }

  private static func isBefore(_ one: Job, _ other: Job) -> Bool {
    let (first, second) = (one.finishedAt ?? one.updatedAt, other.finishedAt ?? other.updatedAt)
    return first == second ? one.uuid.precedes(other.uuid) : first < second
  }
}
