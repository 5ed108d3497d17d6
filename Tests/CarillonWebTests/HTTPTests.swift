import Carillon
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct HTTPTests {
  let web = APIUnderTest()

  @Test(arguments: [
    "/api", "/api/v1", "/api/v1/jobs/", "//api/v1/jobs", "/api/v1/jobs/x/y/z",
    "/api/v2/jobs",
    "/api/v1/%ff", "/api/v1/jobs%00", "/API/v1/jobs",
  ])
  func `what isn't there is not found`(_ path: String) async {
    let reply = await web.get(path)
    #expect(reply.status == 404 && reply.code == "not-found")
  }

  @Test func `a method that isn't for the address says which are`() async {
    for (method, path, allow) in [
      (HTTPRequest.Method.delete, "/api/v1/stats", "GET, HEAD, OPTIONS"),
      (.put, "/api/v1/jobs", "POST, GET, HEAD, OPTIONS"),
      (.get, "/api/v1/jobs/bulk/cancel", "POST, OPTIONS"),
      (.get, "/api/v1/jobs/bulk", "POST, OPTIONS"),
    ] {
      let reply = await web.ask(method, path)
      #expect(reply.status == 405 && reply.headers[.allow] == allow, "\(method) \(path)")
    }
    let options = await web.ask(.options, "/api/v1/jobs")
    #expect(options.status == 204 && options.headers[.allow] == "POST, GET, HEAD, OPTIONS")
  }

  @Test func `a problem says what, where and under which identity`() async throws {
    let reply = await web.get("/api/v1/jobs/17?", ["X-Request-ID": "abc-1.2_3"])
    let problem = reply.json
    #expect(problem["type"] == "urn:carillon:problem:invalid-parameter")
    #expect(problem["status"] == 400 && problem["instance"] == "/api/v1/jobs/17")
    #expect(problem["request_id"] == "abc-1.2_3" && reply.headers[.requestID] == "abc-1.2_3")
  }

  @Test(arguments: ["", "with space", "<script>", String(repeating: "x", count: 129)])
  func `a request's name that isn't sound is replaced`(_ name: String) async {
    let reply = await web.get("/livez", ["X-Request-ID": name])
    #expect(reply.headers[.requestID].flatMap(UUID.init(uuidString:)) != nil)
  }

  @Test func `kinds of problems have different types and say something`() {
    let kinds = ProblemKind.allCases
    #expect(Set(kinds.map(\.type)).count == kinds.count)
    #expect(Set(kinds.map(\.title)).count == kinds.count)
    #expect(kinds.allSatisfy { $0.status.code >= 400 })
  }

  @Test(arguments: [
    (nil, true), ("*/*", true), ("application/json", true), ("application/*;q=0.5", true),
    ("text/html", false), ("application/json;q=0", false), ("*/*, application/json;q=0", false),
    ("text/html, */*;q=0.1", true), ("", true), ("application/json;q=x", true), (";;;", false),
  ])
  func `an Accept header takes it or not`(_ header: String?, _ isTaken: Bool) {
    #expect(Accept.allows("application/json", header) == isTaken)
  }

  @Test func `an answer that isn't taken isn't sent`() async {
    #expect(await web.get("/api/v1/jobs", ["Accept": "text/html"]).status == 406)
    #expect(await web.get("/metrics", ["Accept": "text/plain;version=0.0.4"]).status == 200)
    #expect(await web.get("/api/v1/events", ["Accept": "application/json"]).status == 406)
  }

  @Test func `a body of another type is refused`() async {
    for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
      for path in ["/api/v1/jobs", "/api/v1/jobs/bulk"] {
        let reply = await web.ask(.post, path, text: "{}", ["Content-Type": type])
        #expect(reply.status == 415, "\(type)")
        #expect(reply.headers[.accept]?.hasPrefix("application/json") == true)
      }
    }
  }

  @Test func `a body over the limit is refused`() async {
    let large = String(repeating: " ", count: Call.bodyLimit + 1)
    let reply = await web.ask(
      .post, "/api/v1/jobs", text: large, ["Content-Type": "application/json"])
    #expect(reply.status == 413)
    let announced = await web.ask(
      .post, "/api/v1/jobs", text: "{}",
      ["Content-Type": "application/json", "Content-Length": "\(Call.bodyLimit + 1)"])
    #expect(announced.status == 413)
  }

  @Test func `a query is read once and written back`() throws {
    #expect(try Query.parse("a=1&b=%2F+x&c&d=e=f") == ["a": "1", "b": "/ x", "c": "", "d": "e=f"])
    #expect(throws: Problem.self) { try Query.parse("a=1&a=2") }
    #expect(throws: Problem.self) { try Query.parse("a=%zz") }
    let text = "a/b c&d=é🔔\u{7F}\"<>+%"
    #expect(try Query.parse("x=\(Query.encoded(text))") == ["x": text])
    #expect(Query.encoded(text).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
  }

  @Test func `answers aren't kept or guessed at`() async {
    let reply = await web.get("/api/v1/stats")
    #expect(reply.headers[.cacheControl] == "no-store")
    #expect(reply.headers[.contentTypeOptions] == "nosniff")
  }

  @Test func `the overview has the command line's JSON`() async throws {
    _ = try await web.scheduled()
    let statistics = try await web.store.statistics(known: [])
    let stats = await web.get("/api/v1/stats").json
    #expect(stats["jobs"]?["pending"] == 1)
    #expect(await web.get("/api/v1/queues").json == .array(statistics.queues.map(\.jsonValue)))
    #expect(await web.get("/api/v1/nodes").json == [])
    let handlers = await web.get("/api/v1/handlers").json
    #expect(
      handlers.array?.map { $0["job_type"]?.string }.sorted { ($0 ?? "") < ($1 ?? "") }
        == ["mail", "publish"])
  }

  @Test func `it is ready until it drains`() async throws {
    #expect(await web.get("/readyz").status == 200)
    web.api.drain()
    let reply = await web.get("/readyz")
    #expect(reply.status == 503 && reply.headers[.retryAfter] == "5")
    #expect(reply.json["checks"]?["draining"] == "yes")
    #expect(await web.get("/livez").status == 200)
  }
}
