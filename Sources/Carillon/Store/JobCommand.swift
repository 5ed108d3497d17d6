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
  /// Gives a pending job another priority, queue or number of attempts.
  case edit(JobEdit)
  /// The command, if the job still is as one of these versions shows it; else `changedMeanwhile`.
  indirect case ifUnchanged(since: Set<JobVersion>, JobCommand)

  /// The job after this command at `now`: nil when it is to be removed.
  package func applied(to job: Job, at now: Instant) throws(JobRefusal) -> Job? {
    if case .ifUnchanged(let versions, let command) = self {
      guard versions.contains(job.version) else { throw .changedMeanwhile(job.uuid) }
      return try command.applied(to: job, at: now)
    }
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
      case .edit(let edit):
        if job.status == .pending { return edit.applied(to: job, at: now) }
      case .ifUnchanged: break
      }
    } catch {}
    throw JobRefusal(of: job)
  }

  /// The command itself, whatever it is on condition of.
  package var unconditional: JobCommand {
    if case .ifUnchanged(_, let command) = self { command.unconditional } else { self }
  }
}

/// What became of a command.
public enum CommandAnswer: Sendable, Hashable {
  case done(Job)
  case refused(JobRefusal)
}
