import Carillon
import Foundation

/// Jobs as rows of a table.
struct JobRows: Sendable {
  let jobs: [Job]
  let now: Instant
  let base: String
  let selectable: Bool
  /// What is closed now: its jobs say so.
  let closures: [GateClosure]

  func view(caption: String) -> View {
    [
      "caption": .text(caption), "selectable": .flag(selectable),
      "jobs": .list(
        jobs.map { job in
          var row = self.row(of: job)
          row["selectable"] = .flag(selectable)
          return row
        }),
    ]
  }

  private func row(of job: Job) -> View {
    let moment = Moment(now: now)
    return [
      "uuid": .text(job.uuid.text), "mark": .markup(StatusMark.of(job.status, hold: job.hold)),
      "type": .text(job.jobType), "handler": .text(job.handlerModule),
      "href": .text("\(base)/jobs/\(job.uuid.text)"),
      "resource": .text("\(job.resource)"),
      "resourceShort": .text("\(job.resourceType)/\(job.resourceUUID.text.prefix(8))…"),
      "resourceHref": .text(JobRows.address(of: job.resource, base)),
      "queue": .text(job.queue), "priority": .text("\(job.priority)"),
      "attempts": .text("\(job.attempts)"), "maxAttempts": .text("\(job.maxAttempts)"),
      "whenWord": .text(job.whenWord), "when": .markup(moment.relative(job.shownTime)),
      "why": .optional(closed(job) ?? job.why),
    ]
  }

  /// Why a due job doesn't start: nil when nothing is closed that it has to pass.
  private func closed(_ job: Job) -> String? {
    guard job.status == .pending, job.runAt <= now, job.hold == nil || job.hold == .paused else {
      return nil
    }
    let scopes = job.gateScopes
    return closures.first { scopes.contains($0.scope) }.map {
      "its \($0.scope.kind) is \($0.words)"
    }
  }

  static func address(of resource: Resource, _ base: String) -> String {
    "\(base)/resource?type=\(Query.encoded(resource.type))&uuid=\(resource.uuid.text)"
  }
}

extension Job {
  /// The time that tells most: its start while it runs, its end after that, when it is due before.
  var shownTime: Instant {
    switch status {
    case .pending: runAt
    case .processing: claimedAt ?? runAt
    case .executed, .failed, .cancelled: finishedAt ?? updatedAt
    }
  }

  var whenWord: String {
    switch status {
    case .pending: "due"
    case .processing: "started"
    case .executed, .failed, .cancelled: ""
    }
  }

  /// Why it is where it is, for a list that shows two lines of it; nil when there is nothing to say.
  var why: String? {
    switch status {
    case .pending:
      hold.map(StatusMark.words) ?? lastError.map { "will try again after: \($0.excerpt)" }
    case .processing: cancelRequestedAt == nil ? nil : "asked to end"
    case .executed: nil
    case .failed: lastError?.excerpt ?? reason.map { ReasonWords.text($0).excerpt }
    case .cancelled: reason.map { ReasonWords.text($0).excerpt }
    }
  }
}
