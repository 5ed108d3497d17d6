public import Carillon
import Foundation
import HTTPTypes
import Hummingbird
public import Logging

/// The HTTP API over a store, and the dashboard: jobs, resources, events, health, metrics, pages.
///
/// `serve` runs it by itself. In a Hummingbird application it is mounted under a path; everything
/// under that path is then its own.
///
///     let api = CarillonAPI(store: store, access: .tokens)
///     api.addRoutes(to: router.group("carillon"))
public struct CarillonAPI: Sendable {
  let parts: APIParts
  let table: RouteTable
  /// Nil when there are no pages.
  private let dashboard: Dashboard?
  let pages: RouteTable
  private let gatekeeper: Gatekeeper
  /// Nil without a limit.
  private let rateLimit: RateLimit?
  private let instruments = RequestInstruments()
  let logger: Logger

  /// - Parameters:
  ///   - catalog: the handlers that new jobs may name without further ado.
  ///   - access: who may ask; only bearers of a token.
  ///   - redaction: what is hidden from all but admins in arguments and results.
  ///   - metrics: what `/metrics` shows beside the store's numbers.
  ///   - hasDashboard: whether there are pages beside the API.
  ///   - isBehindTLS: whether browsers get here by TLS alone, so that their sessions are kept off
  ///     plain connections. No header of a request is believed in this.
  ///   - requestsPerSecond: how many each token may make; nil for no limit.
  ///   - program: the name of the command line that pages teach.
  public init(
    store: any JobStore, catalog: HandlerCatalog = .ofThisProgram, access: Access = .tokens,
    redaction: Redaction = Redaction(), metrics: PrometheusExposition? = nil,
    hasDashboard: Bool = true, isBehindTLS: Bool = false, requestsPerSecond: Int? = nil,
    program: String = "carillon", clock: any SchedulerClock = SystemClock(),
    logger: Logger = Logger(label: "carillon.http")
  ) {
    let tokens = store as? any TokenStore
    let key = CursorKey(store: tokens)
    let gatekeeper = Gatekeeper(access: access, store: tokens, key: key, clock: clock)
    self.gatekeeper = gatekeeper
    rateLimit = requestsPerSecond.map { RateLimit(perSecond: $0, clock: clock) }
    let inserter = JobInserter { requests throws(StoreError) in
      try await store.insert(requests)
    }
    let statistics = SharedReading(clock: clock) {
      try await store.statistics(known: catalog.keys)
    }
    let parts = APIParts(
      store: store, catalog: catalog, statistics: statistics, inserter: inserter,
      redaction: redaction,
      cursorKey: key,
      feed: EventFeed(
        watch: EventWatch(
          store: store, statistics: statistics, catalog: catalog, clock: clock)),
      metrics: metrics, program: program, clock: clock)
    self.parts = parts
    self.logger = logger
    let routes =
      HealthRoutes(parts: parts).routes + [MetricsRoute(parts: parts).route]
      + JobRoutes(parts: parts).routes + [BulkRoute(parts: parts).route]
      + JobActionRoutes(parts: parts).routes + ResourceRoutes(parts: parts).routes
      + ScheduleRoutes(parts: parts).routes + ScheduleActionRoutes(parts: parts).routes
      + OperationRoutes(parts: parts).routes + [AuditRoute(parts: parts).route]
      + GateRoutes(parts: parts).routes
      + OverviewRoutes(parts: parts).routes + [EventRoute(parts: parts).route]
    table = RouteTable(routes + [DocumentRoute(others: routes).route])
    dashboard =
      hasDashboard
      ? Templates.ofThisProgram.map { templates in
        Dashboard(
          parts: parts, gatekeeper: gatekeeper, templates: templates, isBehindTLS: isBehindTLS)
      } : nil
    pages = RouteTable(dashboard?.routes ?? [])
  }

  /// Answers `/readyz` with 503 from now on, so that no more work is sent here.
  public func drain() { parts.drain.raise() }

  // MARK: Answering

  /// Answers a request; problems become answers too.
  ///
  /// - Parameter prefix: what stands before the API's own path.
  func answer(
    _ request: Request, prefix: String = "", path parts: [String]?
  ) async -> Answer {
    let start = self.parts.clock.uptime()
    let requestID = RequestIdentity.of(request.headers[.requestID])
    var asked = Asked()
    var answer: Answer
    do {
      answer = try await respond(to: request, requestID, prefix: prefix, parts, &asked)
    } catch {
      let problem = Problem(error)
      log(problem, request, requestID, asked.route)
      answer = await self.answer(problem, request, requestID, prefix: prefix, asked)
    }
    answer.headers[.requestID] = requestID
    if answer.headers[.cacheControl] == nil { answer.headers[.cacheControl] = "no-store" }
    answer.headers[.contentTypeOptions] = "nosniff"
    instruments.answered(asked.route, answer.status, in: self.parts.clock.uptime() - start)
    return answer
  }

  /// What is known of a request when something goes wrong with it.
  private struct Asked {
    var route: Route?
    var isPage = false
    var caller = Caller.nobody
  }

