import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct OperationTests {
  let web = APIUnderTest()

  private func finish(_ uuid: String) async throws -> JSONValue {
    let id = try #require(UUID(uuidString: uuid))
    // The API's own driver may do some of it: all the same.
    _ = try await Operations(store: web.store).finish(id)
    return await web.get("/api/v1/operations/\(uuid)").json
  }

  @Test func `an operation is begun, gone on with and shown`() async throws {
    for _ in 0..<3 { _ = try await web.scheduled() }
    let begun = await web.post(
      "/api/v1/operations",
      ["action": "cancel", "filter": "type:publish", "parameters": ["reason": "enough"]])
    #expect(begun.status == 202)
    let uuid = try #require(begun.json["uuid"]?.string)
    #expect(begun.headers[.location] == "/api/v1/operations/\(uuid)")
    #expect(begun.json["started_by"] == "trusted")
    let end = try await finish(uuid)
    #expect(end["state"] == "done" && end["total"] == 3 && end["done"] == 3)
    #expect(try await web.store.jobs(JobQuery(status: .cancelled)).map(\.reason).count == 3)
    let again = await web.post("/api/v1/operations/\(uuid)/cancel")
    #expect(again.status == 200 && again.json == end)
    #expect(await web.get("/api/v1/operations/\(UUID().text)").code == "notFound")
    #expect(await web.post("/api/v1/operations/\(UUID().text)/cancel").status == 404)
  }

  @Test func `a dry run counts and changes nothing`() async throws {
    for _ in 0..<3 { _ = try await web.scheduled() }
    let reply = await web.post(
      "/api/v1/operations",
      ["action": "delete", "filter": "status:pending", "dry_run": true])
    #expect(reply.status == 200 && reply.json["total"] == 3 && reply.json["dry_run"] == true)
    #expect(await web.get("/api/v1/operations").json["operations"] == [])
    #expect(try await web.store.jobs(JobQuery(status: .pending)).count == 3)
  }

  @Test(arguments: [
    ("{}", "/action"), ("{\"action\":\"retry\"}", "/filter"),
    ("{\"action\":\"retry\",\"filter\":\" \"}", "/filter"),
    ("{\"action\":\"retry\",\"filter\":\"x:1\"}", "/filter"),
    ("{\"action\":\"rerun\",\"filter\":\"status:failed\"}", "/action"),
    ("{\"action\":\"retry\",\"filter\":\"status:failed\",\"parameters\":[]}", "/parameters"),
    (
      "{\"action\":\"retry\",\"filter\":\"status:failed\",\"parameters\":{\"in\":\"1h\"}}",
      "/parameters/in"
    ),
    (
      "{\"action\":\"edit\",\"filter\":\"status:failed\",\"parameters\":{\"handler_module\":\"X\"}}",
      "/parameters/handler_module"
    ),
    ("{\"action\":\"retry\",\"filter\":\"status:failed\",\"uuid\":\"x\"}", "/uuid"),
  ])
  func `what can't be begun says which part is wrong`(
    _ body: String, _ pointer: String
  ) async throws {
    let reply = await web.ask(
      .post, "/api/v1/operations", text: body, ["Content-Type": "application/json"])
    #expect(reply.status == 422 && reply.code == "invalid-operation", "\(reply.text)")
    #expect(reply.pointer == pointer, "\(reply.text)")
  }

  @Test func `a request is repeated by its uuid or its key`() async throws {
    let body: JSONValue = ["action": "retry", "filter": "status:failed after:2h"]
    let key = ["Idempotency-Key": "k-1"]
    let first = await web.post("/api/v1/operations", body, key)
    web.clock.advance(by: .seconds(60))
    let second = await web.post("/api/v1/operations", body, key)
    #expect(first.status == 202 && second.status == 202)
    #expect(second.json["uuid"] == first.json["uuid"])
    let other: JSONValue = ["action": "retry", "filter": "status:cancelled"]
    #expect(await web.post("/api/v1/operations", other, key).code == "idempotency-key-reused")
    var named = body.object ?? [:]
    named["uuid"] = first.json["uuid"]
    #expect(await web.post("/api/v1/operations", .object(named)).status == 202)
    named["filter"] = "status:cancelled"
    #expect(await web.post("/api/v1/operations", .object(named)).code == "operation-conflict")
    #expect(await web.post("/api/v1/operations", .object(named), key).status == 422)
    #expect(await web.get("/api/v1/operations").json["operations"]?.array?.count == 1)
  }

  @Test func `deleting many is for admins, and so is asking for secrets`() async throws {
    let web = APIUnderTest(access: .trusted(.operator), store: web.store, clock: web.clock)
    let reply = await web.post(
      "/api/v1/operations", ["action": "delete", "filter": "status:failed"])
    #expect(reply.status == 403)
    let secret: JSONValue = ["action": "retry", "filter": "status:failed args.token:x"]
    #expect(await web.post("/api/v1/operations", secret).status == 403)
    // What an admin has asked for isn't shown to others.
    let begun = await self.web.post("/api/v1/operations", secret)
    #expect(begun.json["filter"] == "status:failed args.token:x")
    let shown = await web.get("/api/v1/operations/\(begun.json["uuid"]?.string ?? "")")
    #expect(shown.json["filter"] == "status:failed [redacted]")
    #expect(!(await web.get("/api/v1/operations").text.contains("args.token")))
    #expect(!(await web.get("/api/v1/audit").text.contains("args.token")))
  }

  @Test func `operations are listed page by page`() async throws {
    for index in 0..<5 {
      _ = await web.post(
        "/api/v1/operations", ["action": "retry", "filter": .string("priority:\(index)")])
      web.clock.advance(by: .seconds(1))
    }
    var found: [String?] = []
    var cursor: String?
    repeat {
      let path = "/api/v1/operations?limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")
      let page = await web.get(path)
      #expect(page.status == 200)
      found += (page.json["operations"]?.array ?? []).map { $0["filter"]?.string }
      cursor = page.json["next"]?.string
    } while cursor != nil
    #expect(found == (0..<5).reversed().map { "priority:\($0)" })
    #expect(await web.get("/api/v1/operations?cursor=1.x.y").code == "invalid-cursor")
    #expect(await web.get("/api/v1/operations?unfinished=true").status == 200)
  }

  // MARK: Editing one

  @Test func `a pending job is edited, on the version that was seen`() async throws {
    let uuid = try await web.scheduled()
    let tag = try #require(await web.get("/api/v1/jobs/\(uuid)").headers[.eTag])
    web.clock.advance(by: .seconds(1))
    let reply = await web.ask(
      .patch, "/api/v1/jobs/\(uuid)", ["priority": 3, "queue": "fast", "max_attempts": 9],
      ["If-Match": tag])
    #expect(reply.status == 200 && reply.headers[.eTag] != tag)
    #expect(reply.json["priority"] == 3 && reply.json["queue"] == "fast")
    #expect(reply.json["max_attempts"] == 9)
    let stale = await web.ask(
      .patch, "/api/v1/jobs/\(uuid)", ["priority": 4], ["If-Match": tag])
    #expect(stale.status == 412)
    try await web.run(uuid)
    #expect(await web.ask(.patch, "/api/v1/jobs/\(uuid)", ["priority": 4]).code == "inProgress")
  }

  @Test(arguments: [
    ("{}", 422), ("{\"handler_module\":\"X.Y\"}", 400), ("{\"args\":{}}", 400),
    ("{\"priority\":-1}", 422), ("{\"priority\":\"5\"}", 422), ("{\"queue\":\"\"}", 422),
    ("{\"max_attempts\":0}", 422), ("[]", 400), ("{", 400),
  ])
  func `nothing but its place can be edited`(_ body: String, _ status: Int) async throws {
    let uuid = try await web.scheduled()
    let reply = await web.ask(
      .patch, "/api/v1/jobs/\(uuid)", text: body, ["Content-Type": "application/json"])
    #expect(reply.status == status, "\(reply.text)")
    #expect(await web.get("/api/v1/jobs/\(uuid)").json["handler_module"] != "X.Y")
  }

  // MARK: Audit

  @Test func `what is done over HTTP says by whose token and in which request`() async throws {
    let web = APIUnderTest(access: .tokens)
    let store = try #require(web.store as? any TokenStore)
    var headers: [Role: [String: String]] = [:]
    for role in Role.allCases {
      let token = AccessToken(name: "the \(role.rawValue)", role: role, at: web.clock.now())
      try await store.addToken(token.record)
      headers[role] = [
        "Authorization": "Bearer \(token.text)", "X-Request-ID": "r.\(role.rawValue)",
      ]
    }
    let (admin, `operator`) = (headers[.admin] ?? [:], headers[.operator] ?? [:])
    var body = Publish.newJob
    body["args"] = ["api_key": "hunter2", "plan": "pro"]
    let job = await web.post("/api/v1/jobs", .object(body), `operator`)
    let uuid = try #require(job.json["uuid"]?.string)
    #expect(await web.post("/api/v1/jobs/\(uuid)/cancel", nil, `operator`).status == 200)
    #expect(await web.ask(.delete, "/api/v1/jobs/\(uuid)", nil, admin).status == 204)
    let audit = await web.get("/api/v1/audit", headers[.viewer] ?? [:])
    let entries = audit.json["entries"]?.array ?? []
    #expect(
      Set(entries.map { "\($0["action"]?.string ?? "") by \($0["actor"]?.string ?? "")" })
        == ["delete by the admin", "cancel by the operator", "schedule by the operator"])
    #expect(entries.allSatisfy { $0["source"] == "http" && $0["target"]?.string == uuid })
    #expect(Set(entries.map { $0["request_id"] }) == ["r.admin", "r.operator"])
    #expect(!audit.text.contains("hunter2") && audit.text.contains("pro"))
    let filtered = await web.get("/api/v1/audit?actor=the%20admin&target=\(uuid)", admin)
    #expect(filtered.json["entries"]?.array?.count == 1)
    #expect(await web.get("/api/v1/audit?since=yesterday", admin).status == 400)
    #expect(await web.get("/api/v1/audit?until=yesterday", admin).status == 400)
    let since = await web.get("/api/v1/audit?since=2100-01-01T00:00:00Z", admin)
    #expect(since.json == ["entries": [], "next": nil])
  }

  @Test func `the audit is listed page by page, without what is hidden here`() async throws {
    let web = APIUnderTest(
      access: .trusted(.viewer), store: web.store, clock: web.clock,
      redaction: Redaction(patterns: ["plan"]))
    for _ in 0..<5 {
      _ = try await self.web.scheduled(["args": ["plan": "pro"]])
      web.clock.advance(by: .seconds(1))
    }
    var found: [JSONValue] = []
    var cursor: String?
    repeat {
      let page = await web.get("/api/v1/audit?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
      found += page.json["entries"]?.array ?? []
      cursor = page.json["next"]?.string
    } while cursor != nil
    #expect(found.count == 5 && Set(found).count == 5)
    #expect(found.allSatisfy { $0["detail"]?["args"]?["plan"] == "[redacted]" })
    let other = await web.get("/api/v1/audit?actor=x&limit=2")
    #expect(other.json["entries"] == [])
  }

  @Test func `jobs that are stored together each say who asked for them`() async throws {
    let store = web.store
    let inserter = JobInserter { requests throws(StoreError) in try await store.insert(requests) }
    let requests = try (0..<20).map { index in
      try JobRequest(
        uuid: UUID(), jobType: "t", handlerModule: "M.T", resource: Resource("post", UUID()),
        priority: index)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for request in requests {
        group.addTask {
          try await AuditActor(name: "client \(request.priority)", source: .http).doing {
            _ = try await inserter.insert(request)
          }
        }
      }
      try await group.waitForAll()
    }
    let entries = try await store.audit(AuditQuery())
    #expect(entries.count == 20)
    for request in requests {
      let entry = entries.first { $0.note.target == request.uuid.text }
      #expect(entry?.actor.name == "client \(request.priority)")
    }
  }
}
