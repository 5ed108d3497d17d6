import Carillon

/// A status as a symbol and a word: colour is never all that tells statuses apart.
enum StatusMark {
  static func of(_ status: JobStatus, hold: Hold? = nil) -> Markup {
    if status == .pending, let hold { return mark("held", word: "held", title: words(hold)) }
    return mark(status.rawValue, word: status.rawValue)
  }

  static func of(_ outcome: AttemptOutcome?) -> Markup {
    switch outcome {
    case nil: mark("processing", word: "running")
    case .ok: mark("executed", word: "succeeded")
    case .error: mark("failed", word: "failed")
    case .lost: mark("failed", word: "lost with its node")
    case .snooze: mark("held", word: "snoozed")
    case .release: mark("held", word: "given back")
    case .cancel: mark("cancelled", word: "cancelled")
    }
  }

  static func of(_ severity: Finding.Severity) -> Markup {
    switch severity {
    case .ok: mark("executed", word: "ok")
    case .warning: mark("held", word: "warning")
    case .error: mark("failed", word: "error")
    }
  }

  static func of(_ state: Schedule.State, isBroken: Bool) -> Markup {
    guard !isBroken else { return mark("failed", word: "broken") }
    return switch state {
    case .active: mark("executed", word: "active")
    case .paused: mark("paused", word: "paused")
    case .ended: mark("cancelled", word: "ended")
    }
  }

  /// Why a pending job isn't ready, in words.
  static func words(_ hold: Hold) -> String {
    switch hold {
    case .unresolved: "no live node has its handler"
    case .overlap: "an earlier job of its schedule hasn't ended"
    case .paused: "its handler or resource type is closed"
    case .corrupt: "its row can't be read"
    default: hold.rawValue
    }
  }

  static func mark(_ kind: String, word: String, title: String = "") -> Markup {
    let title = title.isEmpty ? "" : " title=\"\(title.escapedForHTML)\""
    return Markup(
      trusted: "<span class=\"mark \(kind)\"\(title)>\(icon(kind))<span>\(word.escapedForHTML)"
        + "</span></span>")
  }

  private static func icon(_ kind: String) -> String {
    let shape =
      switch kind {
      case "pending": "<circle cx=\"8\" cy=\"8\" r=\"5.25\"/>"
      case "processing": "<path d=\"M5.5 3.5v9l7-4.5z\" class=\"solid\"/>"
      case "executed": "<path d=\"m3 8.5 3.5 3.5L13 4.5\"/>"
      case "failed": "<path d=\"m4 4 8 8m0-8-8 8\"/>"
      case "cancelled": "<circle cx=\"8\" cy=\"8\" r=\"5.25\"/><path d=\"m4.5 11.5 7-7\"/>"
      case "paused": "<path d=\"M5.5 3.5v9m5-9v9\"/>"
      default: "<path d=\"M8 2.75v6.5\"/><circle cx=\"8\" cy=\"12.75\" r=\".6\" class=\"solid\"/>"
      }
    return "<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">\(shape)</svg>"
  }
}
