package import Foundation

/// One schedule with what follows from it: what is to come, and what became of its occurrences.
package struct ScheduleReport: Sendable {
  package let schedule: Schedule
  /// The store's time now.
  package let now: Instant
  /// Newest first.
  package let history: [OccurrenceRecord]
  /// Of the history's jobs; those that were pruned have none.
  package let statuses: [UUID: JobStatus]

  package init(
    schedule: Schedule, now: Instant, history: [OccurrenceRecord], statuses: [UUID: JobStatus]
  ) {
    self.schedule = schedule
    self.now = now
    self.history = history
    self.statuses = statuses
  }

  /// What is to come, as far as it can be known: at most `count`. Nil when nothing is.
  package func coming(_ count: Int = 5) -> OccurrenceTable? {
    let definition = schedule.definition
    guard let timetable = try? definition.timetable(), let nextAt = schedule.nextAt else {
      return nil
    }
    let left = definition.maxRuns.map { max(0, $0.subtractingSaturated(schedule.runs)) } ?? .max
    // Of a delay after a job's end no more than the next one is known.
    if case .after(let delay) = timetable.recurrence {
      return OccurrenceTable(
        timetable: timetable, after: nextAt - delay.length, count: min(1, left))
    }
    return OccurrenceTable(
      timetable: timetable, after: nextAt - .microseconds(1), count: min(count, left))
  }

  /// The schedule's JSON with `next` and `history`.
  package var jsonValue: JSONValue {
    var members = schedule.jsonValue(at: now).object ?? [:]
    members["next"] = coming()?.jsonValue ?? []
    members["history"] = .array(
      history.map { record in
        var members = record.jsonValue.object ?? [:]
        members["job_status"] =
          record.jobUUID.flatMap { statuses[$0] }
          .map { .string($0.rawValue) } ?? .null
        return .object(members)
      })
    return .object(members)
  }
}

extension Schedule {
  /// The record under its column names, and `state`, `explanation` and `problem`.
  package func jsonValue(at now: Instant) -> JSONValue {
    var members = jsonValue.object ?? [:]
    members["state"] = .string(state(at: now).rawValue)
    members["explanation"] = (try? definition.timetable()).map { .string($0.explanation) } ?? .null
    members["problem"] = problem.map { .string($0.description) } ?? .null
    return .object(members)
  }
}

extension Timetable {
  /// What it means and when it fires next, as `schedules explain` answers.
  package func explanationValue(_ coming: OccurrenceTable) -> JSONValue {
    [
      "expr": .string(recurrence.description), "tz": .string(zone.name),
      "explanation": .string(explanation), "next": coming.jsonValue,
    ]
  }
}

extension Int {
  fileprivate func subtractingSaturated(_ other: Int) -> Int {
    let (difference, overflow) = subtractingReportingOverflow(other)
    guard overflow else { return difference }
    return other > 0 ? .min : .max
  }
}
