import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct AccessTests {
  private func token(
    _ role: Role, in web: APIUnderTest, name: String = "test"
  ) async throws -> AccessToken {
    let token = AccessToken(name: name, role: role, at: web.clock.now())
    try await #require(web.store as? any TokenStore).addToken(token.record)
    return token
  }

  private func bearer(_ token: AccessToken) -> [String: String] {
    ["Authorization": "Bearer \(token.text)"]
  }

  // MARK: Roles

  /// Every route asked by everybody: only those who may get past the gate.
  @Test func `each route lets in whom it should`() async throws {
    let web = APIUnderTest(access: .tokens)
    var tokens: [Role: AccessToken] = [:]
    for role in Role.allCases { tokens[role] = try await token(role, in: web) }
    // Written out, so that a change of a route's role is a change here.
    let expected: [String: Role?] = [
      "GET /livez": nil, "GET /readyz": nil, "GET /api/openapi.json": nil,
      "GET /metrics": .viewer, "GET /api/v1/jobs": .viewer, "GET /api/v1/jobs/{uuid}": .viewer,
      "GET /api/v1/resources/{type}/{uuid}": .viewer, "GET /api/v1/handlers": .viewer,
      "GET /api/v1/nodes": .viewer, "GET /api/v1/queues": .viewer, "GET /api/v1/stats": .viewer,
      "GET /api/v1/events": .viewer, "POST /api/v1/jobs": .operator,
      "POST /api/v1/jobs/bulk": .operator, "POST /api/v1/jobs/{uuid}/cancel": .operator,
      "POST /api/v1/jobs/{uuid}/retry": .operator,
      "POST /api/v1/jobs/{uuid}/reschedule": .operator,
      "POST /api/v1/resources/{type}/{uuid}/cancel": .operator,
      "GET /api/v1/schedules": .viewer,
      "GET /api/v1/schedules/{name}": .viewer, "GET /api/v1/recurrences/explain": .viewer,
      "POST /api/v1/schedules": .operator, "PATCH /api/v1/schedules/{name}": .operator,
      "POST /api/v1/schedules/{name}/pause": .operator,
      "POST /api/v1/schedules/{name}/resume": .operator,
      "POST /api/v1/schedules/{name}/run-now": .operator,
      "POST /api/v1/schedules/{name}/backfill": .operator,
      "DELETE /api/v1/schedules/{name}": .admin,
      "PATCH /api/v1/jobs/{uuid}": .operator, "DELETE /api/v1/jobs/{uuid}": .admin,
      "POST /api/v1/operations": .operator, "GET /api/v1/operations": .viewer,
      "GET /api/v1/operations/{uuid}": .viewer,
      "POST /api/v1/operations/{uuid}/cancel": .operator, "GET /api/v1/audit": .viewer,
      "GET /api/v1/gates": .viewer,
      "GET /api/v1/blackouts": .viewer, "POST /api/v1/blackouts": .operator,
      "DELETE /api/v1/blackouts/{name}": .operator,
      "POST /api/v1/queues/{name}/pause": .operator,
      "POST /api/v1/queues/{name}/resume": .operator,
      "POST /api/v1/handlers/{name}/pause": .operator,
      "POST /api/v1/handlers/{name}/resume": .operator,
    ]
    #expect(
      Set(web.api.table.routes.map { "\($0.method.rawValue) \($0.path)" }) == Set(expected.keys))
    for route in web.api.table.routes {
      let name = "\(route.method.rawValue) \(route.path)"
      let needed = try #require(expected[name])
      let path = route.path.replacing("{uuid}", with: UUID().text)
        .replacing("{type}", with: "post").replacing("{name}", with: "nightly")
      for role in [nil] + Role.allCases.map(Optional.some) {
        let headers = role.flatMap { tokens[$0] }.map(bearer) ?? [:]
        let reply = await web.ask(route.method, path, nil, headers)
        let isIn = reply.status != 401 && reply.status != 403
        let mayEnter = needed == nil || role.map { $0 >= needed ?? .viewer } ?? false
        #expect(isIn == mayEnter, "\(name) as \(String(describing: role)): \(reply.status)")
        if !isIn {
          #expect(reply.status == (role == nil ? 401 : 403), "\(name)")
          #expect((reply.headers[.wwwAuthenticate] != nil) == (role == nil))
        }
      }
    }
  }

  @Test func `a token that isn't good lets nobody in`() async throws {
    let web = APIUnderTest(access: .tokens)
    let good = try await token(.admin, in: web)
    #expect(await web.get("/api/v1/stats", bearer(good)).status == 200)
    let other = AccessToken(name: "x", role: .admin, at: web.clock.now())
    let mixed = "carillon_\(good.record.id)_\(other.text.suffix(64))"
    for header in [
      "Bearer \(other.text)", "Bearer \(mixed)", "Bearer \(good.text)0", "Bearer", "Bearer ",
      "Basic \(good.text)", good.text, "Bearer \(good.record.digest)",
      "Bearer carillon_\(good.record.id)_\(good.record.digest)", "",
    ] {
      let reply = await web.get("/api/v1/stats", ["Authorization": header])
      #expect(reply.status == 401, "\(header)")
    }
    #expect(await web.get("/api/v1/stats", ["Authorization": "bEARER \(good.text)"]).status == 200)
  }

  @Test func `a revoked token is refused after two seconds, a new one is taken at once`()
    async throws
  {
    let web = APIUnderTest(access: .tokens)
    let store = try #require(web.store as? any TokenStore)
    let token = try await token(.viewer, in: web)
    #expect(await web.get("/api/v1/stats", bearer(token)).status == 200)
    _ = try await store.revokeToken(token.record.id, at: web.clock.now())
    web.clock.advance(by: Gatekeeper.memory)
    #expect(await web.get("/api/v1/stats", bearer(token)).status == 401)
    web.clock.advance(by: .milliseconds(300))
    let new = try await self.token(.viewer, in: web)
    #expect(await web.get("/api/v1/stats", bearer(new)).status == 200)
  }

  // MARK: Loopback

  @Test func `without tokens it is open to this machine's own names`() async throws {
    let web = APIUnderTest(access: .openOnLoopback)
    for host in ["localhost:7117", "LOCALHOST", "127.0.0.1:7117", "127.1.2.3", "[::1]:7117"] {
      #expect(await web.get("/api/v1/stats", ["Host": host]).status == 200, "\(host)")
    }
    for host in [
      "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
      "127.0.0.256", "[::2]", "",
    ] {
      let reply = await web.get("/api/v1/stats", ["Host": host])
      #expect(reply.status == 403 && reply.code == "wrong-host", "\(host)")
    }
  }

  @Test func `the first token closes it, and revoking the last doesn't open it`() async throws {
    let web = APIUnderTest(access: .openOnLoopback)
    #expect(await web.get("/api/v1/stats").status == 200)
    let token = try await token(.viewer, in: web)
    web.clock.advance(by: Gatekeeper.memory)
    #expect(await web.get("/api/v1/stats").status == 401)
    // With a token any name will do: a page that has none can't use it.
    let headers = bearer(token).merging(["Host": "jobs.example"]) { $1 }
    #expect(await web.get("/api/v1/stats", headers).status == 200)
    let store = try #require(web.store as? any TokenStore)
    _ = try await store.revokeToken(token.record.id, at: web.clock.now())
    web.clock.advance(by: Gatekeeper.memory)
    #expect(await web.get("/api/v1/stats").status == 401)
  }

  @Test(arguments: [
    ("127.0.0.1:7117", true), ("[::1]:80", true), ("localhost:0", true), ("0.0.0.0:7117", false),
    ("[::]:7117", false), ("192.168.1.2:1", false), ("jobs.example:1", false),
  ])
  func `an address is loopback or not`(_ text: String, _ isLoopback: Bool) throws {
    let address = try #require(HTTPAddress(text))
    #expect(address.isLoopback == isLoopback && address.description == text)
  }

  @Test(arguments: [
    "", ":80", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80", "a b:80",
    "http://a:80",
  ])
  func `what is no address isn't taken for one`(_ text: String) {
    #expect(HTTPAddress(text) == nil)
  }

  // MARK: Other sites

  @Test func `pages of other sites change nothing`() async throws {
    let web = APIUnderTest(access: .openOnLoopback)
    for route in web.api.table.routes where route.method != .get {
      let path = route.path.replacing("{uuid}", with: UUID().text)
        .replacing("{type}", with: "post").replacing("{name}", with: "nightly")
      for headers in [
        ["Origin": "https://evil.example"], ["Origin": "null"], ["Origin": "http://localhost:80"],
        ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"],
        ["Origin": "http://localhost:7117.evil.example"], ["Origin": ""],
      ] {
        let reply = await web.ask(route.method, path, nil, headers)
        #expect(reply.status == 403 && reply.code == "cross-origin", "\(route.path) \(headers)")
      }
      for headers in [
        ["Origin": "http://localhost:7117", "Sec-Fetch-Site": "same-origin"],
        ["Sec-Fetch-Site": "none"],
      ] {
        let reply = await web.ask(route.method, path, nil, headers)
        #expect(reply.status != 403, "\(route.path) \(headers)")
      }
    }
  }

  // MARK: Redaction

  @Test func `secrets in args are for admins alone, wherever args are shown`() async throws {
    let web = APIUnderTest(access: .tokens)
    let (admin, viewer, agent) = (
      try await token(.admin, in: web), try await token(.viewer, in: web),
      try await token(.operator, in: web)
    )
    let canary = "canary-8417"
    let args: JSONValue = [
      "Password": .string(canary), "to": "ada",
      "nested": [["x_api_key_1": .string(canary)], ["AUTHORIZATION": [.string(canary)]]],
      "token": .null,
    ]
    let job = JSONValue.object(Publish.newJob.merging(["args": args]) { $1 })
    let stored = await web.post("/api/v1/jobs", job, bearer(agent))
    #expect(!stored.text.contains(canary) && stored.text.contains("ada"))
    let uuid = try #require(stored.json["uuid"]?.string)
    #expect(stored.json["args"]?["token"] == .null)
    let resource = "/api/v1/resources/post/4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34"
    for path in [
      "/api/v1/jobs", "/api/v1/jobs/\(uuid)", resource, "/api/v1/stats", "/metrics",
    ] {
      let reply = await web.get(path, bearer(viewer))
      #expect(reply.status == 200 && !reply.text.contains(canary), "\(path)")
    }
    let moved = await web.post(
      "/api/v1/jobs/\(uuid)/reschedule", ["in": "1h"], bearer(agent))
    #expect(moved.status == 200 && !moved.text.contains(canary))
    let cancelled = await web.post("\(resource)/cancel", nil, bearer(agent))
    #expect(cancelled.json["jobs"]?.array?.count == 1 && !cancelled.text.contains(canary))
    #expect(await web.get("/api/v1/jobs/\(uuid)", bearer(admin)).text.contains(canary))
  }

  @Test func `what is hidden can't be asked for by a filter either`() async throws {
    let web = APIUnderTest(access: .tokens)
    let (admin, agent) = (try await token(.admin, in: web), try await token(.operator, in: web))
    for path in ["args.password", "args.user.Api_Key.0", "args.tokens.x"] {
      let target = "/api/v1/jobs?filter=status:failed%20\(path):x"
      #expect(await web.get(target, bearer(agent)).status == 403, "\(path)")
      #expect(await web.get(target, bearer(admin)).status == 200, "\(path)")
    }
    #expect(await web.get("/api/v1/jobs?filter=args.to:x", bearer(agent)).status == 200)
  }

  @Test func `which keys are secret can be said`() {
    let redaction = Redaction(patterns: ["PIN"])
    #expect(
      redaction(["pin": 1, "Spinner": 2, "password": 3])
        == ["pin": Redaction.mark, "Spinner": Redaction.mark, "password": 3])
  }

  // MARK: Tokens

  @Test func `a token's record doesn't hold its secret`() throws {
    let token = AccessToken(name: "x", role: .viewer, at: ManualClock.start)
    let secret = try #require(AccessToken.halves(of: token.text)).secret
    #expect(secret.utf8.count == 64)
    #expect(!token.record.jsonValue.json.contains(secret))
    #expect(token.record.digest == AccessToken.digest(of: secret))
    #expect(AccessToken(name: "x", role: .viewer, at: ManualClock.start).text != token.text)
  }
}
