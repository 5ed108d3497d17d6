/// What an operator or a program may ask of one stored job.
public enum JobCommand: Sendable, Hashable {
  /// Stops a pending job; a running one answers `inProgress`.
  case cancel(reason: String)
  /// Stops a pending job, and asks a running one to end.
  case requestCancel(reason: String)
  /// A new time, and a new life if it had ended; a running one answers `inProgress`.
  case reschedule(ScheduledTime)
  /// Tries a failed or cancelled job once more, now.
  case retry
  /// Removes a job that isn't running, with its attempts.
  case delete

  /// The job after this command at `now`: nil when it is to be removed.
  package func applied(to job: Job, at now: Instant) throws(JobRefusal) -> Job? {
    do throws(IllegalTransition) {
      switch self {
      case .cancel(let reason):
        return try job.applying(.cancel(reason: StoredText.reason(reason)), at: now)
      case .requestCancel(let reason):
        guard job.status == .processing else {
          return try job.applying(.cancel(reason: StoredText.reason(reason)), at: now)
        }
        // Its own word for the usual case, so that a running job's end tells itself from a pending one's.
        let shown = reason == Reason.cancelledByHand ? Reason.cancelRequested : reason
        return job.requestingCancel(reason: StoredText.reason(shown), at: now)
      case .reschedule(let time):
        return try job.applying(.reschedule(time), at: now)
      case .retry:
        return try job.applying(.retryByHand, at: now)
      case .delete:
        // Not a transition, but it stops at the same border.
        if job.status != .processing { return nil }
      }
    } catch {}
    throw JobRefusal(of: job)
  }
}

/// What became of a command.
public enum CommandAnswer: Sendable, Hashable {
  case done(Job)
  case refused(JobRefusal)
}
