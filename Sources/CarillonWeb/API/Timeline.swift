import Carillon
import Foundation

/// All that has happened to some jobs, and what will, in order of time.
struct Timeline: Sendable {
  struct Entry: Sendable, Hashable {
    let at: Instant
    let what: String
    let job: Job
    var attempt: Int?
    var detail: String?
    /// Who asked for it, where pages know that.
    var by: String?
    /// The operation by which that was done, if it was one on many jobs.
    var operation: UUID?
  }

  let entries: [Entry]

  init(_ jobs: [(job: Job, attempts: [Attempt])]) {
    entries = jobs.flatMap { Timeline.entries(of: $0.job, $0.attempts) }
      .enumerated()
      // Stable: what happens to one job in one microsecond stays in its order.
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map(\.element)
  }

  private static func entries(of job: Job, _ attempts: [Attempt]) -> [Entry] {
    var entries = [Entry(at: job.insertedAt, what: "scheduled", job: job)]
    for attempt in attempts {
      entries.append(
        Entry(at: attempt.startedAt, what: "started", job: job, attempt: attempt.number))
      if let end = attempt.endedAt, let outcome = attempt.outcome {
        entries.append(
          Entry(
            at: end, what: "attempt_\(outcome.rawValue)", job: job, attempt: attempt.number,
            detail: attempt.error))
      }
    }
    if let asked = job.cancelRequestedAt {
      entries.append(Entry(at: asked, what: "cancel_requested", job: job, detail: job.reason))
    }
    if let end = job.finishedAt {
      entries.append(
        Entry(at: end, what: job.status.rawValue, job: job, detail: job.reason ?? job.lastError))
    }
    if job.status == .pending {
      entries.append(Entry(at: job.runAt, what: "due", job: job, detail: job.hold?.rawValue))
    }
    return entries
  }

  var jsonValue: JSONValue {
    .array(
      entries.map { entry in
        [
          "at": JSONValue(entry.at),
          "what": .string(entry.what),
          "job": .string(entry.job.uuid.text),
          "attempt": entry.attempt.map { JSONValue($0) } ?? .null,
          "detail": JSONValue(entry.detail),
        ]
      })
  }
}
