public import Carillon
import Foundation
import HTTPTypes
import Hummingbird
public import Logging

/// The HTTP API over a store: jobs, resources, events, health, metrics, and its own description.
///
/// `serve` runs it by itself. In a Hummingbird application it is mounted under a path; everything
/// under that path is then the API's.
///
///     let api = CarillonAPI(store: store, access: .tokens)
///     api.addRoutes(to: router.group("carillon"))
public struct CarillonAPI: Sendable {
  let parts: APIParts
  let table: RouteTable
  private let gatekeeper: Gatekeeper
  private let instruments = RequestInstruments()
  let logger: Logger

  /// - Parameters:
  ///   - catalog: the handlers that new jobs may name without further ado.
  ///   - access: who may ask; only bearers of a token.
  ///   - redaction: what is hidden from all but admins in arguments and results.
  ///   - metrics: what `/metrics` shows beside the store's numbers.
  public init(
    store: any JobStore, catalog: HandlerCatalog = .ofThisProgram, access: Access = .tokens,
    redaction: Redaction = Redaction(), metrics: PrometheusExposition? = nil,
    clock: any SchedulerClock = SystemClock(), logger: Logger = Logger(label: "carillon.http")
  ) {
    let tokens = store as? any TokenStore
    gatekeeper = Gatekeeper(access: access, store: tokens, clock: clock)
    let inserter = JobInserter { requests throws(StoreError) in
      try await store.insert(requests)
    }
    let parts = APIParts(
      store: store, catalog: catalog, inserter: inserter, redaction: redaction,
      cursorKey: CursorKey(store: tokens),
      feed: EventFeed(watch: EventWatch(store: store, catalog: catalog, clock: clock)),
      metrics: metrics, clock: clock)
    self.parts = parts
    self.logger = logger
    let routes =
      HealthRoutes(parts: parts).routes + [MetricsRoute(parts: parts).route]
      + JobRoutes(parts: parts).routes + [BulkRoute(parts: parts).route]
      + JobActionRoutes(parts: parts).routes + ResourceRoutes(parts: parts).routes
      + OverviewRoutes(parts: parts).routes + GateRoutes(parts: parts).routes + [
        EventRoute(parts: parts).route
      ]
    table = RouteTable(routes + [DocumentRoute(others: routes).route])
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
    var route: Route?
    var answer: Answer
    do {
      answer = try await respond(to: request, requestID, prefix: prefix, parts, route: &route)
    } catch {
      let problem = Problem(error)
      log(problem, request, requestID, route)
      answer = problem.answer(instance: request.uri.path, requestID: requestID)
    }
    answer.headers[.requestID] = requestID
    answer.headers[.cacheControl] = "no-store"
    answer.headers[.contentTypeOptions] = "nosniff"
    instruments.answered(route, answer.status, in: self.parts.clock.uptime() - start)
    return answer
  }

  private func respond(
    to request: Request, _ requestID: String, prefix: String, _ path: [String]?,
    route found: inout Route?
  ) async throws -> Answer {
    let nowhere = Problem(
      .notFound, "There is nothing at this address. /api/openapi.json lists what there is.")
    guard let path else { throw nowhere }
    let parameters: [String: String]
    let route: Route
    switch table.match(request.method, path) {
    case .route(let match, let open): (route, parameters) = (match, open)
    case .nothing: throw nowhere
    case .otherMethods(let methods):
      return try CarillonAPI.other(request.method, methods)
    }
    found = route
    try CrossOrigin.check(request.head)
    let caller = try await gatekeeper.admit(request.head, to: route.role)
    let query = try Query.parse(request.uri.query ?? "")
    try check(query, route)
    try check(accept: request.headers[.accept], route)
    let call = Call(
      method: request.method, path: request.uri.path, prefix: prefix, parameters: parameters,
      query: query, headers: request.headers, requestID: requestID, caller: caller,
      readBody: { try await RequestBytes.read(request, upTo: $0) })
    return try await route.answer(call)
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
