import Carillon

/// The shapes of what is sent and answered, as JSON Schema (2020-12), by name.
enum Schemas {
  static func reference(_ name: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  static func array(of name: String) -> JSONValue {
    ["type": "array", "items": reference(name)]
  }

  static let text: JSONValue = ["type": "string"]
  static let whole: JSONValue = ["type": "integer"]
  /// What names something in a job's record.
  static let name: JSONValue = ["type": "string", "minLength": 1, "maxLength": 512]
  static let duration: JSONValue = [
    "type": "string",
    "pattern": .string(
      "^(?=[0-9])" + ["d", "h", "m", "s", "ms"].map { "([0-9]+\($0))?" }.joined() + "$"),
  ]
  static let flag: JSONValue = ["type": "boolean"]
  static let uuid: JSONValue = ["type": "string", "format": "uuid"]
  static let time: JSONValue = ["type": "string", "format": "date-time"]
  static let anyObject: JSONValue = ["type": "object"]
  static let status: JSONValue = [
    "type": "string", "enum": .array(JobStatus.allCases.map { .string($0.rawValue) }),
  ]

  static let action: JSONValue = [
    "type": "string", "enum": .array(JobCommand.actions.map(JSONValue.string)),
  ]

  static func optional(_ schema: JSONValue) -> JSONValue {
    ["anyOf": [schema, ["type": "null"]]]
  }

  /// An object that has all of these members, and no other unless they are `optional`.
  static func object(
    _ required: [String: JSONValue], optional: [String: JSONValue] = [:], isOpen: Bool = false
  ) -> JSONValue {
    .object([
      "type": "object",
      "required": .array(required.keys.sorted().map(JSONValue.string)),
      "properties": .object(required.merging(optional) { one, _ in one }),
      "additionalProperties": .bool(isOpen),
    ])
  }

  private static let jobMembers: [String: JSONValue] = [
    "uuid": uuid, "run": whole, "job_type": text, "handler_module": text, "resource_type": text,
    "resource_uuid": uuid, "args": anyObject, "args_version": whole, "queue": text,
    "priority": whole, "scheduled_at": time, "run_at": time, "hold": optional(text),
    "status": status, "attempts": whole, "max_attempts": whole, "failures": whole,
    "snoozes": whole, "crashes": whole, "executed_at": optional(time),
    "finished_at": optional(time), "reason": optional(text), "last_error": optional(text),
    "result": [:], "cancel_requested_at": optional(time), "created_by_uuid": optional(uuid),
    "inserted_at": time, "updated_at": time, "claim": whole, "node": optional(uuid),
    "claimed_at": optional(time),
  ]

  /// Fields may be added to answers: clients pass over what they don't know.
  static let components = jobs.merging(schedules) { one, _ in one }

  private static let jobs: [String: JSONValue] = [
    "Job": object(jobMembers, isOpen: true),
    "JobWithAttempts": object(
      jobMembers.merging(["attempts_log": array(of: "Attempt")]) { one, _ in one }, isOpen: true),
    "Attempt": object(
      [
        "number": whole, "claim": whole, "node": uuid, "started_at": time,
        "ended_at": optional(time), "outcome": optional(text), "error": optional(text),
        "fingerprint": optional(text), "log": ["type": "array", "items": reference("LogLine")],
        "progress": optional(["type": "number"]), "progress_note": optional(text),
      ], isOpen: true),
    "LogLine": object(["at": time, "level": text, "message": text], isOpen: true),
    "NewJob": object(
      ["resource_uuid": uuid],
      optional: [
        "uuid": uuid, "job_type": name, "handler_module": name, "resource_type": name,
        "args": anyObject, "args_version": whole, "queue": name,
        "priority": ["type": "integer", "minimum": 0, "maximum": 2_147_483_647],
        "max_attempts": ["type": "integer", "minimum": 1, "maximum": 1_000_000],
        "scheduled_at": time, "in": duration, "created_by_uuid": uuid,
      ].mapValues(optional)),
    "StoredJobs": object(["count": whole, "uuids": ["type": "array", "items": uuid]]),
    "JobPage": object(["jobs": array(of: "Job"), "next": optional(text)], isOpen: true),
    "Cancel": object([:], optional: ["running": optional(flag), "reason": optional(text)]),
    "Reschedule": object(
      [:], optional: ["scheduled_at": optional(time), "in": optional(duration)]),
    "Nothing": object([:]),
    "JobEdit": object(
      [:],
      optional: [
        "queue": name, "priority": ["type": "integer", "minimum": 0, "maximum": 2_147_483_647],
        "max_attempts": ["type": "integer", "minimum": 1, "maximum": 1_000_000],
      ].mapValues(optional)),
    "NewOperation": object(
      ["action": action, "filter": text],
      optional: [
        "uuid": optional(uuid), "parameters": optional(anyObject), "dry_run": optional(flag),
      ]),
    "Operation": object(
      [
        "uuid": uuid, "action": action, "parameters": anyObject, "filter": text,
        "state": [
          "type": "string",
          "enum": .array(JobOperation.State.allCases.map { .string($0.rawValue) }),
        ],
        "total": whole, "done": whole,
        "skipped": ["type": "object", "additionalProperties": whole],
        "started_by": optional(text), "inserted_at": time, "updated_at": time,
        "finished_at": optional(time),
      ], isOpen: true),
    "OperationPage": object(
      ["operations": array(of: "Operation"), "next": optional(text)], isOpen: true),
    "OperationCount": object(
      [
        "action": action, "parameters": anyObject, "filter": text, "dry_run": flag,
        "total": whole,
      ], isOpen: true),
    "AuditEntry": object(
      [
        "uuid": uuid, "at": time, "actor": text, "source": text, "action": text,
        "target_kind": text, "target": text, "detail": anyObject, "request_id": optional(text),
      ], isOpen: true),
    "AuditPage": object(
      ["entries": array(of: "AuditEntry"), "next": optional(text)], isOpen: true),
    "CancelledJobs": object(["jobs": array(of: "Job")], isOpen: true),
    "Resource": object(
      [
        "resource_type": text, "resource_uuid": uuid, "jobs": array(of: "Job"),
        "timeline": array(of: "TimelineEntry"),
      ], isOpen: true),
    "TimelineEntry": object(
      [
        "at": time, "what": text, "job": uuid, "detail": optional(text), "attempt": optional(whole),
      ],
      isOpen: true),
    "Handler": object(
      [
        "handler_module": text, "job_type": text, "resource_type": text,
        "aliases": ["type": "array", "items": text], "queue": text, "priority": whole,
        "max_attempts": whole, "timeout": optional(["type": "number"]),
        "summary": optional(text),
        "args_schema": [
          "description": "JSON Schema, as the handler says it; null when it doesn't."
        ],
      ], isOpen: true),
    "Queue": object(
      [
        "name": text, "pending": whole, "processing": whole, "held": whole,
        "oldest_due_at": optional(time), "closed": optional(reference("Closure")),
      ], isOpen: true),
    "Closure": object(
      [
        "scope": text, "name": text, "since": optional(time), "until": optional(time),
        "by": optional(text), "reason": optional(text),
        "blackouts": ["type": "array", "items": text],
      ], isOpen: true),
    "Pause": object(
      [
        "scope": text, "name": text, "since": time, "until": optional(time),
        "by": optional(text), "reason": optional(text),
      ], isOpen: true),
    "NewPause": object(
      [:],
      optional: ["until": optional(time), "for": optional(duration), "reason": optional(text)]),
    "Blackout": object(
      [
        "name": text, "scope": text, "scope_name": text, "time_zone": text,
        "calendars": anyObject, "since": time, "by": optional(text), "reason": optional(text),
        "closed": flag, "opens_at": optional(time),
      ], isOpen: true),
    "NewBlackout": object(
      ["name": ["type": "string", "minLength": 1, "maxLength": 200]],
      optional: [
        "queue": name, "handler": name, "resource_type": name,
        "windows": ["type": "array", "items": text], "dates": ["type": "array", "items": text],
        "time_zone": text, "reason": text,
      ].mapValues(optional)),
    "Gates": object(
      [
        "closed": array(of: "Closure"), "pauses": array(of: "Pause"),
        "blackouts": array(of: "Blackout"),
      ], isOpen: true),
    "Node": object(
      [
        "uuid": uuid, "name": text, "started_at": time, "lease_expires_at": time, "alive": flag,
        "draining": flag, "handlers": ["type": "array", "items": text],
      ], isOpen: true),
    "Unresolved": object(
      [
        "handler_module": text, "resource_type": text, "count": whole, "due_since": time,
        "reason": text,
      ], isOpen: true),
    "Stats": object(
      [
        "jobs": object(
          Dictionary(uniqueKeysWithValues: JobStatus.allCases.map { ($0.rawValue, whole) })),
        "unresolved": array(of: "Unresolved"), "queues": array(of: "Queue"),
        "closed": array(of: "Closure"), "nodes": array(of: "Node"),
      ], isOpen: true),
    "Health": object(
      [
        "status": ["type": "string", "enum": ["ok", "unavailable"]],
        "checks": ["type": "object", "additionalProperties": text],
      ], isOpen: true),
    "Problem": object(
      [
        "type": text, "title": text, "status": whole, "detail": text, "instance": text,
        "code": text, "request_id": text,
      ],
      optional: [
        "errors": [
          "type": "array", "items": object(["pointer": text, "detail": text]),
        ]
      ], isOpen: true),
  ]
}
