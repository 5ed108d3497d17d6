public import Foundation

/// What is to be written because a schedule fires: its jobs, its history, and the row as it then is.
///
/// A store writes all of it in one transaction, or nothing if the row isn't any more as it was read:
/// so any node may try, at any time, and an occurrence still has one job.
public struct ScheduleFiring: Sendable, Hashable {
  /// The row as it was read.
  public let schedule: Schedule
  /// The row as it is to be.
  public package(set) var advanced: Schedule
  /// New jobs, by nominal time; those that wait for their turn are held.
  public package(set) var jobs: [Job] = []
  /// What becomes of each occurrence, those of the jobs among them.
  public package(set) var occurrences: [OccurrenceRecord] = []
  /// Jobs that make way: pending ones are cancelled, running ones asked to end.
  public package(set) var cancelled: [UUID] = []
  /// The store's clock when it was decided.
  public let decidedAt: Instant

  /// Jobs that run or may start, and those that wait, as this firing leaves them.
  private var active: Int
  private var waiting: Int
  private var superseded: [UUID] = []

  init(_ use: ScheduleInUse, at now: Instant) {
    schedule = use.schedule
    advanced = use.schedule.written(at: now)
    decidedAt = now
    waiting = use.unfinished.count { $0.isWaiting }
    active = use.unfinished.count - waiting
    superseded = use.unfinished.map(\.uuid)
  }

  /// Decides what a due schedule does at `now`; nil if it isn't due.
  ///
  /// Throws when the row can't be carried out as it is.
  public static func due(
    _ use: ScheduleInUse, at now: Instant
  ) throws(ScheduleError) -> ScheduleFiring? {
    guard let nextAt = use.schedule.nextAt, nextAt <= now else { return nil }
    let definition = use.schedule.definition
    let timetable = try definition.timetable()
    var firing = ScheduleFiring(use, at: now)
    firing.advanced.pause = nil
    let due = definition.due(timetable, from: nextAt, at: now)
    if due.missed > 0 { firing.noteMissed(due.missed, from: nextAt) }
    for (index, one) in due.fire.enumerated() where !firing.advanced.hasUsedItsRuns {
      firing.fire(one.occurrence.nominal, one.reason, isLast: index == due.fire.count - 1)
    }
    firing.advanced.nextAt = firing.advanced.hasUsedItsRuns ? nil : due.next
    return firing
  }

  /// Fires one occurrence that was due, or notes why it doesn't.
  private mutating func fire(
    _ nominal: Instant, _ reason: OccurrenceReason, isLast: Bool
  ) {
    advanced.lastAt = nominal
    switch place(reason, isLast: isLast) {
    case .now: add(nominal, reason, held: false)
    case .inTurn: add(nominal, reason, held: true)
    case .nowhere(let why):
      occurrences.append(
        OccurrenceRecord(
          scheduleUUID: schedule.uuid, nominalAt: nominal, outcome: .skipped, why: why,
          notedAt: decidedAt))
      return
    }
    advanced.runs = advanced.runs.addingSaturated(1)
  }

  /// Whether nothing of the schedule is under way.
  var isAlone: Bool { active + waiting == 0 }

  enum Place: Equatable {
    case now
    /// Behind those that haven't ended.
    case inTurn
    case nowhere(String)
  }

  /// Where the overlap policy puts another job.
  mutating func place(_ reason: OccurrenceReason, isLast: Bool) -> Place {
    let policy = schedule.definition.overlapPolicy
    if policy == .allow { return .now }
    guard waiting < OverlapPolicy.mostWaiting else {
      return .nowhere("\(waiting) jobs wait already")
    }
    if policy == .cancelOther {
      // Of several at once, each would cancel the one before.
      guard isLast else { return .nowhere("a later occurrence took its place") }
      let wasFree = active == 0
      cancelled = superseded
      return wasFree ? .now : .inTurn
    }
    if isAlone { return .now }
    switch reason {
    case .catchUp, .backfill, .manual: return .inTurn
    case .onTime:
      switch policy {
      case .skip: return .nowhere("an earlier job hasn't ended")
      case .bufferOne: return waiting == 0 ? .inTurn : .nowhere("another one waits already")
      case .bufferAll, .cancelOther, .allow: return .inTurn
      }
    }
  }

  /// Adds an occurrence with its job.
  mutating func add(_ nominal: Instant, _ reason: OccurrenceReason, held: Bool) {
    let job = schedule.job(nominal: nominal, reason, held: held, at: decidedAt)
    jobs.append(job)
    occurrences.append(
      OccurrenceRecord(
        scheduleUUID: schedule.uuid, nominalAt: nominal, outcome: .fired, occurrenceReason: reason,
        jobUUID: job.uuid, notedAt: decidedAt))
    if held { waiting += 1 } else { active += 1 }
  }

  private mutating func noteMissed(_ count: Int, from first: Instant) {
    occurrences.append(
      OccurrenceRecord(
        scheduleUUID: schedule.uuid, nominalAt: first, outcome: .missed,
        why: "its time passed unnoticed; the misfire policy is "
          + schedule.definition.misfirePolicy.description, count: count, notedAt: decidedAt))
  }
}

/// What became of a firing.
public enum FiringAnswer: Sendable, Hashable {
  /// It was written. Without the jobs whose occurrence had fired before.
  case fired([Job])
  /// The row isn't as it was read: somebody else was first, or has changed or removed it.
  case lost
  /// This one can't be written, now or later; the others were.
  case refused(String)
}
