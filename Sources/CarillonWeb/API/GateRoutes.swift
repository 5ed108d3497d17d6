import Carillon
import HTTPTypes

/// Pauses and blackouts: what is closed, and how it is closed and opened.
struct GateRoutes: Sendable {
  let parts: APIParts

  var routes: [Route] {
    [
      Route(
        .get, "/api/v1/gates", role: .viewer,
        Operation(
          id: "listGates", summary: "List what is closed, all pauses and all blackouts.",
          responses: [
            .init(status: .ok, summary: "As it is now.", schema: Schemas.reference("Gates"))
          ])
      ) { [store = parts.store] _ in
        let gates = try await store.gates()
        return .json(gates.jsonValue(at: try await store.now()))
      },
      pause("queues", "Queue") { .queue($0) },
      resume("queues", "Queue") { .queue($0) },
      pause("handlers", "Handler", scope: handler),
      resume("handlers", "Handler", scope: handler),
      Route(
        .get, "/api/v1/blackouts", role: .viewer,
        Operation(
          id: "listBlackouts", summary: "List the blackouts.",
          responses: [
            .init(status: .ok, summary: "As it is now.", schema: Schemas.array(of: "Blackout"))
          ])
      ) { [store = parts.store] _ in
        let (gates, now) = (try await store.gates(), try await store.now())
        return .json(.array(gates.blackouts.map { $0.jsonValue(at: now) }))
      },
      Route(
        .post, "/api/v1/blackouts", role: .operator,
        Operation(
          id: "addBlackout",
          summary: "Close a queue, handler or resource type at the times of a calendar.",
          detail: "One of the same name is replaced.",
          body: .init(schema: Schemas.reference("NewBlackout")),
          responses: [
            .init(status: .ok, summary: "It is stored.", schema: Schemas.reference("Blackout"))
          ], problems: [.invalidParameter]),
        answer: add),
      Route(
        .delete, "/api/v1/blackouts/{name}", role: .operator,
        Operation(
          id: "removeBlackout", summary: "Remove a blackout.",
          responses: [.init(status: .noContent, summary: "It is gone.", type: nil)],
          problems: [.blackoutNotFound])
      ) { call in
        _ = try await apply(.removeBlackout(call.parameters["name"] ?? ""))
        return Answer(status: .noContent)
      },
    ]
  }

  private func pause(
    _ path: String, _ what: String, scope: @escaping @Sendable (String) async throws -> GateScope
  ) -> Route {
    Route(
      .post, "/api/v1/\(path)/{name}/pause", role: .operator,
      Operation(
        id: "pause\(what)", summary: "Start no job of it until a time, or until it is resumed.",
        detail: "Running jobs go on. Another pause is replaced.",
        body: .init(schema: Schemas.reference("NewPause"), isRequired: false),
        responses: [
          .init(status: .ok, summary: "It is paused.", schema: Schemas.reference("Pause"))
        ],
        problems: [.invalidParameter])
    ) { call in
      let options = try await call.options(["until", "for", "reason"])
      let end = try PauseEnd.read(options)
      let command = GateCommand.pause(
        try await scope(call.parameters["name"] ?? ""), until: end, by: call.caller.name,
        reason: try options.text("reason"))
      guard case .paused(let pause, let replaced) = try await apply(command) else {
        throw Problem(.internalError, "The store answered to something else.")
      }
      var members = pause.jsonValue.object ?? [:]
      members["replaced"] = replaced?.jsonValue ?? .null
      return .json(.object(members))
    }
  }

  private func resume(
    _ path: String, _ what: String, scope: @escaping @Sendable (String) async throws -> GateScope
  ) -> Route {
    Route(
      .post, "/api/v1/\(path)/{name}/resume", role: .operator,
      Operation(
        id: "resume\(what)", summary: "End its pause.",
        body: .init(schema: Schemas.reference("Nothing"), isRequired: false),
        responses: [
          .init(status: .ok, summary: "The pause that is over.", schema: Schemas.reference("Pause"))
        ], problems: [.gateState, .invalidParameter])
    ) { call in
      _ = try await call.options([])
      let command = GateCommand.resume(try await scope(call.parameters["name"] ?? ""))
      guard case .resumed(let pause) = try await apply(command) else {
        throw Problem(.internalError, "The store answered to something else.")
      }
      return .json(pause.jsonValue)
    }
  }

  @Sendable private func add(_ call: Call) async throws -> Answer {
    let options = try await call.options([
      "name", "queue", "handler", "resource_type", "windows", "dates", "time_zone", "reason",
    ])
    let name = try options.text("name") ?? ""
    var scopes = [
      try options.text("queue").map(GateScope.queue),
      try options.text("resource_type").map(GateScope.resourceType),
    ].compactMap(\.self)
    if let named = try options.text("handler") { scopes.append(try await handler(named)) }
    guard let scope = scopes.first, scopes.count == 1
    else {
      throw Problem(
        .invalidParameter, "What does it close? Give one of queue, handler and resource_type.")
    }
    do {
      let calendar = try ScheduleCalendar(
        name, dates: try options.texts("dates"), windows: try options.texts("windows"))
      let request = try BlackoutRequest(
        name, scope, calendars: CalendarRules(excluding: [calendar]),
        in: try ZoneRules.named(try options.text("time_zone") ?? "UTC"),
        reason: try options.text("reason"))
      guard
        case .added(let blackout, _) = try await apply(
          .addBlackout(request, by: call.caller.name))
      else { throw Problem(.internalError, "The store answered to something else.") }
      return .json(blackout.jsonValue(at: try await parts.store.now()))
    } catch let error as RecurrenceError {
      throw Problem(.invalidParameter, error.description)
    } catch let error as ZoneError {
      throw Problem(
        .invalidParameter, error.description,
        faults: [.init(pointer: "/time_zone", detail: error.description)])
    }
  }

  /// A handler's name, older name or job type; what nobody knows is taken as it is.
  @Sendable private func handler(_ text: String) async throws -> GateScope {
    let nodes = try await parts.store.nodes()
    return .handler(KnownHandlers(catalog: parts.catalog, nodes: nodes).name(of: text) ?? text)
  }

  private func apply(_ command: GateCommand) async throws -> GateAnswer {
    let answer = try await parts.store.apply(command)
    if case .refused(let refusal) = answer { throw refusal }
    return answer
  }
}

extension [String: JSONValue] {
  fileprivate func texts(_ name: String) throws(Problem) -> [String] {
    guard let value = self[name] else { return [] }
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else {
      throw Problem(
        .invalidParameter, "\(name) should be an array of texts.",
        faults: [.init(pointer: "/\(name)", detail: "should be an array of texts")])
    }
    return texts
  }
}
