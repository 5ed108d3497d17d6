import Foundation

extension Schedule {
  /// The record as JSON, under its column names. Instants are RFC 3339 in UTC, durations texts such as
  /// `1h30m`; what isn't known is null rather than missing.
  public var jsonValue: JSONValue {
    var members = definition.jsonMembers
    for (key, value) in ownMembers { members[key] = value }
    return .object(members)
  }

  private var ownMembers: [String: JSONValue] {
    [
      "uuid": .string(uuid.text),
      "name": .string(name),
      "runs": JSONValue(runs),
      "failures_in_a_row": JSONValue(failuresInARow),
      "paused_at": JSONValue(pause?.at),
      "paused_until": JSONValue(pause?.until),
      "paused_by": JSONValue(pause?.by),
      "paused_why": JSONValue(pause?.why),
      "last_at": JSONValue(lastAt),
      "next_at": JSONValue(nextAt),
      "origin": .string(origin.rawValue),
      "edited_at": JSONValue(editedAt),
      "revision": JSONValue(revision),
      "turn": JSONValue(turn),
      "inserted_at": JSONValue(insertedAt),
      "updated_at": JSONValue(updatedAt),
    ]
  }
}

extension ScheduleDefinition {
  /// What it says, under the column names.
  package var jsonMembers: [String: JSONValue] {
    [
      "handler_module": .string(handlerModule),
      "job_type": .string(jobType),
      "resource_type": .string(resource.type),
      "resource_uuid": .string(resource.uuid.text),
      "args": .object(args.values),
      "args_version": JSONValue(argsVersion),
      "queue": .string(queue),
      "priority": JSONValue(priority),
      "max_attempts": JSONValue(maxAttempts),
      "recurrence": .string(recurrence),
      "time_zone": .string(timeZone),
      "clock_gap": JSONValue(clockChange?.gap.rawValue),
      "clock_overlap": JSONValue(clockChange?.overlap.rawValue),
      "start_at": JSONValue(startAt),
      "end_at": JSONValue(endAt),
      "max_runs": maxRuns.map { JSONValue($0) } ?? .null,
      "misfire_policy": .string(misfirePolicy.description),
      "misfire_threshold": .string(misfireThreshold.exactText),
      "overlap_policy": .string(overlapPolicy.rawValue),
      "jitter": .string(jitter.exactText),
      "calendars": calendarsValue,
      "pause_after_failures": pauseAfterFailures.map { JSONValue($0) } ?? .null,
    ]
  }

  private var calendarsValue: JSONValue {
    guard calendars != .none else { return .null }
    return (try? JSONValue(json: calendars.text)) ?? .null
  }
}

extension CalendarRules {
  /// The rules as JSON text, as a column holds them.
  package var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// Nil for a text that is none.
  package init?(text: String) {
    guard let rules = try? JSONDecoder().decode(CalendarRules.self, from: Data(text.utf8)) else {
      return nil
    }
    self = rules
  }
}
