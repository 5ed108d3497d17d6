import Carillon
import Foundation

/// An audit entry in plain words: what was done, to what, and where that is looked at.
struct AuditWords: Sendable {
  let note: AuditNote
  /// The note's detail as the reader may see it.
  let detail: [String: JSONValue]

  /// What was done, before the name of what it was done to: `Retried job`.
  var sentence: String {
    switch note.targetKind {
    case .operation: return operation
    case .jobs: return note.action == "schedule" ? "Stored \(many("count", "job"))" : plain("jobs")
    case .resource:
      return note.action == "cancel"
        ? "Cancelled \(many("cancelled", "job")) of resource" : plain("resource")
    case .schedule:
      switch note.action {
      case "run": return "Ran schedule"
      case "backfill": return "Backfilled \(many("jobs", "job")) of schedule"
      default: return plain("schedule")
      }
    case .job:
      let isAsked = detail["after"]?["cancel_requested_at"]?.string != nil
      if note.action == "cancel", isAsked { return "Asked to end job" }
      return note.action == "schedule" ? "Stored job" : plain("job")
    case .token, .queue, .handler, .blackout: return plain(note.targetKind.rawValue)
    case .resourceType: return plain("handlers of resource type")
    }
  }

  /// The target as people know it: a job by its type, a token by its name.
  var name: String {
    switch note.targetKind {
    case .job:
      return detail["job_type"]?.string.map { "\($0) \(note.target.prefix(8))" } ?? note.target
    case .jobs:
      let type = detail["first"]?["job_type"]?.string
      return type.map { "\($0) \(note.target.prefix(8)) and on" } ?? note.target
    case .token: return detail["name"]?.string.map { "\($0) (\(note.target))" } ?? note.target
    case .resource, .schedule, .operation, .queue, .handler, .blackout, .resourceType:
      return note.target
    }
  }

  /// Where what it was done to is looked at; nil when it has no page.
  func address(_ base: String) -> String? {
    let name = Query.encoded(note.target)
    func jobs(_ condition: JobFilter.Condition) -> String {
      "\(base)/jobs?filter=\(Query.encoded(JobFilter.all.and(condition).description))"
    }
    // What was removed has no page any more.
    guard note.action != "delete", note.action != "remove" else { return nil }
    switch note.targetKind {
    case .job, .jobs: return "\(base)/jobs/\(name)"
    case .schedule: return "\(base)/schedule?name=\(name)"
    case .operation: return "\(base)/operation?uuid=\(name)"
    case .queue: return jobs(.queue(.init(note.target)))
    case .handler: return jobs(.handler(.init(note.target)))
    case .resourceType: return jobs(.resourceType(note.target))
    case .resource:
      guard let slash = note.target.lastIndex(of: "/"),
        let uuid = UUID(uuidString: String(note.target[note.target.index(after: slash)...]))
      else { return nil }
      return JobRows.address(of: Resource(String(note.target[..<slash]), uuid), base)
    case .token, .blackout: return nil
    }
  }

  /// What was so before and after, and the rest: `status: failed → pending; reason: moving house`.
  var change: String {
    let (before, after) = (detail["before"]?.object ?? [:], detail["after"]?.object ?? [:])
    var parts: [String] = []
    for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
      let (old, new) = (AuditWords.text(before[key]), AuditWords.text(after[key]))
      // What something new says that says nothing is left out.
      if old == new || new == "{}" && before.isEmpty { continue }
      let isNew = old == AuditWords.nothing
      parts.append("\(AuditWords.label(key)): " + (isNew ? new : "\(old) → \(new)"))
    }
    for (key, value) in detail.sorted(by: { $0.key < $1.key })
    where key != "before" && key != "after" && !value.isNull && value != [:] && !isSaid(key) {
      parts.append("\(AuditWords.label(key)): \(AuditWords.text(value))")
    }
    return String(parts.joined(separator: "; ").prefix(400))
  }

  // MARK: Parts

  /// What the sentence or the name says already.
  private func isSaid(_ key: String) -> Bool {
    switch note.targetKind {
    case .job: key == "job_type"
    case .jobs: key == "count" || key == "first"
    case .resource: key == "cancelled"
    case .schedule: key == "jobs"
    case .operation: key == "action" && note.action == "begin"
    case .token: key == "name"
    case .queue, .handler, .blackout, .resourceType: false
    }
  }

  private var operation: String {
    switch note.action {
    case "begin":
      let action = detail["action"]?.string ?? "act on"
      return "Began to \(action) all jobs of a filter"
    case "cancel": return "Stopped operation"
    default: return plain("operation")
    }
  }

  private func many(_ key: String, _ noun: String) -> String {
    detail[key]?.int.map { counted($0, noun) } ?? "\(noun)s"
  }

  private func plain(_ noun: String) -> String { "\(AuditWords.past(note.action)) \(noun)" }

  /// A verb of an entry in the past; one that this program doesn't know as it is.
  private static func past(_ action: String) -> String {
    switch action {
    case "cancel": "Cancelled"
    case "retry": "Retried"
    case "reschedule": "Rescheduled"
    case "delete": "Deleted"
    case "edit": "Edited"
    case "pause": "Paused"
    case "resume": "Resumed"
    case "add": "Added"
    case "remove": "Removed"
    case "revoke": "Revoked"
    default: "\(action):"
    }
  }

  /// A column's name without its underscores.
  private static func label(_ key: String) -> String { key.replacing("_", with: " ") }

  private static let nothing = "–"

  /// A value as people read it: times to the second.
  private static func text(_ value: JSONValue?) -> String {
    guard let value, !value.isNull else { return nothing }
    guard let text = value.string else { return value.json }
    guard let instant = try? Instant(rfc3339: text) else { return text }
    return "\(instant.rfc3339.prefix(19).replacing("T", with: " ")) UTC"
  }
}
