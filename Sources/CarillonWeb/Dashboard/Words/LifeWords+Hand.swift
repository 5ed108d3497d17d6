import Carillon

/// What somebody did to a job, in its place among what its rows tell.
extension LifeWords {
  /// The entries with who asked for them, and further ones for what left nothing but an audit entry.
  /// What an operation did to many jobs stands with the operation alone.
  static func told(
    _ entries: [Timeline.Entry], with audit: [AuditEntry], of job: Job
  ) -> [Timeline.Entry] {
    var entries = entries
    var others: [Timeline.Entry] = []
    for done in audit where done.note.targetKind == .job {
      let traces = traces(of: done.note.action)
      if let index = entries.firstIndex(where: { $0.at == done.at && traces.contains($0.what) }) {
        entries[index].by = done.actor.name
      } else {
        others.append(
          Timeline.Entry(
            at: done.at, what: what(done.note), job: job, detail: detail(of: done.note),
            by: done.actor.name))
      }
    }
    // What somebody did comes before what followed from it in the same microsecond.
    return (others + entries).enumerated()
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

  /// One that was cancelled before it was retried isn't any more: its row has forgotten it.
  private static func what(_ note: AuditNote) -> String {
    let isEnd = note.detail["after"]?["status"]?.string == JobStatus.cancelled.rawValue
    return isEnd ? "hand_cancelled" : "hand_\(note.action)"
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
}
