public import Foundation

extension Scheduler {
  // MARK: Gates

  /// Starts no job of a queue, a handler or a resource type, on no node, until it is resumed or until
  /// a time. Jobs that run go on; schedules go on firing, and their jobs wait.
  ///
  ///     try await scheduler.pause(.queue("mail"), until: tomorrow, by: "ada", reason: "upgrade")
  ///
  /// Another pause of the scope is replaced. Without `by` it is `AuditActor.current` who pauses it, or
  /// else this program. Throws `GateRefusal` for a time that has passed.
  @discardableResult
  public func pause(
    _ scope: GateScope, until: Date? = nil, by: String? = nil, reason: String? = nil
  ) async throws -> Pause {
    try await pause(scope, until: until.map { .at(Instant($0)) }, by: by, reason: reason)
  }

  /// Starts no job of the scope for so long, counted from now by the store's clock.
  @discardableResult
  public func pause(
    _ scope: GateScope, for duration: Duration, by: String? = nil, reason: String? = nil
  ) async throws -> Pause {
    try await pause(scope, until: .in(duration), by: by, reason: reason)
  }

  /// Ends a pause; throws `GateRefusal.notPaused` when there is none. A blackout stays.
  @discardableResult
  public func resume(_ scope: GateScope) async throws -> Pause {
    switch try await asked({ _ in .resume(scope) }) {
    case .resumed(let pause): return pause
    case .refused(let refusal): throw refusal
    case .paused, .added, .removed: throw wrongAnswer("resume \(scope)")
    }
  }

  /// Closes a scope at the times of a calendar; one of the same name is replaced.
  @discardableResult
  public func addBlackout(
    _ request: BlackoutRequest, by: String? = nil
  ) async throws -> Blackout {
    switch try await asked({ .addBlackout(request, by: by ?? $0) }) {
    case .added(let blackout, _): return blackout
    case .refused(let refusal): throw refusal
    case .paused, .resumed, .removed: throw wrongAnswer("add blackout '\(request.name)'")
    }
  }

  /// Throws `GateRefusal.noBlackout` when there is none of that name.
  public func removeBlackout(_ name: String) async throws {
    switch try await asked({ _ in .removeBlackout(name) }) {
    case .removed: return
    case .refused(let refusal): throw refusal
    case .paused, .resumed, .added: throw wrongAnswer("remove blackout '\(name)'")
    }
  }

  /// The pauses that aren't over, and the blackouts.
  public func gates() async throws -> Gates { try await store.gates() }

  private func pause(
    _ scope: GateScope, until: ScheduledTime?, by: String?, reason: String?
  ) async throws -> Pause {
    let command: (String) -> GateCommand = {
      .pause(scope, until: until, by: by ?? $0, reason: reason)
    }
    switch try await asked(command) {
    case .paused(let pause, _): return pause
    case .refused(let refusal): throw refusal
    case .resumed, .added, .removed: throw wrongAnswer("pause \(scope)")
    }
  }

  /// Lets the store know that somebody asks, and the command who that is.
  private func asked(_ command: (String) -> GateCommand) async throws -> GateAnswer {
    let actor = AuditActor.orLibrary(environment.nodeName)
    let command = command(actor.name)
    return try await actor.doing { try await store.apply(command) }
  }

  private func wrongAnswer(_ operation: String) -> StoreError {
    .failed(operation: operation, why: "it answered to something else")
  }
}
