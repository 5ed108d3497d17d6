import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct DashboardTests {
  // MARK: Texts from outside

  private static let payloads: [String] = {
    let cores = [
      "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
      "javascript:alert(1)", "<iframe src=javascript:alert(1)>", "<body onload=alert(1)>",
      "onmouseover=alert(1) x=", "<a href=\"javascript:alert(1)\">x</a>", "{{formToken}}",
      "{{{main}}}", "{{#jobs}}", "<!--", "-->", "]]>", "<style>*{display:none}</style>",
      "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "&lt;script&gt;",
      "&#x3C;b&#x3E;",
      "<details open ontoggle=alert(1)>", "<form action=//evil.example><input name=form_token>",
      "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>", "${alert(1)}",
      "<meta http-equiv=refresh content=0;url=//evil.example>", "<base href=//evil.example>",
      "<object data=//evil.example>", "\u{202E}<b>", "<\u{301}script>", "%3Cscript%3E",
      "<link rel=stylesheet href=//evil.example>", "<template><script>alert(1)</script>",
      "'-alert(1)-'",
      "\\\"-alert(1)//", "<video><source onerror=alert(1)>", "<x:script>",
      "<svg><script>alert&#40;1)",
      "data:text/html,<script>alert(1)</script>", "<noscript><p title=\"</noscript><b>\">",
      "<input autofocus onfocus=alert(1)>", "<select><style></select><b>",
    ]
    return cores + cores.map { "\"\(">")\($0)" } + cores.map { "' \($0)" }
      + cores.map { "\"\u{301} \($0)" } + cores.map { "`\($0)\u{2028}" }
  }()

  private static let known: Set = [
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "svg", "path", "span",
    "div", "nav", "ul", "li", "button", "kbd", "form", "input", "fieldset", "legend", "p", "main",
    "dialog", "h1", "h2", "dl", "dt", "dd", "label", "code", "pre", "table", "caption", "thead",
    "tr",
    "th", "tbody", "td", "details", "summary", "time", "circle", "section", "ol", "progress",
    "strong",
    "rect", "line", "g", "polyline", "select", "option",
  ]

  private func check(_ reply: APIUnderTest.Reply, _ what: String) {
    let page = Page(reply.text)
    #expect(page.flaws.isEmpty, "\(what): \(page.flaws)")
    #expect(page.all("script").count == 1, "\(what)")
    for element in page.elements {
      #expect(DashboardTests.known.contains(element.name), "\(what): <\(element.name)>")
      for (name, value) in element.attributes {
        #expect(!name.hasPrefix("on") && name != "style", "\(what): \(name)")
        guard ["href", "src", "action"].contains(name) else { continue }
        #expect(value.hasPrefix(".") || value.hasPrefix("#"), "\(what): \(name)=\(value)")
      }
    }
  }

  /// A job whose every text is the payload, after an attempt that failed with it.
  private func hostileJob(_ payload: String, in web: APIUnderTest, node: UUID) async throws -> Job {
    let request = try JobRequest(
      uuid: UUID(), jobType: payload, handlerModule: payload, resource: Resource(payload, UUID()),
      args: [payload: .string(payload)], time: .now, queue: payload, maxAttempts: 1)
    let job = try #require(try await web.store.insert([request]).first)
    let claim = ClaimRequest(keys: [job.handlerKey], free: .all(10), idle: true)
    let claimed = try #require(
      try await web.store.exchange([], claim: claim, by: node).claimed.first)
    var attempt = try #require(Attempt(running: claimed))
    attempt.log = [LogLine(at: web.clock.now(), level: payload, message: payload)]
    attempt.progressNote = payload
    let settlement = Settlement(
      fence: try #require(claimed.fence), transition: .fail(error: payload), attempt: attempt,
      claimed: claimed)
    _ = try await web.store.exchange([settlement], claim: nil, by: node)
    return job
  }

  @Test func `hostile texts are texts on every page`() async throws {
    #expect(Set(DashboardTests.payloads).count >= 200)
    let web = APIUnderTest()
    let stranger = APIUnderTest(access: .tokens)
    let node = Node(
      uuid: UUID(), name: "<b>\"node", startedAt: web.clock.now(),
      catalogue: DashboardTests.payloads.map {
        PublishedHandler(handlerModule: $0, jobType: $0, resourceType: $0, queue: $0)
      }, queues: .each(["\"><b>": 3]), leaseExpiresAt: web.clock.now())
    try await web.store.join(node, lease: .seconds(600))
    for (index, payload) in DashboardTests.payloads.enumerated() {
      let job = try await hostileJob(payload, in: web, node: node.uuid)
      let name = "\(index) \(payload.replacing("\u{2028}", with: ""))"
      let schedules = Schedules(store: web.store)
      try await schedules.add(
        name,
        ScheduleDefinition(
          handlerModule: payload, jobType: payload, resource: Resource(payload, UUID()),
          args: [payload: .string(payload)], queue: payload, recurrence: "@hourly"))
      try await AuditActor(name: payload, source: .http, requestID: payload).doing {
        _ = try await schedules.pause(name, by: payload, why: payload)
        let filter = JobFilter.all.and(.error(payload)).description
        _ = try await Operations(store: web.store).begin(.cancel(reason: payload), on: filter)
      }
      for target in [
        "/jobs/\(job.uuid.text)",
        "/resource?type=\(Query.encoded(payload))&uuid=\(job.resourceUUID.text)",
        "/schedule?name=\(Query.encoded(name))", "/jobs?filter=\(Query.encoded(payload))",
        "/operations/new?action=edit&filter=\(Query.encoded(payload))",
        "/audit?actor=\(Query.encoded(payload))&target=\(Query.encoded(name))",
        "/audit?since=\(Query.encoded(payload))",
      ] {
        check(await web.get(target), "\(target)")
      }
      check(await stranger.get("/sign-in?next=\(Query.encoded(payload))"), "sign-in")
    }
    for page in web.pages(job: nil, schedule: nil) where page != "/sign-in" {
      check(await web.get(page), page)
    }
    check(await web.get("/nothing", ["Accept": "text/html"]), "nothing")
  }

  @Test func `a text is found on the page as it is`() async throws {
    let web = APIUnderTest()
    let uuid = try await web.scheduled([
      "args": ["n": 9_007_199_254_740_993, "text": "a<b>&\"c\""], "queue": "q & a",
    ])
    let text = await web.get("/jobs/\(uuid)").text
    #expect(text.contains("9007199254740993"))
    #expect(text.contains("a&lt;b&gt;&amp;\\&quot;c\\&quot;"))
    #expect(text.contains("q &amp; a"))
  }

  // MARK: Headers

  @Test func `every page comes with the headers that guard it`() async throws {
    let web = APIUnderTest()
    let uuid = try await web.scheduled()
    let job = try await web.stored(uuid)
    try await Schedules(store: web.store).add("s", Publish.self, "@hourly")
    for page in web.pages(job: job, schedule: "s") + ["/jobs/\(UUID().text)"] {
      let headers = await web.get(page).headers
      let policy = headers[.contentSecurityPolicy] ?? ""
      #expect(
        policy
          == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
          + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "\(page)")
      #expect(headers[.contentTypeOptions] == "nosniff", "\(page)")
      #expect(headers[.cacheControl] == "no-store", "\(page)")
      #expect(headers[.referrerPolicy] == "same-origin", "\(page)")
    }
  }

  @Test func `assets are kept for good under their version alone`() async throws {
    let web = APIUnderTest(access: .tokens)
    let page = Page(await web.get("/sign-in").text)
    let addresses = page.elements.compactMap { $0.attributes["href"] ?? $0.attributes["src"] }
      .filter { $0.contains("assets/") }
    #expect(addresses.count == 3)
    for address in addresses {
      let target = String(address.dropFirst())
      let kept = await web.get(target)
      #expect(kept.status == 200 && kept.headers[.cacheControl]?.contains("immutable") == true)
      let bare = await web.get(String(target.prefix { $0 != "?" }))
      #expect(bare.status == 200 && bare.headers[.cacheControl] == "no-cache")
    }
    #expect(await web.get("/assets/none.css").status == 404)
    #expect(await web.get("/robots.txt").text.contains("Disallow: /"))
  }

  // MARK: Errors

  @Test func `a wrong filter is said beside it`() async throws {
    let web = APIUnderTest()
    let reply = await web.get("/jobs?filter=stauts:failed")
    #expect(reply.status == 400)
    #expect(reply.text.contains("id=\"filter-error\" role=\"alert\""))
    #expect(reply.text.contains("is no field. Did you mean &#39;status&#39;?"))
    let misspelt = await web.get("/jobs?filter=status:faild")
    #expect(misspelt.text.contains("is no status. Did you mean &#39;failed&#39;?"))
    #expect(reply.text.contains("value=\"stauts:failed\""))
    #expect(await web.get("/jobs?cursor=forged").text.contains("This cursor"))
  }

  @Test func `what isn't there is told on a page for browsers and as a problem for programs`()
    async throws
  {
    let web = APIUnderTest()
    let page = await web.get("/jobs/\(UUID().text)")
    #expect(page.status == 404 && page.text.contains("There is no such job"))
    #expect(await web.get("/nothing", ["Accept": "text/html"]).text.contains("<h1>"))
    #expect(await web.get("/nothing").json["status"] == 404)
    #expect(await web.get("/api/v1/nothing", ["Accept": "*/*"]).json["status"] == 404)
  }

  @Test func `without a dashboard there are no pages`() async throws {
    let api = CarillonAPI(store: MemoryStore(), access: .trusted(.admin), hasDashboard: false)
    #expect(api.pages.routes.isEmpty)
  }

  // MARK: What pages show

  @Test func `pages go on by signed cursors, each job once`() async throws {
    let web = APIUnderTest()
    var stored: Set<String> = []
    for _ in 0..<120 { stored.insert(try await web.scheduled(["queue": "mail"])) }
    var found: [String] = []
    var target: String? = "/jobs?filter=queue:mail"
    while let page = target {
      let parsed = Page(await web.get(page).text)
      found += parsed.elements.compactMap { $0.attributes["data-key"] }
      target = parsed.all("a").first { $0.attributes["rel"] == "next" }?.attributes["href"]
        .map { String($0.dropFirst()).replacing("&amp;", with: "&") }
    }
    #expect(found.count == 120 && Set(found) == stored)
  }

  @Test func `secrets are for admins alone`() async throws {
    let canary = "canary-8417"
    let store = MemoryStore(clock: ManualClock())
    let admin = APIUnderTest(access: .trusted(.admin), store: store)
    let viewer = APIUnderTest(access: .trusted(.viewer), store: store)
    let uuid = try await admin.scheduled(["args": ["password": .string(canary), "to": "ada"]])
    try await Schedules(store: store).add(
      "s", Publish.self, "@hourly", args: ["token": .string(canary)])
    let job = try await admin.stored(uuid)
    for page in viewer.pages(job: job, schedule: "s") {
      #expect(!(await viewer.get(page)).text.contains(canary), "\(page)")
    }
    #expect(await viewer.get("/jobs/\(uuid)").text.contains("secrets are hidden"))
    #expect(await admin.get("/jobs/\(uuid)").text.contains(canary))
    #expect(await admin.get("/schedule?name=s").text.contains(canary))
    let asked = await viewer.get("/jobs?filter=args.password:\(canary)")
    #expect(asked.status == 400 && asked.text.contains("only an admin"))
  }

  @Test func `empty pages teach what to do`() async throws {
    let web = APIUnderTest()
    #expect(await web.get("/jobs").text.contains("carillon schedule "))
    #expect(await web.get("/schedules").text.contains("carillon schedules add"))
    #expect(await web.get("/nodes").text.contains("carillon serve"))
    #expect(await web.get("/jobs?filter=queue:x").text.contains("No job is like that"))
  }

  @Test func `a handler is shown with what it does and what its args look like`() async throws {
    let web = APIUnderTest()
    let page = await web.get("/handlers").text
    #expect(page.contains("Publishes &lt;a&gt; post."))
    #expect(page.contains("width: integer, any?, format?: png | jpeg, note?: string | null"))
    #expect(page.contains("tags?: [string]"))
    let handler = await web.get("/api/v1/handlers").json[1]
    #expect(handler?["summary"] == "Publishes <a> post.")
    #expect(handler?["args_schema"]?["required"] == ["width"])
  }

  @Test func `failures with one error stand together`() async throws {
    let web = APIUnderTest()
    for number in [17, 2_250] {
      let uuid = try await web.scheduled()
      try await web.run(uuid, .fail(error: "code \(number)"))
    }
    let text = await web.get("/failures").text
    #expect(text.contains("2 failed attempts in the last 24 hours, 1 kind of error"))
    #expect(text.contains("code 2250") && !text.contains("code 17"))
  }

  @Test func `only actions that are legal now are offered, and only to whom they are for`()
    async throws
  {
    let store = MemoryStore(clock: ManualClock())
    func actions(_ role: Role, _ uuid: String) async -> Set<String> {
      let web = APIUnderTest(access: .trusted(role), store: store)
      let page = Page(await web.get("/jobs/\(uuid)").text)
      return Set(
        page.all("form").compactMap { $0.attributes["action"] }
          .filter { $0.contains(uuid) }.compactMap {
            $0.split(separator: "/").last.map(String.init)
          })
    }
    let web = APIUnderTest(access: .trusted(.admin), store: store)
    let later = try await web.scheduled(["in": "1h"])
    #expect(await actions(.admin, later) == ["cancel", "run-now", "reschedule", "edit", "delete"])
    #expect(await actions(.operator, later) == ["cancel", "run-now", "reschedule", "edit"])
    #expect(await actions(.viewer, later) == [])
    let failed = try await web.scheduled()
    try await web.run(failed, .fail(error: "broken"))
    #expect(await actions(.operator, failed) == ["retry", "reschedule"])
    let running = try await web.scheduled()
    try await web.run(running)
    #expect(await actions(.admin, running) == ["request-cancel"])
  }

  // MARK: What keeps a job

  @Test func `a job behind a closed gate says which, by whom and why, on its page and in lists`()
    async throws
  {
    let web = APIUnderTest()
    let mail = try await web.scheduled(["queue": "mail"])
    let other = try await web.scheduled(["queue": "other", "in": "1h"])
    for path in ["queues/mail", "queues/other", "handlers/\(Publish.handlerModule)"] {
      let reply = await web.post("/api/v1/\(path)/pause", ["reason": "<moving>"])
      #expect(reply.status == 200, "\(reply.text)")
    }
    let page = await web.get("/jobs/\(mail)").text
    #expect(page.contains("It can&#39;t start now") || page.contains("It can't start now"))
    #expect(page.contains(">The queue &#39;mail&#39;</a> is paused since"))
    #expect(page.contains(">The handler &#39;\(Publish.handlerModule)&#39;</a> is paused since"))
    #expect(page.contains("by trusted: &lt;moving&gt;"))
    let list = await web.get("/jobs?filter=queue:mail").text
    #expect(list.contains("its queue is paused since"))
    // Not due yet, so it isn't kept yet; its own page says what will keep it.
    #expect(await !web.get("/jobs?filter=queue:other").text.contains("its queue is paused"))
    #expect(await web.get("/jobs/\(other)").text.contains(">The queue &#39;other&#39;</a>"))
  }

  @Test func `a handler that is paused under a name that nobody knows can be resumed`() async throws
  {
    let web = APIUnderTest()
    #expect(await web.post("/api/v1/handlers/typo/pause", [:]).status == 200)
    let page = await web.get("/handlers").text
    #expect(page.contains("handler &#39;typo&#39;"))
    #expect(page.contains("aria-label=\"Resume typo\""))
    _ = await web.send("/handler/resume", [("name", "typo")], from: "/handlers")
    #expect(await !web.get("/handlers").text.contains("typo"))
  }

  @Test func `a job that doesn't heed says so on its page`() async throws {
    let web = APIUnderTest()
    let uuid = try await web.scheduled()
    try await web.run(uuid)
    #expect(await web.post("/api/v1/jobs/\(uuid)/cancel", ["running": true]).status == 200)
    #expect(await !web.get("/jobs/\(uuid)").text.contains("It doesn't end"))
    web.clock.advance(by: .seconds(61))
    let page = await web.get("/jobs/\(uuid)").text
    #expect(page.contains("It doesn't end") && page.contains("was asked to end 1m1s ago"))
  }
}
