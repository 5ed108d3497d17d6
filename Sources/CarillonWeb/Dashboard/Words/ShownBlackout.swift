import Carillon

/// Blackouts as a table of a page shows them: what closes its rows, now or later.
enum ShownBlackout {
  /// More windows than that stand in the title alone.
  private static let mostWindows = 3

  /// Those that close scopes of a page's kind, by name; and what can't be read of them.
  static func table(
    of gates: Gates, at now: Instant, mayRemove: Bool, closing isOfPage: (GateScope) -> Bool
  ) -> View {
    let blackouts = gates.blackouts.filter { isOfPage($0.scope) }.sorted { $0.name < $1.name }
    let broken = gates.unreadable.filter { $0.scope.map(isOfPage) ?? true }
    return [
      "hasBlackouts": .flag(!blackouts.isEmpty || !broken.isEmpty),
      "mayRemove": .flag(mayRemove),
      "blackouts": .list(
        blackouts.map { row($0, at: now) } + broken.sorted { $0.name < $1.name }.map(row)),
    ]
  }

  private static func row(_ blackout: Blackout, at now: Instant) -> View {
    let windows = blackout.windows
    let shown = windows.prefix(mostWindows).joined(separator: "; ")
    return [
      "blackout": .text(blackout.name), "scope": .text("\(blackout.scope)"),
      "state": .markup(mark(blackout, at: now)),
      "windows": .text(windows.count > mostWindows ? "\(shown); …" : shown),
      "allWindows": .text(windows.joined(separator: "; ")),
      "zone": .text(blackout.zone.name),
      "why": .text(
        [blackout.reason, blackout.by.map { "added by \($0)" }].compactMap(\.self)
          .joined(separator: "; ")),
    ]
  }

  private static func mark(_ blackout: Blackout, at now: Instant) -> Markup {
    guard blackout.isClosed(at: now) else { return StatusMark.mark("executed", word: "open") }
    guard let opening = blackout.nextOpening(after: now) else {
      return StatusMark.mark("failed", word: "never opens")
    }
    let until = Moment.exact(opening).prefix(16).replacing("T", with: " ")
    return StatusMark.mark("paused", word: "closed until \(until)Z")
  }

  private static func row(_ broken: Gates.Unreadable) -> View {
    [
      "blackout": .text(broken.name), "scope": .text(broken.scope.map { "\($0)" } ?? "?"),
      "state": .markup(StatusMark.mark("failed", word: "can't be read")),
      "windows": "", "allWindows": "", "zone": "", "why": .text(broken.why),
    ]
  }
}
