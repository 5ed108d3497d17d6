import Synchronization

/// What a running attempt says of itself: progress, and the lines it logs. Bounded.
package final class AttemptNotes: Sendable {
  /// Lines that are kept: the first few, which say how it began, and the newest.
  package static let mostLines = 200
  private static let firstLines = 20

  private struct State {
    var first: [LogLine] = []
    var newest: [LogLine] = []
    var dropped = 0
    var progress: Double?
    var progressNote: String?
    var changed = false
  }

  private let state = Mutex(State())

  package init() {}

  func progress(_ fraction: Double, _ note: String?) {
    let fraction = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
    state.withLock { state in
      state.progress = fraction
      state.progressNote = note.map(StoredText.reason)
      state.changed = true
    }
  }

  func log(_ line: LogLine) {
    state.withLock { state in
      state.changed = true
      if state.first.count < AttemptNotes.firstLines {
        state.first.append(line)
        return
      }
      state.newest.append(line)
      // Cut in halves, not line by line: shifting an array at every line would be quadratic.
      let most = AttemptNotes.mostLines - AttemptNotes.firstLines
      if state.newest.count >= 2 * most {
        state.newest.removeFirst(most)
        state.dropped += most
      }
    }
  }

  /// Puts what is known so far into the attempt's record.
  package func complete(_ attempt: inout Attempt) {
    state.withLock { state in
      let most = AttemptNotes.mostLines - AttemptNotes.firstLines
      let dropped = state.dropped + max(0, state.newest.count - most)
      attempt.log = state.first
      if dropped > 0, let last = state.newest.suffix(most).first {
        attempt.log.append(
          LogLine(
            at: Instant(microseconds: last.at), level: "notice",
            message: "… \(dropped) lines left out"))
      }
      attempt.log += state.newest.suffix(most)
      attempt.progress = state.progress
      attempt.progressNote = state.progressNote
    }
  }

  /// Whether anything was added since this was last asked.
  package func takeChange() -> Bool {
    state.withLock { state in
      defer { state.changed = false }
      return state.changed
    }
  }
}
