import Foundation
import Synchronization

/// Remembers a store's gates from claim to claim, and until when a blackout lasts, so that a claim
/// reads and reckons only what has changed.
package final class GateMemory: Sendable {
  fileprivate struct State {
    var text: String?
    var rows: [GateRow] = []
    var gates = Gates.none
    /// By the blackout's name: when it was looked at closed, and until when it is.
    var closed: [String: (from: Instant, opening: Instant?)] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  /// What is closed at `now`, of rows as a JSON array; nil or an empty one stands for none.
  package func closed(_ text: String?, at now: Instant) throws -> ClosedScopes {
    guard let text, text != "[]" else {
      state.withLock { if $0.text != nil { $0 = State() } }
      return .none
    }
    return try state.withLock { state in
      if state.text != text {
        let rows = try GateRow.rows(text)
        state = State(text: text, rows: rows, gates: Gates(rows))
      }
      return state.closed(at: now)
    }
  }

  package func closed(_ rows: [GateRow], at now: Instant) -> ClosedScopes {
    guard !rows.isEmpty else { return .none }
    return state.withLock { state in
      if state.rows != rows { state = State(rows: rows, gates: Gates(rows)) }
      return state.closed(at: now)
    }
  }

  /// What was closed as far as is known here, for a question that is asked before the rows are read.
  package func lastClosed(at now: Instant) -> ClosedScopes {
    state.withLock { $0.closed(at: now) }
  }
}

extension GateMemory.State {
  fileprivate mutating func closed(at now: Instant) -> ClosedScopes {
    var scopes = ClosedScopes()
    for pause in gates.pauses {
      scopes.note(pause.scope)
      if pause.isClosed(at: now) {
        scopes.close(pause.scope, until: pause.until)
      } else if let until = pause.until {
        scopes.noteOver(since: until, at: now)
      }
    }
    for blackout in gates.blackouts {
      scopes.note(blackout.scope)
      guard blackout.isClosed(at: now) else { continue }
      scopes.close(blackout.scope, until: opening(of: blackout, at: now))
    }
    for unreadable in gates.unreadable {
      scopes.note(unreadable.scope)
      if let scope = unreadable.scope { scopes.close(scope, until: nil) }
    }
    return scopes
  }

  /// A search over years of closed days is made once.
  private mutating func opening(of blackout: Blackout, at now: Instant) -> Instant? {
    if let known = closed[blackout.name], known.from <= now,
      known.opening.map({ now < $0 }) ?? (now - known.from < .seconds(3_600))
    {
      return known.opening
    }
    let opening = blackout.nextOpening(after: now)
    closed[blackout.name] = (now, opening)
    return opening
  }
}

extension GateRow {
  /// Rows as a database writes them: an array of objects.
  package static func rows(_ text: String) throws -> [GateRow] {
    do {
      return try JSONDecoder().decode([GateRow].self, from: Data(text.utf8))
    } catch {
      throw StoredGates(why: "\(error)")
    }
  }

  struct StoredGates: Error, CustomStringConvertible {
    let why: String
    var description: String { "The pauses and blackouts can't be read: \(why)" }
  }
}
