extension Job {
  /// The record as JSON, under its column names: what the command line and the API show.
  ///
  /// Instants are RFC 3339 in UTC, UUIDs lower case, args and result JSON as they were given, and
  /// what isn't known is null rather than missing.
  public var jsonValue: JSONValue { .object(jsonMembers) }

  /// The record with its attempts under `attempts_log`, oldest first.
  public func jsonValue(attempts: [Attempt]) -> JSONValue {
    var members = jsonMembers
    members["attempts_log"] = .array(attempts.map(\.jsonValue))
    return .object(members)
  }

  private var jsonMembers: [String: JSONValue] {
    [
      "uuid": .string(uuid.text),
      "run": JSONValue(run),
      "job_type": .string(jobType),
      "handler_module": .string(handlerModule),
      "resource_type": .string(resourceType),
      "resource_uuid": .string(resourceUUID.text),
      "args": .object(args.values),
      "args_version": JSONValue(argsVersion),
      "queue": .string(queue),
      "priority": JSONValue(priority),
      "scheduled_at": JSONValue(scheduledAt),
      "run_at": JSONValue(runAt),
      "hold": JSONValue(hold?.rawValue),
      "status": .string(status.rawValue),
      "attempts": JSONValue(attempts),
      "max_attempts": JSONValue(maxAttempts),
      "failures": JSONValue(failures),
      "snoozes": JSONValue(snoozes),
      "crashes": JSONValue(crashes),
      "executed_at": JSONValue(executedAt),
      "finished_at": JSONValue(finishedAt),
      "reason": JSONValue(reason),
      "last_error": JSONValue(lastError),
      "result": resultValue,
      "cancel_requested_at": JSONValue(cancelRequestedAt),
      "created_by_uuid": JSONValue(createdByUUID?.text),
      "inserted_at": JSONValue(insertedAt),
      "updated_at": JSONValue(updatedAt),
      "claim": JSONValue(claim),
      "node": JSONValue(node?.text),
      "claimed_at": JSONValue(claimedAt),
      "schedule_uuid": JSONValue(scheduleUUID?.text),
      "occurrence_reason": JSONValue(occurrenceReason?.rawValue),
    ]
  }

  /// The result as JSON; a text that is none, from a row that something else wrote, as a string.
  package var resultValue: JSONValue {
    guard let result else { return .null }
    return (try? JSONValue(json: result)) ?? .string(result)
  }
}

extension Attempt {
  /// The attempt as JSON, as it stands in a job's `attempts_log`.
  public var jsonValue: JSONValue {
    .object([
      "number": JSONValue(number),
      "claim": JSONValue(claim),
      "node": .string(node.text),
      "started_at": JSONValue(startedAt),
      "ended_at": JSONValue(endedAt),
      "outcome": JSONValue(outcome?.rawValue),
      "error": JSONValue(error),
      "fingerprint": JSONValue(fingerprint),
      "log": .array(log.map(\.jsonValue)),
      "progress": progress.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null,
      "progress_note": JSONValue(progressNote),
    ])
  }
}

extension LogLine {
  /// The line as JSON: when, how grave, what.
  public var jsonValue: JSONValue {
    .object([
      "at": JSONValue(Instant(microseconds: at)),
      "level": .string(level),
      "message": .string(message),
    ])
  }
}

extension JSONValue {
  package init(_ value: some BinaryInteger) { self = .number(JSONNumber(value)) }
  package init(_ instant: Instant) { self = .string(instant.rfc3339) }
  package init(_ instant: Instant?) { self = instant.map { JSONValue($0) } ?? .null }
  package init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
}
