extension Finding {
  /// What `doctor` should say about gates at `now`.
  package static func findings(of gates: Gates, at now: Instant) -> [Finding] {
    let long = Duration.seconds(7 * 86_400)
    let old = gates.pauses.filter { $0.isClosed(at: now) && now - $0.since > long }.map { pause in
      let who = pause.by.map { " by \($0)" } ?? ""
      let why = pause.reason.map { ": \($0)" } ?? ""
      return Finding(
        id: "gates.paused", severity: .warning,
        message: "The \(pause.scope) has been paused since \(pause.since.wholeText)\(who)\(why).",
        advice: "\(pause.scope.resuming), or leave it if that is meant.")
    }
    let closed = gates.closures(at: now).filter { closure in
      closure.pause.map { now - $0.since <= long } ?? (closure.opensAt != nil)
    }.map { closure in
      Finding(
        id: "gates.closed", severity: .ok,
        message: "The \(closure.scope) is \(closure.words); its jobs wait.")
    }
    let shut = gates.blackouts.filter { $0.nextOpening(after: now) == nil }.map { blackout in
      Finding(
        id: "gates.never_open", severity: .error,
        message:
          "The blackout '\(blackout.name)' of \(blackout.scope) doesn't open within ten years.",
        advice: "Remove it with `blackouts rm`, and add one with other windows.")
    }
    let broken = gates.unreadable.map { gate in
      Finding(
        id: "gates.unreadable", severity: .error,
        message: "The row of '\(gate.name)' in the table of gates can't be read: \(gate.why). "
          + (gate.scope.map { "The \($0) stays closed." } ?? "It closes nothing."),
        advice: "Remove it with `blackouts rm`, or mend the row.")
    }
    return old + closed + shut + broken
  }
}

extension GateScope {
  /// How it is resumed.
  fileprivate var resuming: String {
    switch self {
    case .queue(let name): "Resume it with `queues resume \(name)`"
    case .handler(let name): "Resume it with `handlers resume \(name)`"
    case .resourceType: "Resume it with `scheduler.resume`"
    }
  }
}