  private func respond(
    to request: Request, _ requestID: String, prefix: String, _ path: [String]?,
    _ asked: inout Asked
  ) async throws -> Answer {
    let nowhere = Problem(
      .notFound, "There is nothing at this address. /api/openapi.json lists what there is.")
    guard let path else { throw nowhere }
    var match = table.match(request.method, path)
    if case .nothing = match {
      match = pages.match(request.method, path)
      asked.isPage = true
    }
    let parameters: [String: String]
    let route: Route
    switch match {
    case .route(let found, let open): (route, parameters) = (found, open)
    case .nothing:
      asked.isPage = false
      throw nowhere
    case .otherMethods(let methods):
      return try CarillonAPI.other(request.method, methods)
    }
    asked.route = route
    try CrossOrigin.check(request.head)
    let isReading = [.get, .head].contains(request.method)
    if route.role == nil, asked.isPage {
      asked.caller = await gatekeeper.recognise(request.head)
    } else {
      asked.caller = try await gatekeeper.admit(
        request.head, to: route.role, takesSession: asked.isPage || isReading)
    }
    if route.role != nil { try rateLimit?.admit(asked.caller) }
    let query = try Query.parse(request.uri.query ?? "")
    // Pages pass over what they don't know: links to them may have been decorated on their way.
    if !asked.isPage {
      try check(query, route)
      try check(accept: request.headers[.accept], route)
    }
    let call = call(request, requestID, prefix: prefix, parameters, query, asked.caller)
    let answer: Answer
    if asked.caller.role == nil {
      answer = try await route.answer(call)
    } else {
      let actor = AuditActor(
        name: asked.caller.name, source: asked.isPage ? .dashboard : .http, requestID: requestID)
      answer = try await actor.doing { try await route.answer(call) }
    }
    // Whoever has changed something sees it in the numbers.
    if !isReading { await self.parts.statistics.expire() }
    return admittingAnew(answer, request.head, route)
  }

  /// A stream outlasts what its caller was admitted by: before each write it is asked again, and ends
  /// when the token has been revoked or the session is over.
  private func admittingAnew(_ answer: Answer, _ head: HTTPRequest, _ route: Route) -> Answer {
    guard case .stream(let type, let run) = answer.body, route.role != nil else { return answer }
    var answer = answer
    answer.body = .stream(type: type) { [gatekeeper] writer in
      try await run(
        EventWriter { text in
          _ = try await gatekeeper.admit(head, to: route.role, takesSession: true)
          try await writer.write(text)
        })
    }
    return answer
  }

  private func call(
    _ request: Request, _ requestID: String, prefix: String, _ parameters: [String: String],
    _ query: [String: String], _ caller: Caller
  ) -> Call {
    Call(
      method: request.method, path: request.uri.path, prefix: prefix, parameters: parameters,
      query: query, headers: request.headers, authority: request.head.authority,
      requestID: requestID, caller: caller,
      readBody: { try await RequestBytes.read(request, upTo: $0) })
  }

  /// A problem as JSON for programs, as a page for browsers that asked for one.
  private func answer(
    _ problem: Problem, _ request: Request, _ requestID: String, prefix: String, _ asked: Asked
  ) async -> Answer {
    let wantsPage =
      asked.isPage
      || asked.route == nil && request.headers[.accept]?.contains("text/html") == true
    guard let dashboard, wantsPage else {
      return problem.answer(instance: request.uri.path, requestID: requestID)
    }
    let query = (try? Query.parse(request.uri.query ?? "")) ?? [:]
    let caller = asked.route == nil ? await gatekeeper.recognise(request.head) : asked.caller
    let call = call(request, requestID, prefix: prefix, [:], query, caller)
    if problem.kind == .unauthenticated, asked.isPage { return SignInPages.redirect(call) }
    return await dashboard.page(for: problem, call)
  }

  private static func other(
    _ method: HTTPRequest.Method, _ methods: [HTTPRequest.Method]
  ) throws(Problem) -> Answer {
    let allowed = (methods + [.options]).map(\.rawValue).joined(separator: ", ")
    if method == .options { return Answer(status: .noContent, headers: [.allow: allowed]) }
    throw Problem(
      .methodNotAllowed, "\(method.rawValue.prefix(40)) is not for this address. Use \(allowed).",
      headers: [.allow: allowed])
  }

  private func check(_ query: [String: String], _ route: Route) throws(Problem) {
    let known = route.operation.query.map(\.name)
    for name in query.keys.sorted() where !known.contains(name) {
      let question = DidYouMean.question(about: name, among: known)
      let rest = known.isEmpty ? "It takes none." : "There are: \(known.joined(separator: ", "))."
      throw .parameter(
        String(name.prefix(80)), "is no query parameter of this address.\(question) \(rest)")
    }
  }

  private func check(accept header: String?, _ route: Route) throws(Problem) {
    let types = route.operation.responses.compactMap(\.type)
    guard !types.isEmpty, !types.contains(where: { Accept.allows($0, header) }) else { return }
    throw Problem(
      .notAcceptable, "The answer is \(types[0]), which the Accept header doesn't take.")
  }

  private func log(
    _ problem: Problem, _ request: Request, _ requestID: String, _ route: Route?
  ) {
    guard problem.kind.status.code >= 500 else { return }
    logger.error(
      "\(problem.cause ?? problem.detail)",
      metadata: [
        "request_id": "\(requestID)", "method": "\(request.method)",
        "route": "\(route?.path ?? "none")",
      ])
  }
}

/// What a request is called in answers and logs.
enum RequestIdentity {
  /// The client's own name for it, if it is a sound one; otherwise a new one.
  static func of(_ header: String?) -> String {
    if let header, (1...128).contains(header.utf8.count),
      header.utf8.allSatisfy({
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || [0x2D, 0x2E, 0x5F].contains($0)
      })
    {
      return header
    }
    return UUID().text
  }
}
