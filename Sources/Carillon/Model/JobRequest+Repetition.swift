extension JobRequest {
  /// Whether `job` may have been made from this, as far as its row tells: for a job that SQL has made,
  /// whose content no digest has.
  ///
  /// A delay, and "now", can't be compared: when they were asked for isn't known. A job that has been
  /// edited or rescheduled meanwhile is another.
  package func mayHaveMade(_ job: Job) -> Bool {
    job.jobType == jobType && job.handlerModule == handlerModule && job.resource == resource
      && job.args == args && job.queue == queue && job.priority == priority
      && job.maxAttempts == maxAttempts && isTime(of: job)
  }

  private func isTime(of job: Job) -> Bool {
    switch time {
    case .now, .in: true
    case .at(let instant): job.scheduledAt == instant
    }
  }
}
