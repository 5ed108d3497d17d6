public import Foundation

/// A transition was asked of a job whose status it doesn't lead from.
public struct IllegalTransition: Error, Sendable, Hashable, CustomStringConvertible {
  public let job: UUID
  public let status: JobStatus
  public let transition: String
  public let attempts: String

  public var description: String {
    "Job \(job.text) is \(status.rawValue) with \(attempts) attempts spent, from where '\(transition)' doesn't lead."
  }
}

extension Job {
  /// The job after `transition` at `now`: the one place that says what each arrow writes.
  public func applying(_ transition: Transition, at now: Instant) throws(IllegalTransition) -> Job {
    let edge = transition.edge
    guard edge.from.contains(status), transition.isWithinAttempts(of: self) else {
      throw IllegalTransition(
        job: uuid, status: status, transition: transition.name,
        attempts: "\(attempts) of \(maxAttempts)")
    }
    var job = self
    job.status = edge.to
    job.updatedAt = now
    job.node = nil
    job.claimedAt = nil
    job.hold = nil
    job.heldAt = nil
    // Set on a running job by a requested cancel, which this transition may have outrun.
    job.reason = nil
    if edge.to.isFinal { job.finishedAt = now }
    switch transition {
    case .claim(let node):
      job.claim = job.claim.saturatingSuccessor
      job.attempts = job.attempts.saturatingSuccessor
      job.node = node
      job.claimedAt = now
    case .succeed(let result):
      job.executedAt = now
      job.result = result
      job.lastError = nil
    case .retry(let delay, let error):
      job.failures = job.failures.saturatingSuccessor
      job.lastError = error
      job.runAt = now + delay
    case .fail(let error):
      job.failures = job.failures.saturatingSuccessor
      job.lastError = error
    case .snooze(let delay):
      job.attempts = job.attempts.saturatingPredecessor
      job.snoozes = job.snoozes.saturatingSuccessor
      job.runAt = now + delay
    case .release:
      job.attempts = job.attempts.saturatingPredecessor
    case .cancel(let reason), .stop(let reason), .giveUp(let reason):
      job.reason = reason
    case .rescue(let delay):
      job.crashes = job.crashes.saturatingSuccessor
      job.runAt = now + delay
    case .lose(let reason), .abandon(let reason):
      job.crashes = job.crashes.saturatingSuccessor
      job.reason = reason
    case .reschedule(let time):
      job.startOver(at: time.instant(at: now))
      if self.status.isFinal { job.run = job.run.saturatingSuccessor }
      job.attempts = 0
      job.failures = 0
      job.snoozes = 0
      job.crashes = 0
      job.lastError = nil
    case .retryByHand:
      let nominal = scheduledAt
      job.startOver(at: now)
      job.scheduledAt = nominal
      job.maxAttempts = max(maxAttempts, attempts.saturatingSuccessor)
    }
    return job
  }

  /// Clears what an ended life left behind.
  private mutating func startOver(at instant: Instant) {
    scheduledAt = instant
    runAt = instant
    executedAt = nil
    finishedAt = nil
    reason = nil
    result = nil
    cancelRequestedAt = nil
  }

  /// The job marked as one whose running attempt should end; `reason` is what it will show.
  package func requestingCancel(reason: String, at now: Instant) -> Job {
    var job = self
    job.cancelRequestedAt = cancelRequestedAt ?? now
    job.reason = self.reason ?? reason
    job.updatedAt = now
    return job
  }

  /// The pending job with another place among the others.
  package func placed(
    queue: String, priority: Int, maxAttempts: Int, at now: Instant
  ) -> Job {
    var job = self
    job.queue = queue
    job.priority = priority
    job.maxAttempts = maxAttempts
    job.updatedAt = now
    return job
  }

  /// Whether it stands in the same queue with the same priority.
  package func isPlaced(like other: Job) -> Bool {
    priority == other.priority && queue == other.queue
  }

  /// The pending job with a hold put on, or taken off with nil.
  package func holding(_ hold: Hold?, at now: Instant) -> Job {
    var job = self
    job.hold = hold
    job.heldAt = hold == nil ? nil : now
    job.updatedAt = now
    return job
  }
}

// A row may hold any number, and one row must never trap the process.
extension FixedWidthInteger {
  fileprivate var saturatingSuccessor: Self { self == .max ? .max : self + 1 }
  fileprivate var saturatingPredecessor: Self { self == .min ? .min : self - 1 }
}
