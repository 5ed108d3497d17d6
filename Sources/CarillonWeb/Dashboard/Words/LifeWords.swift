import Carillon

/// What a timeline's entries are called on pages.
enum LifeWords {
  /// Without the ends of attempts that ended their jobs: both are one thing.
  static func merged(_ entries: [Timeline.Entry]) -> [Timeline.Entry] {
    entries.enumerated().filter { index, entry in
      guard entry.what.hasPrefix("attempt_"), let next = entries.dropFirst(index + 1).first
      else { return true }
      return next.at != entry.at || next.job.uuid != entry.job.uuid
        || JobStatus(rawValue: next.what)?.isFinal != true
    }.map(\.element)
  }

  static func text(_ entry: Timeline.Entry) -> String {
    let number = entry.attempt.map { " \($0)" } ?? ""
    switch entry.what {
    case "scheduled": return "Stored"
    case "started": return "Attempt\(number) started"
    case "attempt_ok": return "Attempt\(number) succeeded"
    case "attempt_error": return "Attempt\(number) failed"
    case "attempt_snooze": return "Attempt\(number) snoozed"
    case "attempt_release": return "Attempt\(number) given back"
    case "attempt_cancel": return "Attempt\(number) cancelled"
    case "attempt_lost": return "Attempt\(number) lost with its node"
    case "cancel_requested": return "Asked to end"
    case "due": return entry.detail == nil ? "Due" : "Due, but held"
    case "hand_retry": return "Retried"
    case "hand_reschedule": return "Rescheduled"
    case "hand_edit": return "Edited"
    case "hand_cancel": return "Asked to end"
    case "hand_cancelled": return "Cancelled"
    default: return entry.what.prefix(1).uppercased() + entry.what.dropFirst()
    }
  }

  static func kind(_ what: String) -> String {
    switch what {
    case "executed", "attempt_ok": "ok"
    case "failed", "attempt_error", "attempt_lost": "bad"
    case "cancelled", "cancel_requested", "attempt_cancel": "stopped"
    case "due": "coming"
    case _ where what.hasPrefix("hand_"): "hand"
    default: "plain"
    }
  }

  /// What the time between two entries was.
  static func gap(_ entry: Timeline.Entry, _ next: Timeline.Entry) -> String {
    switch (entry.what, next.what) {
    case ("started", _): "running"
    case (_, "started"): "waiting"
    case (_, "due"): "to wait"
    default: "later"
    }
  }
}
