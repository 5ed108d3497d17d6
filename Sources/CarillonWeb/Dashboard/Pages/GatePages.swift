import Carillon
import HTTPTypes

/// Pauses of queues and handlers, as the forms on those pages ask for them.
struct GatePages: Sendable {
  let dashboard: Dashboard

  var routes: [Route] {
    forms(of: "queue", on: "queues") { .queue($0) }
      + forms(of: "handler", on: "handlers") { .handler($0) }
  }

  private func forms(
    of what: String, on page: String, _ scope: @escaping @Sendable (String) -> GateScope
  ) -> [Route] {
    [
      .page(.post, "/\(what)/pause", role: .operator) { call in
        try await act(call, on: page) { form in
          let reason = form["reason"]
          return .pause(
            scope(form.all("name").first ?? ""), until: try form.end("until"),
            by: call.caller.name, reason: reason.isEmpty ? nil : reason)
        }
      },
      .page(.post, "/\(what)/resume", role: .operator) { call in
        try await act(call, on: page) { .resume(scope($0.all("name").first ?? "")) }
      },
    ]
  }

  /// Carries out what a form means; a refusal is said on the page that it stands on.
  private func act(
    _ call: Call, on page: String, _ command: @Sendable (Form) throws -> GateCommand
  ) async throws -> Answer {
    let form = try await dashboard.form(call)
    let notice: Notice
    do {
      notice = GatePages.notice(of: try await dashboard.parts.store.apply(try command(form)))
    } catch let problem as Problem where problem.kind == .invalidParameter {
      notice = .refused("Nothing was done. \(problem.detail)")
    }
    return try await dashboard.redirect(call, to: page, saying: notice)
  }

  private static func notice(of answer: GateAnswer) -> Notice {
    switch answer {
    case .paused(let pause, _):
      .done(
        "The \(pause.scope) is paused "
          + (pause.until.map { "until \(Moment.exact($0))." } ?? "until it is resumed."))
    case .resumed(let pause): .done("The \(pause.scope) is resumed.")
    case .added(let blackout, _): .done("The blackout '\(blackout.name)' is added.")
    case .removed(let name, _): .done("The blackout '\(name)' is removed.")
    case .refused(let refusal): .refused("Nothing was done. \(refusal.description)")
    }
  }

  /// What a row says of its gate, and which form it has.
  static func row(_ closures: [GateClosure?]) -> View {
    let closed = closures.compactMap(\.self)
    let texts = closed.map { closure in
      // The mark says the first word, and since when is less than until when.
      var words = closure.words.split(separator: " ").dropFirst()
      if words.first == "since" { words = words.dropFirst(2) }
      return words.joined(separator: " ")
    }
    let isPaused = closures.first.map { $0?.pause != nil } ?? false
    let word = closed.contains { $0.pause != nil } ? "paused" : "closed"
    return [
      "closed": .text(texts.joined(separator: "; ")),
      "closedWords": .text(closed.map(\.words).joined(separator: "; ")),
      "closedMark": .markup(closed.isEmpty ? .none : StatusMark.mark("paused", word: word)),
      "isPaused": .flag(isPaused),
    ]
  }
}

extension GateScope {
  /// The page that shows it, and its name there.
  var place: (page: String, name: String) {
    switch self {
    case .queue(let name): ("queues", name)
    case .handler(let name): ("handlers", name)
    case .resourceType(let name): ("handlers", name)
    }
  }
}

extension Form {
  /// The end of a pause as people write it: a duration, a time, or nothing.
  func end(_ name: String) throws(Problem) -> ScheduledTime? {
    let text = self[name]
    if text.isEmpty { return nil }
    if let instant = try? Instant(rfc3339: text) { return .at(instant) }
    if let length = try? Duration(text: text) { return .in(length) }
    throw Problem(
      .invalidParameter, "'\(text.prefix(60))' is no time; write 2h, or 2027-03-01T09:00:00Z.")
  }
}
