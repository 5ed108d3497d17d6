/// What an audit entry says of each thing that can be done: pure functions of what was asked for, and
/// of what was there before and after.
extension AuditNote {
  /// A command on a job. `after` is nil when it was removed.
  package static func of(_ command: JobCommand, before: Job, after: Job?) -> AuditNote {
    let (old, new) = (before.auditMembers, after?.auditMembers ?? [:])
    var detail: [String: JSONValue] = ["job_type": .string(before.jobType)]
    if after == nil {
      detail["before"] = .object(
        old.merging([
          "handler_module": .string(before.handlerModule),
          "resource": .string(before.resource.description), "args": before.args.auditValue,
        ]) { one, _ in one })
    } else {
      let changed = new.keys.filter { new[$0] != old[$0] }
      detail["before"] = .object(old.filter { changed.contains($0.key) })
      detail["after"] = .object(new.filter { changed.contains($0.key) })
    }
    return AuditNote(command.action, .job, before.uuid.text, detail)
  }

  /// Jobs that were stored by hand: one, or many with one request.
  package static func scheduled(_ jobs: [Job]) -> AuditNote? {
    guard let first = jobs.first else { return nil }
    let detail: [String: JSONValue] = [
      "job_type": .string(first.jobType), "handler_module": .string(first.handlerModule),
      "resource": .string(first.resource.description),
    ]
    guard jobs.count > 1, let last = jobs.last else {
      return AuditNote(
        "schedule", .job, first.uuid.text,
        detail.merging([
          "after": .object(first.auditMembers), "args": first.args.auditValue,
        ]) { one, _ in one })
    }
    return AuditNote(
      "schedule", .jobs, first.uuid.text,
      ["count": JSONValue(jobs.count), "first": .object(detail), "last": .string(last.uuid.text)])
  }

  /// Entries for jobs that were stored together: one for those of whoever asks now, and one each for
  /// those that say who asked for them.
  package static func scheduling(
    _ jobs: [(job: Job, askedBy: AuditActor?)], by actor: AuditActor?, at now: Instant
  ) -> [AuditEntry] {
    var entries: [AuditEntry] = []
    if let actor, let note = scheduled(jobs.filter { $0.askedBy == nil }.map(\.job)) {
      entries.append(AuditEntry(note, by: actor, at: now))
    }
    for (job, actor) in jobs {
      guard let actor, let note = scheduled([job]) else { continue }
      entries.append(AuditEntry(note, by: actor, at: now))
    }
    return entries
  }

  package static func cancelled(_ jobs: [Job], of resource: Resource, reason: String) -> AuditNote {
    AuditNote(
      "cancel", .resource, resource.description,
      ["cancelled": JSONValue(jobs.count), "reason": .string(StoredText.reason(reason))])
  }

  /// A command on a schedule. `after` is nil when it was removed; no note where nothing was changed.
  package static func of(
    _ command: ScheduleCommand, before: Schedule, after: Schedule?
  ) -> AuditNote? {
    let action: String
    switch command {
    case .pause: action = "pause"
    case .resume: action = "resume"
    case .edit: action = "edit"
    case .declare, .undeclare, .align: return nil
    case .remove: action = "remove"
    }
    guard let after else {
      return AuditNote(action, .schedule, before.name, ["before": .object(before.auditMembers)])
    }
    guard after != before else { return nil }
    let (old, new) = (before.auditMembers, after.auditMembers)
    let changed = new.keys.filter { new[$0] != old[$0] }
    return AuditNote(
      action, .schedule, before.name,
      [
        "before": .object(old.filter { changed.contains($0.key) }),
        "after": .object(new.filter { changed.contains($0.key) }),
      ])
  }

  package static func added(_ schedule: Schedule) -> AuditNote {
    AuditNote("add", .schedule, schedule.name, ["after": .object(schedule.auditMembers)])
  }

  /// Jobs that somebody has a schedule make; none of one that has fired by itself.
  package static func fired(_ jobs: [Job], of schedule: Schedule) -> AuditNote? {
    guard let first = jobs.first, let last = jobs.last else { return nil }
    switch first.occurrenceReason {
    case .manual:
      return AuditNote("run", .schedule, schedule.name, ["job": .string(first.uuid.text)])
    case .backfill:
      return AuditNote(
        "backfill", .schedule, schedule.name,
        [
          "jobs": JSONValue(jobs.count), "from": JSONValue(first.scheduledAt),
          "to": JSONValue(last.scheduledAt),
        ])
    case .onTime, .catchUp, nil: return nil
    }
  }

  package static func added(_ token: TokenRecord) -> AuditNote {
    AuditNote(
      "add", .token, token.id,
      ["name": .string(token.name), "role": .string(token.role.rawValue)])
  }

  package static func revoked(_ token: TokenRecord) -> AuditNote {
    AuditNote(
      "revoke", .token, token.id,
      ["name": .string(token.name), "role": .string(token.role.rawValue)])
  }

  package static func began(_ operation: JobOperation) -> AuditNote {
    AuditNote(
      "begin", .operation, operation.uuid.text,
      [
        "action": .string(operation.command.action),
        "parameters": .object(operation.command.parameters),
        "filter": .string(operation.shownFilter(Redaction())),
        "total": operation.state == .counting ? .null : JSONValue(operation.total),
      ])
  }

  package static func stopped(_ operation: JobOperation) -> AuditNote {
    AuditNote(
      "cancel", .operation, operation.uuid.text, ["summary": .string(operation.summary)])
  }
}

extension Job {
  /// What can be changed from outside. Not `updated_at`, which always is, and no long texts.
  fileprivate var auditMembers: [String: JSONValue] {
    [
      "status": .string(status.rawValue),
      "run": JSONValue(run),
      "queue": .string(queue),
      "priority": JSONValue(priority),
      "attempts": JSONValue(attempts),
      "max_attempts": JSONValue(maxAttempts),
      "scheduled_at": JSONValue(scheduledAt),
      "run_at": JSONValue(runAt),
      "hold": JSONValue(hold?.rawValue),
      "reason": JSONValue(reason),
      "cancel_requested_at": JSONValue(cancelRequestedAt),
      "finished_at": JSONValue(finishedAt),
    ]
  }
}

extension JobArguments {
  /// The longest args that an entry holds, in bytes of JSON.
  private static let longestAudited = 4_096

  /// The args, if they aren't long: the job has them.
  fileprivate var auditValue: JSONValue {
    let size = json.utf8.count
    guard size <= JobArguments.longestAudited else {
      return ["not_kept": .string("\(size) bytes")]
    }
    return .object(values)
  }
}

extension Schedule {
  /// What can be changed from outside.
  fileprivate var auditMembers: [String: JSONValue] {
    var members = definition.jsonMembers
    members["args"] = definition.args.auditValue
    members["paused_at"] = JSONValue(pause?.at)
    members["paused_until"] = JSONValue(pause?.until)
    members["paused_by"] = JSONValue(pause?.by)
    members["paused_why"] = JSONValue(pause?.why)
    return members
  }
}
