import Carillon
import HTTPTypes

/// Pauses of queues and handlers, and an end of blackouts, as the forms on those pages ask for them.
struct GatePages: Sendable {
  let dashboard: Dashboard

  var routes: [Route] {
    let pages = SystemPages(dashboard: dashboard)
    return forms(of: "queue", on: "queues", shown: pages.queues) { .queue($0) }
      + forms(of: "handler", on: "handlers", shown: pages.handlers) { .handler($0) }
      + [.page(.post, "/blackout/remove", role: .operator, answer: removeBlackout)]
  }

  @Sendable private func removeBlackout(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    let answer = try await dashboard.parts.store.apply(.removeBlackout(form["name"]))
    return try await dashboard.redirect(
      call, to: form["back"] == "handlers" ? "handlers" : "queues",
      saying: GatePages.notice(of: answer))
  }

  private func forms(
    of what: String, on address: String,
    shown: @escaping @Sendable (Call, PauseForm?) async throws -> Page,
    _ scope: @escaping @Sendable (String) -> GateScope
  ) -> [Route] {
    [
      .page(.post, "/\(what)/pause", role: .operator) { call in
        var form = PauseForm(try await dashboard.form(call))
        do {
          let notice = try await pause(scope(form.name), form, call)
          return try await dashboard.redirect(call, to: address, saying: notice)
        } catch let problem as Problem where problem.kind == .invalidParameter {
          form.mistake = problem.detail
          let page = try await shown(call, form)
          return try await dashboard.page(call, page.after(mistake: problem, at: address))
        }
      },
      .page(.post, "/\(what)/resume", role: .operator) { call in
        let name = try await dashboard.form(call).all("name").first ?? ""
        let answer = try await dashboard.parts.store.apply(.resume(scope(name)))
        return try await dashboard.redirect(
          call, to: address, saying: GatePages.notice(of: answer))
      },
    ]
  }

  /// Pauses it; throws when the form's end is none.
  private func pause(_ scope: GateScope, _ form: PauseForm, _ call: Call) async throws -> Notice {
    let answer = try await dashboard.parts.store.apply(
      .pause(
        scope, until: try form.end(), by: call.caller.name,
        reason: form.reason.isEmpty ? nil : form.reason))
    if case .refused(let refusal) = answer, case .pauseIsOver = refusal { throw Problem(refusal) }
    return GatePages.notice(of: answer)
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
  /// What it is, without its name.
  var kind: String {
    switch self {
    case .queue: "queue"
    case .handler: "handler"
    case .resourceType: "resource type"
    }
  }

  /// The page that shows it, and its name there.
  var place: (page: String, name: String) {
    switch self {
    case .queue(let name): ("queues", name)
    case .handler(let name): ("handlers", name)
    case .resourceType(let name): ("handlers", name)
    }
  }
}
