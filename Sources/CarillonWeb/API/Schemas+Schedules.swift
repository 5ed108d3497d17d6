import Carillon

extension Schemas {
  private static let definition: [String: JSONValue] = [
    "resource_uuid": uuid, "args": anyObject, "queue": text, "priority": whole,
    "max_attempts": whole, "recurrence": text, "time_zone": text,
    "clock_gap": optional(["type": "string", "enum": words(of: ClockChange.Gap.self)]),
    "clock_overlap": optional(["type": "string", "enum": words(of: ClockChange.Overlap.self)]),
    "start_at": optional(time), "end_at": optional(time), "max_runs": optional(whole),
    "misfire_policy": text, "misfire_threshold": text,
    "overlap_policy": ["type": "string", "enum": words(of: OverlapPolicy.self)],
    "jitter": text, "calendars": optional(anyObject), "pause_after_failures": optional(whole),
  ]

  private static let record: [String: JSONValue] = definition.merging([
    "uuid": uuid, "name": text, "handler_module": text, "job_type": text, "resource_type": text,
    "args_version": whole, "runs": whole, "failures_in_a_row": whole,
    "paused_at": optional(time), "paused_until": optional(time), "paused_by": optional(text),
    "paused_why": optional(text), "last_at": optional(time), "next_at": optional(time),
    "origin": text, "edited_at": optional(time), "revision": whole, "turn": whole,
    "inserted_at": time, "updated_at": time,
    "state": ["type": "string", "enum": words(of: Schedule.State.self)],
    "explanation": optional(text), "problem": optional(text),
  ]) { one, _ in one }

  private static func words<Choice: RawRepresentable<String> & CaseIterable>(
    of type: Choice.Type
  ) -> JSONValue {
    .array(type.allCases.map { .string($0.rawValue) })
  }

  private static let coming = object(
    ["utc": time, "local": text, "note": optional(text)], isOpen: true)

  /// What schedules are told and answered, by name.
  static let schedules: [String: JSONValue] = [
    "Schedule": object(record, isOpen: true),
    "ScheduleWithHistory": object(
      record.merging([
        "next": ["type": "array", "items": coming],
        "history": array(of: "OccurrenceRecord"),
      ]) { one, _ in one }, isOpen: true),
    "SchedulePage": object(
      ["schedules": array(of: "Schedule"), "next": optional(text)], isOpen: true),
    "OccurrenceRecord": object(
      [
        "schedule_uuid": uuid, "nominal_at": time,
        "outcome": ["type": "string", "enum": words(of: OccurrenceRecord.Outcome.self)],
        "occurrence_reason": optional(text), "job_uuid": optional(uuid), "why": optional(text),
        "count": whole, "noted_at": time, "job_status": optional(text),
      ], isOpen: true),
    "NewSchedule": object(
      ["name": name, "recurrence": text],
      optional: ["job_type": name, "handler_module": name, "resource_type": name]
        .merging(definition.filter { $0.key != "recurrence" }) { one, _ in one }),
    "ScheduleChange": object(
      [:], optional: definition.merging(["revision": whole]) { one, _ in one }),
    "SchedulePause": object(
      [:],
      optional: [
        "until": optional(time), "for": optional(duration), "reason": optional(text),
      ]),
    "Backfill": object(["from": time, "to": time], optional: ["dry_run": optional(flag)]),
    "Explanation": object(
      [
        "expr": text, "tz": text, "explanation": text,
        "next": ["type": "array", "items": coming],
      ], isOpen: true),
  ]
}
