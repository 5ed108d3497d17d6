extension ArchivedJob {
  /// Why no store would take the row as it is; nil for a sound one. The same conditions stand as
  /// constraints in every database.
  package var problem: String? {
    for (column, text) in [
      ("job_type", job.jobType), ("handler_module", job.handlerModule),
      ("resource_type", job.resourceType), ("queue", job.queue),
    ] {
      if text.isEmpty { return "\(column) is empty" }
      if text.utf8.contains(0) { return "\(column) holds NUL" }
    }
    for (column, text) in [
      ("hold", job.hold?.rawValue), ("reason", job.reason), ("last_error", job.lastError),
      ("result", job.result), ("trace_context", job.traceContext.description),
    ] {
      if text?.utf8.contains(0) == true { return "\(column) holds NUL" }
    }
    if job.run <= 0 { return "run is \(job.run)" }
    if job.maxAttempts <= 0 { return "max_attempts is \(job.maxAttempts)" }
    for (column, count) in [
      ("priority", job.priority), ("failures", job.failures), ("snoozes", job.snoozes),
      ("crashes", job.crashes),
    ] where count < 0 {
      return "\(column) is \(count)"
    }
    if job.claim < 0 { return "claim is \(job.claim)" }
    // One more than max_attempts: the run alone.
    guard job.attempts >= 0, job.attempts <= job.maxAttempts.addingSaturated(1) else {
      return "attempts is \(job.attempts), of \(job.maxAttempts)"
    }
    if let result = job.result, (try? JSONValue(json: result)) == nil { return "result is no JSON" }
    return lifecycleProblem
  }

  private var lifecycleProblem: String? {
    let isProcessing = job.status == .processing
    if isProcessing != (job.node != nil) || isProcessing != (job.claimedAt != nil) {
      return "status is \(job.status.rawValue), and node or claimed_at says otherwise"
    }
    if job.status.isFinal != (job.finishedAt != nil) {
      return "status is \(job.status.rawValue), and finished_at says otherwise"
    }
    if (job.status == .executed) != (job.executedAt != nil) {
      return "status is \(job.status.rawValue), and executed_at says otherwise"
    }
    if job.hold != nil, job.status != .pending { return "it is held, and not pending" }
    if (job.hold == nil) != (job.heldAt == nil) { return "hold and held_at contradict each other" }
    if job.status == .pending, job.cancelRequestedAt != nil {
      return "it is pending, and asked to end"
    }
    return nil
  }
}

extension Attempt {
  /// Why no store would take the record as it is; nil for a sound one.
  package var problem: String? {
    if (endedAt == nil) != (outcome == nil) { return "ended_at and outcome contradict each other" }
    for (column, text) in [
      ("error", error), ("fingerprint", fingerprint), ("progress_note", progressNote),
    ] {
      if text?.utf8.contains(0) == true { return "\(column) holds NUL" }
    }
    let holdsNUL = log.contains { $0.level.utf8.contains(0) || $0.message.utf8.contains(0) }
    return holdsNUL ? "log holds NUL" : nil
  }
}

extension MinuteCount {
  /// Why no store would take the row as it is; nil for a sound one.
  package var problem: String? {
    let holdsNUL = key.queue.utf8.contains(0) || key.handlerModule.utf8.contains(0)
    return holdsNUL ? "queue or handler_module holds NUL" : nil
  }
}

extension Schedule {
  /// Why no store would take the row as it is; nil for a sound one.
  package var archiveProblem: String? {
    for (column, text) in [
      ("name", name), ("handler_module", definition.handlerModule),
      ("job_type", definition.jobType), ("resource_type", definition.resource.type),
      ("queue", definition.queue),
    ] {
      if text.isEmpty { return "\(column) is empty" }
      if text.utf8.contains(0) { return "\(column) holds NUL" }
    }
    for (column, text) in [
      ("recurrence", definition.recurrence), ("time_zone", definition.timeZone),
      ("paused_by", pause?.by), ("paused_why", pause?.why),
      ("calendars", definition.calendars.text),
    ] {
      if text?.utf8.contains(0) == true { return "\(column) holds NUL" }
    }
    return nil
  }
}

extension OccurrenceRecord {
  /// Why no store would take the row as it is; nil for a sound one.
  package var problem: String? {
    if (outcome == .fired) != (jobUUID != nil) { return "outcome and job_uuid contradict" }
    return why?.utf8.contains(0) == true ? "why holds NUL" : nil
  }
}

extension TokenRecord {
  /// Why no store would take the row as it is; nil for a sound one.
  package var problem: String? {
    if id.isEmpty { return "id is empty" }
    if digest.unicodeScalars.count != 64 { return "digest isn't of 64 characters" }
    for (column, text) in [("id", id), ("name", name), ("digest", digest)]
    where text.utf8.contains(0) {
      return "\(column) holds NUL"
    }
    return nil
  }
}
