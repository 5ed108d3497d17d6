import Carillon

extension JobStatus {
  /// A symbol and the word: colour is never all that tells statuses apart.
  func text(symbols: Bool) -> String { "\(symbols ? symbol : plainSymbol) \(rawValue)" }

  private var symbol: String {
    switch self {
    case .pending: "○"
    case .processing: "▶"
    case .executed: "✓"
    case .failed: "✗"
    case .cancelled: "⊘"
    }
  }

  private var plainSymbol: String {
    switch self {
    case .pending: "."
    case .processing: ">"
    case .executed: "+"
    case .failed: "x"
    case .cancelled: "-"
    }
  }

  var style: Style {
    switch self {
    case .pending: .blue
    case .processing: .cyan
    case .executed: .green
    case .failed: .red
    case .cancelled: .dim
    }
  }
}

extension AttemptOutcome {
  /// What it means, in a word or two.
  var text: String {
    switch self {
    case .ok: "executed"
    case .error: "failed"
    case .snooze: "snoozed"
    case .release: "given back at shutdown"
    case .cancel: "cancelled"
    case .lost: "lost with its node"
    }
  }

  var style: Style {
    switch self {
    case .ok: .green
    case .error, .lost: .red
    case .snooze, .release: .yellow
    case .cancel: .dim
    }
  }
}

extension Finding.Severity {
  func text(symbols: Bool) -> String {
    switch self {
    case .ok: symbols ? "✓ ok" : "ok"
    case .warning: symbols ? "! warning" : "! warning"
    case .error: symbols ? "✗ error" : "x error"
    }
  }

  var style: Style {
    switch self {
    case .ok: .green
    case .warning: .yellow
    case .error: .red
    }
  }
}
