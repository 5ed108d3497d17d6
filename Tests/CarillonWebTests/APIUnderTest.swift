import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import CarillonWeb

/// The API over a store in memory, asked without a network. Every answer is held against the OpenAPI
/// document.
struct APIUnderTest {
  let store: any JobStore
  let clock: ManualClock
  let api: CarillonAPI
  private let document: JSONValue

  struct Reply {
    let status: Int
    let headers: HTTPFields
    let text: String

    /// The body as JSON; null when it is none.
    var json: JSONValue { (try? JSONValue(json: text)) ?? .null }
    var code: String? { json["code"]?.string }
    /// The first fault's pointer.
    var pointer: String? { json["errors"]?[0]?["pointer"]?.string }
  }

  init(
    access: Access = .trusted(.admin), store: (any JobStore)? = nil, clock: ManualClock = .init(),
    redaction: Redaction = Redaction(), requestsPerSecond: Int? = nil
  ) {
    self.clock = clock
    self.store = store ?? MemoryStore(clock: clock)
    api = CarillonAPI(
      store: self.store, catalog: HandlerCatalog(types: [Publish.self, Mail.self]),
      access: access, redaction: redaction, metrics: PrometheusExposition(),
      requestsPerSecond: requestsPerSecond, clock: clock,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    document = OpenAPIDocument(routes: api.table.routes, prefix: "").jsonValue
  }

  func ask(
    _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil,
    text: String? = nil, _ headers: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async -> Reply {
    var fields: HTTPFields = [:]
    if body != nil { fields[.contentType] = "application/json" }
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    let head = HTTPRequest(
      method: method, scheme: "http", authority: headers["Host"] ?? "localhost:7117",
      path: target, headerFields: fields)
    let request = Request(
      head: head, body: RequestBody(buffer: ByteBuffer(string: text ?? body?.json ?? "")))
    let answer = await api.answer(request, path: RouteTable.parts(of: request.uri.path))
    var shown = ""
    if case .text(let text, _) = answer.body { shown = text }
    let reply = Reply(status: answer.status.code, headers: answer.headers, text: shown)
    if let path = RouteTable.parts(of: request.uri.path),
      case .route(let route, _) = api.table.match(method, path)
    {
      let flaws = Contract(document).flaws(of: reply.status, answer.type, shown, from: route)
      #expect(flaws.isEmpty, "\(method) \(target): \(flaws)", sourceLocation: sourceLocation)
    }
    return reply
  }

  func get(_ target: String, _ headers: [String: String] = [:]) async -> Reply {
    await ask(.get, target, nil, headers)
  }

  func post(
    _ target: String, _ body: JSONValue? = nil, _ headers: [String: String] = [:]
  ) async -> Reply {
    await ask(.post, target, body, headers)
  }

  /// Stores a job of `Publish` and answers with its uuid.
  func scheduled(_ more: [String: JSONValue] = [:]) async throws -> String {
    let job = JSONValue.object(Publish.newJob.merging(more) { $1 })
    let reply = await post("/api/v1/jobs", job)
    try #require(reply.status == 201, "\(reply.text)")
    return try #require(reply.json["uuid"]?.string)
  }

  /// Claims the job and ends it by `transition`; without one it goes on running.
  func run(_ uuid: String, _ transition: Transition? = nil) async throws {
    let node = Node(
      uuid: UUID(), name: "test", startedAt: clock.now(),
      catalogue: [
        .init(handlerModule: Publish.handlerModule, jobType: "publish", resourceType: "post")
      ], queues: .all(10), leaseExpiresAt: clock.now())
    try await store.join(node, lease: .seconds(60))
    let claim = ClaimRequest(
      keys: [HandlerKey(handlerModule: Publish.handlerModule, resourceType: "post")],
      free: .all(10), idle: true)
    let jobs = try await store.exchange([], claim: claim, by: node.uuid).claimed
    let job = try #require(jobs.first { $0.uuid.text == uuid })
    guard let transition else { return }
    let (fence, attempt) = (try #require(job.fence), try #require(Attempt(running: job)))
    _ = try await store.exchange(
      [Settlement(fence: fence, transition: transition, attempt: attempt)], claim: nil,
      by: node.uuid)
  }
}

final class Publish: JobHandler {
  static let jobType = "publish"
  static let resourceType = "post"
  static let priority = 7
  static let summary = "Publishes <a> post."
  static let argsSchema: JSONValue = [
    "type": "object", "required": ["width"],
    "properties": [
      "width": ["type": "integer"], "format": ["enum": ["png", "jpeg"]],
      "tags": ["type": "array", "items": ["type": "string"]], "any": [:],
      "note": ["type": ["string", "null"]],
    ],
  ]

  static let newJob: [String: JSONValue] = [
    "job_type": "publish", "resource_uuid": "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34",
  ]

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

final class Mail: JobHandler {
  static let jobType = "mail"
  static let resourceType = "letter"
  static let queue = "mail"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}
