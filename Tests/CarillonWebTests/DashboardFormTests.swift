import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct DashboardFormTests {
  // MARK: Who may

  @Test func `each page lets in whom it should`() async throws {
    let web = APIUnderTest(access: .tokens)
    // Written out, so that a change of a page's role is a change here.
    let expected: [String: Role?] = [
      "GET /": .viewer, "GET /jobs": .viewer, "GET /jobs/{uuid}": .viewer,
      "GET /failures": .viewer, "GET /resource": .viewer, "GET /queues": .viewer,
      "GET /nodes": .viewer, "GET /handlers": .viewer, "GET /schedules": .viewer,
      "GET /schedule": .viewer, "GET /sign-in": nil, "GET /assets/{name}": nil,
      "GET /robots.txt": nil, "POST /sign-in": nil, "POST /sign-out": nil, "POST /theme": nil,
      "POST /jobs/act": .operator, "POST /jobs/{uuid}/retry": .operator,
      "POST /jobs/{uuid}/run-now": .operator, "POST /jobs/{uuid}/cancel": .operator,
      "POST /jobs/{uuid}/request-cancel": .operator,
      "POST /jobs/{uuid}/reschedule": .operator, "POST /jobs/{uuid}/delete": .admin,
      "POST /resource/cancel": .operator, "POST /schedule/pause": .operator,
      "POST /jobs/{uuid}/edit": .operator, "GET /audit": .viewer,
      "GET /operations": .viewer, "GET /operations/new": .operator,
      "POST /operations": .operator, "GET /operation": .viewer,
      "POST /operation/cancel": .operator, "POST /schedule/resume": .operator,
      "POST /schedule/run-now": .operator, "POST /queue/pause": .operator,
      "POST /queue/resume": .operator, "POST /handler/pause": .operator,
      "POST /handler/resume": .operator, "POST /blackout/remove": .operator,
    ]
    let routes = web.api.pages.routes
    #expect(Set(routes.map { "\($0.method.rawValue) \($0.path)" }) == Set(expected.keys))
    var sessions: [Role: [String: String]] = [:]
    for role in Role.allCases { sessions[role] = try await web.signedIn(role) }
    for route in routes {
      let name = "\(route.method.rawValue) \(route.path)"
      let needed = try #require(expected[name])
      #expect(route.role == needed, "\(name)")
      let path = route.path.replacing("{uuid}", with: UUID().text)
        .replacing("{name}", with: "dashboard.css")
      guard let needed else { continue }
      let stranger = await web.ask(route.method, path)
      #expect(stranger.status == 303, "\(name)")
      #expect(stranger.headers[.location]?.contains("sign-in") == true, "\(name)")
      for role in Role.allCases {
        let reply = await web.ask(route.method, path, nil, sessions[role] ?? [:])
        #expect((reply.status == 403) == (role < needed), "\(name) as \(role): \(reply.status)")
      }
    }
  }

  @Test func `a form from another site, or without its token, changes nothing`() async throws {
    let web = APIUnderTest(access: .openOnLoopback)
    for route in web.api.pages.routes where route.method == .post {
      let path = route.path.replacing("{uuid}", with: UUID().text)
      let token = await web.formToken()
      for headers in [
        ["Origin": "https://evil.example"], ["Origin": "null"], ["Sec-Fetch-Site": "cross-site"],
        ["Sec-Fetch-Site": "same-site"],
      ] {
        let reply = await web.submit(path, [("form_token", token)], headers)
        #expect(reply.status == 403, "\(path) \(headers)")
      }
      for fields in [[], [("form_token", "")], [("form_token", String(repeating: "0", count: 64))]]
      {
        #expect(await web.submit(path, fields).status == 403, "\(path)")
      }
      #expect(await web.post(path, ["form_token": .string(token)]).status == 415, "\(path)")
    }
  }

  @Test func `one visitor's form token is no other's`() async throws {
    let web = APIUnderTest(access: .tokens)
    let (one, other) = (try await web.signedIn(.admin), try await web.signedIn(.admin))
    let token = await web.formToken(one)
    #expect(token.utf8.count == 64)
    #expect(await web.formToken(one) == token)
    #expect(await web.formToken(other) != token)
    let reply = await web.submit("/jobs/act", [("form_token", token)], other)
    #expect(reply.status == 403)
  }

  // MARK: Signing in

  @Test func `a token is exchanged for a session that ends`() async throws {
    let web = APIUnderTest(access: .tokens)
    let token = AccessToken(name: "ada", role: .viewer, at: web.clock.now())
    let store = try #require(web.store as? any TokenStore)
    try await store.addToken(token.record)
    let asked = await web.get("/jobs?filter=queue:a%26b")
    #expect(asked.status == 303)
    let page = try await web.follow(asked, from: "/jobs")
    let next = try #require(
      Page(page.text).all("input").first { $0.attributes["name"] == "next" }?.attributes["value"])
    #expect(next == "jobs?filter=queue%3Aa%26b")
    let wrong = await web.send("/sign-in", [("token", "\(token.text)0")], from: "/sign-in")
    #expect(wrong.status == 403 && wrong.text.contains("unknown or revoked"))
    #expect(wrong.headers[.setCookie] == nil && !wrong.text.contains(token.text))
    let reply = await web.send(
      "/sign-in", [("token", " \(token.text) "), ("next", next)], from: "/sign-in")
    #expect(reply.status == 303 && reply.headers[.location] == "./\(next)")
    let cookie = try #require(reply.headers[.setCookie])
    #expect(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"))
    #expect(!cookie.contains("Secure") && !cookie.contains(token.text))
    let headers = ["Cookie": "other=1; \(cookie.prefix { $0 != ";" })"]
    #expect(await web.get("/jobs", headers).text.contains("ada"))
    // What it may is the token's.
    #expect(await web.get("/api/v1/stats", headers).status == 200)
    web.clock.advance(by: Session.life)
    #expect(await web.get("/jobs", headers).status == 303)
  }

  @Test func `a session counts for no API request that changes something`() async throws {
    let web = APIUnderTest(access: .tokens)
    let session = try await web.signedIn(.admin)
    let reply = await web.post("/api/v1/jobs", .object(Publish.newJob), session)
    #expect(reply.status == 401)
  }

  @Test func `a revoked token ends its sessions`() async throws {
    let web = APIUnderTest(access: .tokens)
    let session = try await web.signedIn(.viewer)
    #expect(await web.get("/jobs", session).status == 200)
    let store = try #require(web.store as? any TokenStore)
    let id = try #require(try await store.tokens().first).id
    _ = try await store.revokeToken(id, at: web.clock.now())
    web.clock.advance(by: Gatekeeper.memory)
    #expect(await web.get("/jobs", session).status == 303)
    // What was asked for since isn't done, and the way back is kept.
    let form = await web.submit(
      "/queue/pause", [("name", "mail")],
      session.merging(["Referer": "http://localhost:7117/queues?x=1"]) { $1 })
    #expect(form.headers[.location] == "../sign-in?next=queues%3Fx%3D1&undone=yes")
    let foreign = await web.submit(
      "/queue/pause", [("name", "mail")],
      session.merging(["Referer": "http://localhost:7117//evil.example/"]) { $1 })
    #expect(foreign.headers[.location] == "../sign-in?undone=yes")
    let page = await web.get("/sign-in?next=queues&undone=yes").text
    #expect(page.contains("nothing was done") && page.contains("value=\"queues\""))
  }

  @Test func `a cookie that was changed is none`() async throws {
    let web = APIUnderTest(access: .tokens)
    let good = try #require(try await web.signedIn(.viewer)["Cookie"])
    let admin = AccessToken(name: "x", role: .admin, at: web.clock.now())
    try await #require(web.store as? any TokenStore).addToken(admin.record)
    web.clock.advance(by: .seconds(3))
    let parts = good.split(separator: ".").map(String.init)
    for (index, other) in [(1, admin.record.id), (2, "9999999999999999"), (3, "x"), (4, "00")] {
      var changed = parts
      changed[index] = other
      let reply = await web.get("/jobs", ["Cookie": changed.joined(separator: ".")])
      #expect(reply.status == 303, "\(index)")
    }
    for cookie in ["carillon_session=", "carillon_session=1.....", "carillon_session"] {
      #expect(await web.get("/jobs", ["Cookie": cookie]).status == 303)
    }
  }

  @Test func `signing out forgets the session`() async throws {
    let web = APIUnderTest(access: .tokens)
    let session = try await web.signedIn(.viewer)
    let reply = await web.send("/sign-out", [], session)
    #expect(reply.status == 303)
    #expect(reply.headers[.setCookie]?.hasPrefix("carillon_session=; Max-Age=0") == true)
  }

  @Test(arguments: [
    "//evil.example", "https://evil.example", "/\\evil.example", "../x", "a/../../x",
    "javascript:alert(1)", "\\\\evil.example", "jobs\r\nSet-Cookie: x=1", "/jobs",
  ])
  func `nobody is led elsewhere after signing in`(_ next: String) async throws {
    let web = APIUnderTest(access: .tokens)
    let token = AccessToken(name: "x", role: .viewer, at: web.clock.now())
    try await #require(web.store as? any TokenStore).addToken(token.record)
    let reply = await web.send(
      "/sign-in", [("token", token.text), ("next", next)], from: "/sign-in")
    #expect(reply.status == 303 && reply.headers[.location] == "./")
  }

  @Test func `behind TLS cookies are kept off plain connections`() async throws {
    let cookie = Cookies.set("a", "b", maxAge: 1, isSecure: true)
    #expect(cookie == "a=b; Max-Age=1; SameSite=Strict; HttpOnly; Secure")
  }

  @Test func `the theme is kept in a cookie, and shown`() async throws {
    let web = APIUnderTest()
    let reply = await web.send("/theme", [("theme", "dark"), ("back", "jobs?filter=queue%3Aa")])
    #expect(reply.status == 303 && reply.headers[.location] == "./jobs?filter=queue%3Aa")
    let page = try await web.follow(reply, from: "/theme")
    #expect(page.text.contains("data-theme=\"dark\""))
  }

  // MARK: Acting

  @Test func `a job is acted on, and the page after it says so once`() async throws {
    let web = APIUnderTest()
    let uuid = try await web.scheduled()
    try await web.run(uuid, .fail(error: "broken"))
    let target = "/jobs/\(uuid)/retry"
    let page = Page(await web.get("/jobs/\(uuid)").text)
    let version = try #require(
      page.all("input").first { $0.attributes["name"] == "version" }?.attributes["value"])
    let plain = version.replacing("&quot;", with: "\"")
    let reply = await web.send(target, [("version", plain)], from: "/jobs/\(uuid)")
    #expect(reply.status == 303)
    let after = try await web.follow(reply, from: target)
    #expect(after.text.contains("The job is due now.") && after.text.contains("role=\"status\""))
    #expect(after.headers[.setCookie]?.hasPrefix("carillon_notice=; Max-Age=0") == true)
    let again = await web.send(target, [("version", plain)], from: "/jobs/\(uuid)")
    let refused = try await web.follow(again, from: target)
    #expect(refused.text.contains("has changed since you looked"))
    #expect(refused.text.contains("role=\"alert\""))
  }

  @Test func `a new time is taken as a duration or a time, and a wrong one explained`() async throws
  {
    let web = APIUnderTest()
    let uuid = try await web.scheduled(["in": "1h"])
    let target = "/jobs/\(uuid)/reschedule"
    func send(_ when: String) async throws -> APIUnderTest.Reply {
      let page = Page(await web.get("/jobs/\(uuid)").text)
      let version =
        page.all("input").first { $0.attributes["name"] == "version" }?.attributes["value"] ?? ""
      return await web.send(
        target, [("version", version.replacing("&quot;", with: "\"")), ("when", when)],
        from: "/jobs/\(uuid)")
    }
    func reschedule(_ when: String) async throws -> APIUnderTest.Reply {
      try await web.follow(try await send(when), from: target)
    }
    #expect(try await reschedule("10m").text.contains("The job is due at"))
    #expect(try await reschedule("2027-03-01T09:00:00Z").text.contains("2027-03-01T09:00:00.000Z"))
    for wrong in ["tomorrow", "10x", "-5m", "2020-01-01T00:00:00Z", "2027-13-01"] {
      let reply = try await send(wrong)
      #expect(reply.status == 422 && reply.text.contains("notice refused"))
      #expect(
        reply.text.contains("value=\"\(wrong)\"") && reply.text.contains("id=\"when-mistake\""))
      #expect(reply.text.contains("<details class=\"confirm\" open>"))
    }
  }

  @Test func `selected jobs are acted on together, and what was skipped is counted`() async throws {
    let web = APIUnderTest()
    let failed = try await web.scheduled()
    try await web.run(failed, .fail(error: "broken"))
    let running = try await web.scheduled()
    try await web.run(running)
    let fields = [("action", "retry"), ("uuid", failed), ("uuid", running), ("back", "jobs")]
    let reply = await web.send("/jobs/act", fields)
    let page = try await web.follow(reply, from: "/jobs/act")
    #expect(page.text.contains("1 job retried, 1 skipped: 1 was running."))
    let nothing = await web.send("/jobs/act", [("action", "retry")])
    #expect(
      try await web.follow(nothing, from: "/jobs/act").text.contains("No job was selected"))
    let wrong = await web.send("/jobs/act", [("action", "explode"), ("uuid", failed)])
    #expect(wrong.status == 400)
  }

  @Test func `deleting selected jobs is for admins`() async throws {
    let web = APIUnderTest(access: .trusted(.operator))
    let uuid = try await web.scheduled()
    let reply = await web.send("/jobs/act", [("action", "delete"), ("uuid", uuid)])
    #expect(reply.status == 403)
    #expect(try await web.stored(uuid).status == .pending)
  }

  @Test func `a schedule is paused, resumed and run`() async throws {
    let web = APIUnderTest()
    let name = "a/b .. <é>"
    try await Schedules(store: web.store).add(name, Publish.self, "@hourly")
    let page = "/schedule?name=\(Query.encoded(name))"
    func send(_ action: String, _ fields: [(String, String)] = []) async throws -> String {
      let target = "/schedule/\(action)"
      let reply = await web.send(target, [("name", name)] + fields, from: page)
      return try await web.follow(reply, from: target).text
    }
    #expect(
      try await send("pause", [("until", "2h"), ("reason", "moving")]).contains("is paused until"))
    let paused = try #require(try await web.store.schedule(name)).pause
    #expect(paused?.why == "moving" && paused?.by == "trusted" && paused?.until != nil)
    #expect(try await send("resume").contains("is resumed"))
    #expect(try await send("resume").contains("isn&#39;t paused"))
    #expect(try await send("run-now").contains("is made and due now"))
    #expect(try await web.store.jobs(JobQuery()).count == 1)
    let gone = await web.send("/schedule/resume", [("name", "none")], from: page)
    #expect(gone.status == 404)
  }

  @Test(arguments: ["queue", "handler"])
  func `a queue and a handler are paused and resumed on their page`(_ what: String) async throws {
    let web = APIUnderTest()
    _ = try await web.scheduled(["in": "1h", "queue": "mail"])
    let name = what == "queue" ? "mail" : Publish.handlerModule
    let page = "/\(what)s"
    func send(_ action: String, _ fields: [(String, String)] = []) async throws -> String {
      let target = "/\(what)/\(action)"
      let reply = await web.send(target, [("name", name)] + fields, from: page)
      let answer = try await web.follow(reply, from: target)
      return answer.text
    }
    #expect(await web.get(page).text.contains("action=\"./\(what)/pause\""))
    let said = try await send("pause", [("until", "2h"), ("reason", "<moving>")])
    #expect(said.contains("is paused until") && said.contains("by trusted: &lt;moving&gt;"))
    #expect(said.contains("action=\"./\(what)/resume\""))
    let pause = try #require(try await web.store.gates().pauses.first)
    #expect(pause.scope.name == name && pause.until != nil && pause.by == "trusted")
    #expect(try await send("resume").contains("is resumed"))
    #expect(try await send("resume").contains("isn&#39;t paused"))
    let notes = try await web.store.audit(AuditQuery(target: name))
    #expect(notes.map(\.note.action) == ["resume", "pause"])
    #expect(notes.allSatisfy { $0.actor.source == .dashboard })
  }

  @Test(arguments: [
    ("/queue/pause", "/queues"), ("/handler/pause", "/handlers"),
    ("/schedule/pause", "/schedules"), ("/schedule/pause", "/schedule?name=nightly"),
  ])
  func `a pause whose end can't be read keeps what was typed, and says why beside it`(
    _ target: String, _ page: String
  ) async throws {
    let web = APIUnderTest()
    _ = try await web.scheduled(["in": "1h", "queue": "nightly"])
    try await Schedules(store: web.store).add("nightly", Publish.self, "@hourly")
    let name = target.hasPrefix("/handler") ? Publish.handlerModule : "nightly"
    let fields = [("name", name), ("reason", "<moving>"), ("back", String(page.dropFirst()))]
    for (until, why) in [("soon", "is no time"), ("2001-01-01T00:00:00Z", "that time has passed")] {
      let reply = await web.send(target, fields + [("until", until)], from: page)
      #expect(reply.status == 422)
      let shown = Page(reply.text)
      #expect(shown.flaws.isEmpty, "\(shown.flaws)")
      #expect(shown.all("details").count { $0.attributes["open"] != nil } == 1)
      let inputs = shown.all("input").filter { $0.attributes["value"] == until }
      #expect(inputs.map { $0.attributes["aria-describedby"] } == ["pause-mistake"])
      #expect(shown.all("input").contains { $0.attributes["value"] == "&lt;moving&gt;" })
      #expect(reply.text.contains("id=\"pause-mistake\"") && reply.text.contains(why))
      // The theme's form leads back to a page, not to where forms are sent.
      let backs = shown.all("input").filter { $0.attributes["name"] == "back" }
      #expect(backs.allSatisfy { $0.attributes["value"] == String(page.dropFirst()) })
    }
    #expect(try await web.store.gates().pauses.isEmpty)
    #expect(try await web.store.schedule("nightly")?.pause == nil)
  }

  @Test(arguments: [("queue", "queues"), ("handler", "handlers"), ("resource_type", "handlers")])
  func `a blackout stands on the page of what it closes, and is removed there`(
    _ kind: String, _ page: String
  ) async throws {
    let web = APIUnderTest()
    for (name, windows) in [("<night>", "22:00-06:00"), ("<ever>", "MON-SUN")] {
      let added = await web.post(
        "/api/v1/blackouts",
        ["name": .string(name), .init(kind): "<mail>", "windows": [.string(windows)]])
      #expect(added.status == 200, "\(added.text)")
    }
    let other = page == "queues" ? "/handlers" : "/queues"
    #expect(!(await web.get(other).text.contains("blackouts-title")))
    let shown = await web.get("/\(page)")
    #expect(Page(shown.text).flaws.isEmpty, "\(Page(shown.text).flaws)")
    for words in ["&lt;night&gt;", "22:00-06:00", "never opens", "added by trusted"] {
      #expect(shown.text.contains(words), "\(words)")
    }
    let removed = await web.send(
      "/blackout/remove", [("name", "<night>"), ("back", page)], from: "/\(page)")
    #expect(removed.headers[.location] == "../\(page)")
    let after = try await web.follow(removed, from: "/blackout/remove")
    #expect(after.text.contains("The blackout &#39;&lt;night&gt;&#39; is removed."))
    #expect(try await web.store.gates().blackouts.map(\.name) == ["<ever>"])
    // Somebody else was faster.
    let again = await web.send("/blackout/remove", [("name", "<night>"), ("back", "//evil")])
    #expect(again.headers[.location] == "../queues")
    #expect(try await web.follow(again, from: "/blackout/remove").text.contains("Nothing was done"))
    #expect(
      try await web.store.audit(AuditQuery(target: "<night>")).map(\.note.action)
        == ["remove", "add"])
  }

  @Test func `a pause's end is chosen or typed, but not both`() async throws {
    let web = APIUnderTest()
    _ = try await web.scheduled(["in": "1h", "queue": "mail"])
    let shown = Page(await web.get("/queues").text)
    let ends = shown.all("option").compactMap { $0.attributes["value"] }
    #expect(ends.prefix(5) == ["", "15m", "1h", "8h", "24h"] && ends.count == 6)
    for (chosen, typed, hours) in [("8h", "", 8), ("", "2h", 2), ("", "", nil)]
      as [(
        String, String, Int64?
      )]
    {
      let fields = [("name", "mail"), ("for", chosen), ("until", typed)]
      #expect(await web.send("/queue/pause", fields).status == 303)
      let pause = try #require(try await web.store.gates().pauses.first)
      #expect(pause.until == hours.map { web.clock.now() + .seconds($0 * 3_600) })
    }
    let both = await web.send("/queue/pause", [("name", "mail"), ("for", "8h"), ("until", "2h")])
    #expect(both.status == 422 && both.text.contains("Leave one of them out"))
    let morning = try Instant(rfc3339: try #require(ends.last))
    #expect(morning > web.clock.now() && morning <= web.clock.now() + .seconds(86_400))
    #expect(morning.rfc3339.contains("T08:00:00"))
  }

  @Test func `a schedule's row offers what is legal now, and says who has paused it and why`()
    async throws
  {
    let web = APIUnderTest(access: .tokens)
    let (viewer, session) = (try await web.signedIn(.viewer), try await web.signedIn(.operator))
    try await Schedules(store: web.store).add("nightly", Publish.self, "@hourly")
    func actions(_ headers: [String: String]) async -> [String] {
      Page(await web.get("/schedules", headers).text).all("form")
        .compactMap { $0.attributes["action"] }.filter { $0.contains("/schedule/") }
    }
    #expect(await actions(session) == ["./schedule/run-now", "./schedule/pause"])
    let fields = [("name", "nightly"), ("reason", "moving"), ("back", "schedules")]
    let reply = await web.send("/schedule/pause", fields, session)
    #expect(reply.headers[.location] == "../schedules")
    #expect(await actions(session) == ["./schedule/resume", "./schedule/run-now"])
    #expect(await actions(viewer) == [])
    let page = await web.get("/schedules", viewer).text
    #expect(page.contains("Until it is resumed, by test operator") && page.contains(": moving."))
  }

  @Test func `who may only look has no form to pause with`() async throws {
    let web = APIUnderTest(access: .trusted(.viewer))
    _ = try await web.store.apply(
      .pause(.queue("mail"), until: nil, by: "ada", reason: "upgrade"))
    let page = await web.get("/queues").text
    #expect(page.contains("by ada: upgrade") && !page.contains("/queue/"))
    #expect(await !web.get("/handlers").text.contains("/handler/"))
  }

  @Test func `a resource's jobs are cancelled`() async throws {
    let web = APIUnderTest()
    let uuid = try await web.scheduled()
    let job = try await web.stored(uuid)
    let fields = [("type", "post"), ("uuid", job.resourceUUID.text)]
    let page = "/resource?type=post&uuid=\(job.resourceUUID.text)"
    let reply = await web.send("/resource/cancel", fields, from: page)
    #expect(try await web.follow(reply, from: "/resource/cancel").text.contains("1 job cancelled"))
    #expect(try await web.store.job(job.uuid)?.status == .cancelled)
  }

  @Test func `a pending job gets another place by its page`() async throws {
    let web = APIUnderTest()
    let uuid = try await web.scheduled(["in": "1h"])
    let target = "/jobs/\(uuid)/edit"
    func edit(_ fields: [(String, String)]) async throws -> String {
      let version = EntityTag(try await web.stored(uuid), shown: "").header
      let reply = await web.send(target, [("version", version)] + fields, from: "/jobs/\(uuid)")
      return try await web.follow(reply, from: target).text
    }
    let said = try await edit([("queue", "mail"), ("priority", "9"), ("max_attempts", "")])
    #expect(said.contains("The job is changed."))
    let job = try await web.stored(uuid)
    #expect(job.queue == "mail" && job.priority == 9 && job.maxAttempts == 3)
    for wrong in [("priority", "high"), ("priority", "-1"), ("max_attempts", "0")] {
      let fields = [("version", EntityTag(job, shown: "").header), ("queue", "news"), wrong]
      let reply = await web.send(target, fields, from: "/jobs/\(uuid)")
      #expect(reply.status == 422 && reply.text.contains("notice refused"), "\(wrong)")
      #expect(reply.text.contains("name=\"\(wrong.0)\" value=\"\(wrong.1)\""))
      #expect(reply.text.contains("name=\"queue\" value=\"news\""))
    }
    #expect(try await web.stored(uuid) == job)
  }

  // MARK: Many jobs

  @Test func `all jobs of a filter are acted on, after a look at how many they are`() async throws {
    let web = APIUnderTest(access: .trusted(.operator))
    for index in 0..<60 {
      _ = try await web.scheduled(["in": "1h", "queue": .string(index < 53 ? "mail" : "other")])
    }
    let list = await web.get("/jobs?filter=queue:mail")
    #expect(list.text.contains("operations/new?action=cancel&amp;filter=queue%3Amail"))
    #expect(!list.text.contains("operations/new?action=delete"))
    let look = "/operations/new?action=cancel&filter=queue:mail"
    #expect(await web.get(look).text.contains("Cancel 53 jobs"))
    let uuid = UUID().text
    let fields = [("action", "cancel"), ("filter", "queue:mail"), ("uuid", uuid)]
    let reply = await web.send("/operations", fields, from: look)
    // Sent twice, it is begun once.
    #expect(await web.send("/operations", fields, from: look).status == 303)
    let operations = Operations(store: web.store)
    #expect(try await operations.list().count == 1)
    _ = try await operations.finish(try #require(UUID(uuidString: uuid)))
    let page = try await web.follow(reply, from: "/operations")
    #expect(page.text.contains("53 cancelled"))
    #expect(await web.get("/operations").text.contains("53 cancelled"))
    #expect(try await web.store.jobs(JobQuery(status: .pending)).count == 7)
    let stop = await web.send("/operation/cancel", [("uuid", uuid)])
    #expect(
      try await web.follow(stop, from: "/operation/cancel").text.contains("It had ended already"))
  }

  @Test func `only jobs in a state for it are offered to an action on many`() async throws {
    let web = APIUnderTest()
    _ = try await web.scheduled(["in": "1h", "queue": "mail"])
    let failed = try await web.scheduled(["queue": "mail"])
    try await web.run(failed, .fail(error: "broken"))
    func look(_ action: String, _ filter: String) async -> String {
      await web.get("/operations/new?action=\(action)&filter=\(filter)").text
    }
    for action in ["cancel", "edit", "retry"] {
      #expect(await look(action, "queue:mail").contains("<strong>1 job</strong>"), "\(action)")
    }
    for action in ["delete", "reschedule"] {
      #expect(await look(action, "queue:mail").contains("<strong>2 jobs</strong>"), "\(action)")
    }
    #expect(await look("cancel", "status:failed").contains("No job matches it that is pending"))
    #expect(await look("retry", "status:pending").contains("No job matches it that is failed"))
  }

  @Test func `a cancel of many jobs says why, and a mistake keeps what was typed`() async throws {
    let web = APIUnderTest()
    _ = try await web.scheduled(["in": "1h", "queue": "mail"])
    let cancel = "/operations/new?action=cancel&filter=queue:mail"
    let look = await web.get(cancel).text
    #expect(look.contains("matches <strong>1 job</strong>") && look.contains("name=\"reason\""))
    let none = await web.get("/operations/new?action=cancel&filter=queue:none").text
    #expect(none.contains("No job matches it that is pending") && !none.contains("name=\"reason\""))
    let late = [("action", "reschedule"), ("filter", "queue:mail"), ("when", "<soon>")]
    let refused = await web.send("/operations", late, from: cancel)
    #expect(refused.status == 422 && refused.text.contains("id=\"when-mistake\""))
    #expect(refused.text.contains("value=\"&lt;soon&gt;\""))
    let edit = [
      ("action", "edit"), ("filter", "queue:mail"), ("queue", "other"), ("priority", "high"),
    ]
    let wrong = Page(await web.send("/operations", edit, from: cancel).text)
    #expect(wrong.flaws.isEmpty)
    for text in ["other", "high"] {
      #expect(wrong.all("input").contains { $0.attributes["value"] == text }, "\(text)")
    }
    let fields = [("action", "cancel"), ("filter", "queue:mail"), ("reason", "moving")]
    #expect(await web.send("/operations", fields, from: cancel).status == 303)
    let operation = try #require(try await Operations(store: web.store).list().first)
    #expect(operation.command == .cancel(reason: "moving"))
  }

  @Test func `a count that was cut short says so`() async throws {
    let web = APIUnderTest()
    let resource = UUID()
    _ = try await web.store.insert(
      try (0..<10_001).map { _ in
        try JobRequest(Publish.self, resourceUUID: resource, time: .in(.seconds(60)), uuid: UUID())
      })
    let page = await web.get("/operations/new?action=cancel&filter=status:pending").text
    #expect(page.contains("matches <strong>at least 10\u{202F}000 jobs</strong>"))
    #expect(page.contains("there are more"))
  }

  @Test func `who may only look sees operations, and has none of their buttons`() async throws {
    let web = APIUnderTest(access: .tokens)
    let viewer = try await web.signedIn(.viewer)
    let operation = try await Operations(store: web.store).begin(.retry, on: "status:failed")
    #expect(await web.get("/jobs", viewer).text.contains("href=\"./operations\""))
    #expect(await web.get("/operations", viewer).text.contains(operation.uuid.text))
    let page = await web.get("/operation?uuid=\(operation.uuid.text)", viewer)
    #expect(page.status == 200 && !page.text.contains("operation/cancel"))
  }

  @Test func `what can't be done to many jobs is said`() async throws {
    let web = APIUnderTest(access: .trusted(.operator))
    #expect(await web.get("/operations/new?action=delete&filter=queue:a").status == 403)
    #expect(await web.get("/operations/new?action=retry&filter=").text.contains("Which jobs?"))
    #expect(await web.get("/operations/new?action=retry&filter=x:y").text.contains("is no field"))
    let secret = await web.get("/operations/new?action=retry&filter=args.password:x")
    #expect(secret.status == 403 && secret.text.contains("only an admin"))
    for (fields, words) in [
      ([("action", "retry"), ("filter", "x:y")], "is no field"),
      ([("action", "retry"), ("filter", " ")], "Which jobs?"),
      ([("action", "retry"), ("filter", "args.password:x")], "only an admin"),
      ([("action", "reschedule"), ("filter", "queue:a"), ("when", "soon")], "Nothing was done"),
    ] {
      let reply = await web.send("/operations", fields)
      #expect(reply.status >= 400 && reply.text.contains(words), "\(fields)")
    }
    let admin = APIUnderTest()
    let unsure = await admin.send("/operations", [("action", "delete"), ("filter", "queue:a")])
    #expect(unsure.status == 422 && unsure.text.contains("wants a yes"))
    #expect(try await web.store.operations(OperationQuery()).isEmpty)
  }

  // MARK: Audit

  @Test func `what is done by a page is written down, with whose session it was`() async throws {
    let web = APIUnderTest(access: .tokens)
    let session = try await web.signedIn(.operator)
    let job = try #require(
      try await web.store.insert([
        try JobRequest(Publish.self, resourceUUID: UUID(), time: .in(.seconds(60)), uuid: UUID())
      ]).first)
    let target = "/jobs/\(job.uuid.text)/cancel"
    let version = EntityTag(job, shown: "").header
    #expect(await web.send(target, [("version", version)], session).status == 303)
    let entry = try #require(try await web.store.audit(AuditQuery()).first)
    #expect(entry.actor.source == .dashboard && entry.actor.name == "test operator")
    #expect(entry.note.action == "cancel" && entry.note.target == job.uuid.text)
    let page = await web.get("/audit?target=\(job.uuid.text)", session).text
    #expect(page.contains("test operator") && page.contains("./jobs/\(job.uuid.text)"))
    #expect(page.contains("Cancelled job") && page.contains(">publish \(job.uuid.text.prefix(8))<"))
    #expect(await web.get("/audit?actor=nobody", session).text.contains("Nothing like that"))
    #expect(await web.get("/audit?since=1h", session).text.contains("Cancelled job"))
    #expect(await web.get("/audit?until=1h", session).text.contains("Nothing like that"))
    let wrong = await web.get("/audit?until=yesterday", session)
    #expect(wrong.status == 400 && wrong.text.contains("aria-describedby=\"audit-error\""))
    #expect(wrong.text.contains("value=\"yesterday\"") && wrong.text.contains("is no time"))
  }
}
