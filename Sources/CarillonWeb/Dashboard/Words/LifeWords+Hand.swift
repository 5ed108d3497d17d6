import Carillon
import Foundation

/// What somebody did to a job, in its place among what its rows tell.
extension LifeWords {
  /// One thing that was done to it.
  private struct Deed {
    let at: Instant
    let by: String
    let action: String
    /// What a timeline calls it that has nothing of it.
    let what: String
    var detail: String?
    var operation: UUID?
  }

  /// The entries with who asked for them, and further ones for what left nothing but an audit entry,
  /// or what an operation did to the job.
  static func told(
    _ entries: [Timeline.Entry], with audit: [AuditEntry], and effects: [ShownEffect], of job: Job
  ) -> [Timeline.Entry] {
    var told = entries
    var others: [Timeline.Entry] = []
    let deeds =
      audit.filter { $0.note.targetKind == .job }.map(deed) + effects.map { deed($0, entries) }
    for deed in deeds {
      let traces = traces(of: deed.action)
      if let index = told.firstIndex(where: { $0.at == deed.at && traces.contains($0.what) }) {
        told[index].by = deed.by
        told[index].operation = deed.operation
      } else {
        others.append(
          Timeline.Entry(
            at: deed.at, what: deed.what, job: job, detail: deed.detail, by: deed.by,
            operation: deed.operation))
      }
    }
    // What somebody did comes before what followed from it in the same microsecond.
    return (others + told).enumerated()
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map(\.element)
  }

  /// What a timeline has of it already, written in the same transaction.
  private static func traces(of action: String) -> Set<String> {
    switch action {
    case "schedule": ["scheduled"]
    case "cancel": ["cancelled", "cancel_requested"]
    default: []
    }
  }

  // MARK: One job by hand

  private static func deed(_ done: AuditEntry) -> Deed {
    let note = done.note
    // One that was cancelled before it was retried isn't any more: its row has forgotten it.
    let isEnd = note.detail["after"]?["status"]?.string == JobStatus.cancelled.rawValue
    return Deed(
      at: done.at, by: done.actor.name, action: note.action,
      what: isEnd ? "hand_cancelled" : "hand_\(note.action)", detail: detail(of: note))
  }

  /// What is told of it here; the audit has all of it.
  private static func detail(of note: AuditNote) -> String? {
    let (before, after) = (
      note.detail["before"]?.object ?? [:], note.detail["after"]?.object ?? [:]
    )
    switch note.action {
    case "reschedule":
      return after["run_at"]?.string.map { "due at \($0.prefix(19).replacing("T", with: " "))Z" }
    case "cancel": return after["reason"]?.string
    case "edit":
      let placed: Set = ["queue", "priority", "max_attempts"]
      let shown: [String: JSONValue] = [
        "before": .object(before.filter { placed.contains($0.key) }),
        "after": .object(after.filter { placed.contains($0.key) }),
      ]
      let words = AuditWords(note: note, detail: shown).change
      return words.isEmpty ? nil : words
    default: return nil
    }
  }

  // MARK: Many jobs by an operation

  private static func deed(_ effect: ShownEffect, _ entries: [Timeline.Entry]) -> Deed {
    let operation = effect.operation
    let last = entries.last {
      $0.at <= effect.at && ($0.what == "started" || $0.what.hasPrefix("attempt_"))
    }
    let what =
      switch operation.command {
      case .cancel: "hand_cancelled"
      case .requestCancel: last?.what == "started" ? "hand_cancel" : "hand_cancelled"
      case .retry, .reschedule, .edit, .delete, .ifUnchanged: "hand_\(operation.command.action)"
      }
    return Deed(
      at: effect.at, by: operation.startedBy ?? "a program", action: operation.command.action,
      what: what, detail: detail(of: operation), operation: operation.uuid)
  }

  private static func detail(of operation: JobOperation) -> String? {
    switch operation.command {
    case .reschedule(let time):
      return "due at \(Moment.exact(time.instant(at: operation.insertedAt)).prefix(19))Z"
        .replacing("T", with: " ")
    case .cancel(let reason), .requestCancel(let reason): return reason
    case .edit:
      return operation.command.parameters.sorted { $0.key < $1.key }
        .map { "\($0.key.replacing("_", with: " ")): \($0.value.string ?? $0.value.json)" }
        .joined(separator: "; ")
    case .retry, .delete, .ifUnchanged: return nil
    }
  }
}

/// What an operation has done to a job, with the operation itself.
struct ShownEffect: Sendable, Hashable {
  let operation: JobOperation
  let at: Instant
}
