import Foundation

/// Firings that somebody asks for. They leave the schedule's own times as they are.
extension ScheduleFiring {
  /// One run now, whatever the schedule says: also of one that is paused or has ended. Unless its
  /// policy is `allow` it waits for the end of those that haven't ended; with `cancel_other` it takes
  /// their place.
  public static func manual(_ use: ScheduleInUse, at now: Instant) -> ScheduleFiring {
    var firing = ScheduleFiring(use, at: now)
    switch firing.place(.manual, isLast: true) {
    case .now: firing.add(now, .manual, held: false)
    case .inTurn, .nowhere: firing.add(now, .manual, held: true)
    }
    return firing
  }

  /// The occurrences from `from` on and before `to`, both in the past, also those that were missed or
  /// skipped. One that has fired keeps its job and gets no other.
  ///
  /// Unless the schedule's policy is `allow` they run one after another. Throws `BackfillError` when
  /// there are more than `OverlapPolicy.mostWaiting`.
  public static func backfill(
    _ use: ScheduleInUse, from: Instant, to: Instant, at now: Instant
  ) throws(BackfillError) -> ScheduleFiring {
    guard from < to else { throw .emptyRange }
    guard to <= now else { throw .future(now) }
    let timetable: Timetable
    do {
      timetable = try use.schedule.definition.timetable()
    } catch {
      throw .schedule(error)
    }
    guard !use.schedule.definition.isFixedDelay else { throw .followsItsJobs }
    var firing = ScheduleFiring(use, at: now)
    var after = from - .microseconds(1)
    while let occurrence = timetable.next(after: after), occurrence.nominal < to {
      guard firing.jobs.count < OverlapPolicy.mostWaiting else {
        throw .tooMany(firing.jobs.last?.scheduledAt ?? from)
      }
      let isFree = use.schedule.definition.overlapPolicy == .allow || firing.isAlone
      firing.add(occurrence.nominal, .backfill, held: !isFree)
      after = occurrence.nominal
    }
    return firing
  }
}

/// Why the occurrences of a range can't be made.
public enum BackfillError: Error, Sendable, Hashable, CustomStringConvertible {
  case emptyRange
  case future(Instant)
  case followsItsJobs
  /// The nominal time up to which there are as many as may be.
  case tooMany(Instant)
  case schedule(ScheduleError)

  public var description: String {
    switch self {
    case .emptyRange: "The range is empty: its end is not after its beginning."
    case .future(let now):
      "The range ends in the future; it is \(now.rfc3339) now. What is to come fires by itself."
    case .followsItsJobs:
      "The schedule recurs after its jobs' ends, so no time is its own. Use `schedules run-now`."
    case .tooMany(let last):
      "The range has more than \(OverlapPolicy.mostWaiting) occurrences. Backfill it in parts, the "
        + "first up to \((last + .microseconds(1)).rfc3339)."
    case .schedule(let error): error.description
    }
  }
}
