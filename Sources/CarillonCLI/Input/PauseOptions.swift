import ArgumentParser
import Carillon
import Foundation

/// How long a pause lasts, and why there is one.
struct PauseOptions: ParsableArguments {
  @Option(help: ArgumentHelp("When the pause ends by itself.", valueName: "time"))
  var until: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("After how long it ends by itself.", valueName: "duration"))
  var length: String?

  @Option(help: ArgumentHelp("Why; shown wherever the pause is.", valueName: "text"))
  var reason: String?

  /// When it ends; nil for one that lasts until it is ended. A duration counts from now by the store's
  /// clock.
  func end() throws(UsageError) -> ScheduledTime? {
    switch (until, length) {
    case (nil, nil): return nil
    case (let until?, nil): return .at(try OptionText.instant(until, "--until"))
    case (nil, let length?): return .in(try OptionText.duration(length, "--for"))
    case (_?, _?):
      throw UsageError("--until and --for say two different times. Give one of them.")
    }
  }
}

extension Session {
  func pause(
    _ scope: GateScope, _ options: PauseOptions, json: Bool, in store: any JobStore
  ) async throws -> ExitStatus {
    let command = GateCommand.pause(
      scope, until: try options.end(), by: user, reason: options.reason)
    switch try await store.apply(command) {
    case .paused(let pause, let replaced):
      if json {
        print(
          .object(
            (pause.jsonValue.object ?? [:]).merging([
              "replaced": replaced?.jsonValue ?? .null
            ]) { one, _ in one }))
      } else {
        out.line("\(scope) is \(pause.text)".harmless)
        if let replaced { say("It took the place of a pause: \(replaced.text).") }
      }
      return .done
    case .refused(let refusal): throw refusal
    case .resumed, .added, .removed: return .failed
    }
  }

  func resume(_ scope: GateScope, json: Bool, in store: any JobStore) async throws -> ExitStatus {
    switch try await store.apply(.resume(scope)) {
    case .resumed(let pause):
      if json {
        print(pause.jsonValue)
      } else {
        out.line("\(scope) is resumed; it was \(pause.text)".harmless)
      }
      let (gates, now) = (try await store.gates(), try await store.now())
      if let closure = gates.closure(of: scope, at: now) {
        warn("The \(scope) is still \(closure.words).")
      }
      return .done
    case .refused(let refusal): throw refusal
    case .paused, .added, .removed: return .failed
    }
  }
}

extension Pause {
  /// `paused until 2027-01-01T00:00:00Z by ada@host: moving house`.
  var text: String {
    var text = until.map { "paused until \(TimeText.exact($0))" } ?? "paused until it is resumed"
    if let by { text += " by \(by)" }
    if let reason { text += ": \(reason)" }
    return text
  }
}
