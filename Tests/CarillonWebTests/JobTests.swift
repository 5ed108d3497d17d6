import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct JobTests {
  let web = APIUnderTest()

  // MARK: Scheduling

  @Test func `a job is stored with its handler's defaults and has a place`() async throws {
    let reply = await web.post("/api/v1/jobs", .object(Publish.newJob))
    #expect(reply.status == 201)
    let job = reply.json
    let uuid = try #require(job["uuid"]?.string)
    #expect(reply.headers[.location] == "/api/v1/jobs/\(uuid)")
    #expect(job["priority"] == 7 && job["handler_module"]?.string == Publish.handlerModule)
    let shown = await web.get("/api/v1/jobs/\(uuid)")
    #expect(shown.json["attempts_log"] == [])
    #expect(shown.headers[.eTag] != nil)
  }

  static let faults: [(JSONValue, String)] = [
    (["job_type": "publish"], "/resource_uuid"),
    (["resource_uuid": "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34"], "/handler_module"),
    (["job_type": "publish", "resource_uuid": "x"], "/resource_uuid"),
    (
      ["job_type": "publihs", "resource_uuid": "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34"],
      "/handler_module"
    ),
    (.object(Publish.newJob.merging(["prio~ri/ty": 1]) { $1 }), "/prio~0ri~1ty"),
    (.object(Publish.newJob.merging(["priority": -1]) { $1 }), "/priority"),
    (.object(Publish.newJob.merging(["priority": "1"]) { $1 }), "/priority"),
    (.object(Publish.newJob.merging(["max_attempts": 0]) { $1 }), "/max_attempts"),
    (.object(Publish.newJob.merging(["args": []]) { $1 }), "/args"),
    (.object(Publish.newJob.merging(["queue": ""]) { $1 }), "/queue"),
    (.object(Publish.newJob.merging(["scheduled_at": "tomorrow"]) { $1 }), "/scheduled_at"),
    (
      .object(Publish.newJob.merging(["in": "1h", "scheduled_at": "2027-03-01T09:00:00Z"]) { $1 }),
      "/in"
    ),
    (.object(Publish.newJob.merging(["in": "40000d"]) { $1 }), "/in"),
    (.object(Publish.newJob.merging(["resource_type": "letter"]) { $1 }), "/resource_type"),
    ([1, 2], ""),
  ]

  @Test(arguments: faults)
  func `what is wrong with a job is named by its pointer`(
    _ job: JSONValue, _ pointer: String
  ) async throws {
    let reply = await web.post("/api/v1/jobs", job)
    #expect(reply.status == 422 && reply.code == "invalid-job")
    #expect(reply.pointer == pointer)
    #expect(try await web.store.jobs(JobQuery()).isEmpty)
  }

  @Test func `args over the limit are refused, not stored`() async throws {
    let large = JSONValue.string(String(repeating: "x", count: JobArguments.largestSize))
    let reply = await web.post(
      "/api/v1/jobs", .object(Publish.newJob.merging(["args": ["a": large]]) { $1 }))
    #expect(reply.status == 422 && reply.pointer == "/args")
  }

  @Test func `a body that is no JSON says where`() async {
    let reply = await web.ask(
      .post, "/api/v1/jobs", text: "{\"job_type\": }", ["Content-Type": "application/json"])
    #expect(reply.status == 400 && reply.code == "malformed-json")
    #expect(reply.text.contains("position 14"))
  }

  @Test func `depth beyond 128 is refused`() async {
    let deep = String(repeating: "[", count: 4_000) + String(repeating: "]", count: 4_000)
    let reply = await web.ask(
      .post, "/api/v1/jobs", text: deep, ["Content-Type": "application/json; charset=utf-8"])
    #expect(reply.status == 400)
  }

  @Test func `a client's uuid makes a request repeatable`() async throws {
    let job = Publish.newJob.merging(["uuid": .string(UUID().text)]) { $1 }
    let (first, second) = (
      await web.post("/api/v1/jobs", .object(job)), await web.post("/api/v1/jobs", .object(job))
    )
    #expect(first.status == 201 && second.status == 201 && first.text == second.text)
    let other = await web.post("/api/v1/jobs", .object(job.merging(["priority": 1]) { $1 }))
    #expect(other.status == 409 && other.code == "job-conflict")
    #expect(try await web.store.jobs(JobQuery()).count == 1)
  }

  // MARK: Idempotency keys

  @Test func `a key gives one job and one answer, also when the job has moved on`() async throws {
    let key = ["Idempotency-Key": "order-17"]
    let first = await web.post("/api/v1/jobs", .object(Publish.newJob), key)
    let uuid = try #require(first.json["uuid"]?.string)
    try await web.run(uuid, .succeed(result: nil))
    web.clock.advance(by: .seconds(60))
    let second = await web.post("/api/v1/jobs", .object(Publish.newJob), key)
    #expect(second.status == 201 && second.text == first.text)
    #expect(second.headers[.eTag] == first.headers[.eTag])
    #expect(try await web.store.jobs(JobQuery()).count == 1)
  }

  @Test func `a key with another body is refused`() async throws {
    let key = ["Idempotency-Key": "order-17"]
    _ = await web.post("/api/v1/jobs", .object(Publish.newJob), key)
    let other = await web.post(
      "/api/v1/jobs", .object(Publish.newJob.merging(["priority": 1]) { $1 }), key)
    #expect(other.status == 422 && other.code == "idempotency-key-reused")
  }

  @Test func `another key gives another job, of version 7`() async throws {
    var uuids: Set<String> = []
    for key in ["a", "b"] {
      let reply = await web.post(
        "/api/v1/jobs", .object(Publish.newJob), ["Idempotency-Key": key])
      uuids.insert(try #require(reply.json["uuid"]?.string))
    }
    #expect(uuids.count == 2)
    for uuid in uuids {
      let characters = Array(uuid)
      #expect(characters[14] == "7" && "89ab".contains(characters[19]))
    }
  }

  @Test func `the same key of another caller is another identity`() throws {
    #expect(
      try IdempotencyKey.uuid("k", caller: "one") != IdempotencyKey.uuid("k", caller: "two"))
    // The border between caller and key counts.
    #expect(try IdempotencyKey.uuid("bk", caller: "a") != IdempotencyKey.uuid("k", caller: "ab"))
  }

  @Test(arguments: ["", "with space", "ümlaut", String(repeating: "k", count: 256)])
  func `a key that can't be one is refused`(_ key: String) async {
    let reply = await web.post(
      "/api/v1/jobs", .object(Publish.newJob), ["Idempotency-Key": key])
    #expect(reply.status == 400)
  }

  // MARK: Bulk

  private func bulk(_ text: String, _ type: String = "application/x-ndjson") async
    -> APIUnderTest.Reply
  {
    await web.ask(.post, "/api/v1/jobs/bulk", text: text, ["Content-Type": type])
  }

  @Test func `many jobs come as lines or as an array`() async throws {
    let job = JSONValue.object(Publish.newJob).json
    let lines = await bulk("\(job)\r\n\n\(job)\n")
    #expect(lines.status == 201)
    #expect(lines.json["count"] == 2)
    let array = await bulk("[\(job),\(job),\(job)]", "application/json")
    #expect(array.json["uuids"]?.array?.count == 3)
    #expect(try await web.store.jobs(JobQuery()).count == 5)
  }

  @Test func `one wrong job of many stores none, and is named`() async throws {
    let job = JSONValue.object(Publish.newJob).json
    let reply = await bulk("\(job)\n{\"job_type\":\"publish\"}\n{]\n")
    #expect(reply.status == 422 && reply.pointer == "/1/resource_uuid")
    #expect(reply.json["errors"]?[1]?["pointer"] == "/2")
    #expect(reply.text.contains("2 of them are wrong"))
    #expect(try await web.store.jobs(JobQuery()).isEmpty)
  }

  @Test func `a key makes a bulk request repeatable, and belongs to one body`() async throws {
    let job = JSONValue.object(Publish.newJob).json
    func ask(_ text: String, _ key: String = "import-3") async -> APIUnderTest.Reply {
      await web.ask(
        .post, "/api/v1/jobs/bulk", text: text,
        ["Content-Type": "application/x-ndjson", "Idempotency-Key": key])
    }
    let first = await ask("\(job)\n\(job)\n\(job)\n")
    #expect(first.status == 201 && first.json["count"] == 3)
    let again = await ask("\(job)\n\(job)\n\(job)\n")
    #expect(again.status == 201 && again.text == first.text)
    let longer = await ask("\(job)\n\(job)\n\(job)\n\(job)\n")
    #expect(longer.status == 422 && longer.code == "idempotency-key-reused")
    let shorter = await ask("\(job)\n")
    #expect(shorter.status == 422)
    #expect(try await web.store.jobs(JobQuery()).count == 3)
    #expect(await ask("\(job)\n", "import-4").status == 201)
    #expect(await ask("\(job)\n", "with space").status == 400)
  }

  @Test func `a job of a bulk request has its identity from the key or from itself, not both`()
    async
  {
    let own = JSONValue.object(Publish.newJob.merging(["uuid": .string(UUID().text)]) { $1 }).json
    let reply = await web.ask(
      .post, "/api/v1/jobs/bulk", text: "[\(own)]",
      ["Content-Type": "application/json", "Idempotency-Key": "k"])
    #expect(reply.status == 422 && reply.text.contains("two identities"))
  }

  // MARK: Traces

  @Test func `a job keeps the trace of the request that stored it, if it is one`() async throws {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    func context(_ headers: [String: String]) async throws -> [String: String] {
      let reply = await web.post("/api/v1/jobs", .object(Publish.newJob), headers)
      return try await web.stored(try #require(reply.json["uuid"]?.string)).traceContext
    }
    let whole = try await context(["traceparent": parent, "tracestate": "a=1"])
    #expect(whole == ["traceparent": parent, "tracestate": "a=1"])
    for wrong in ["", "00-1", parent.uppercased(), "00-\(String(repeating: "0", count: 32))-1"] {
      #expect(try await context(["traceparent": wrong, "tracestate": "a=1"]) == [:])
    }
  }

  // MARK: Listing

  @Test func `pages follow each other without gap or repetition`() async throws {
    // All within one instant of the clock.
    var stored: [String] = []
    for _ in 0..<25 { stored.append(try await web.scheduled()) }
    var (found, target): ([String], String?) = ([], "/api/v1/jobs?limit=10&queue=default")
    while let page = target {
      let reply = await web.get(page)
      found += reply.json["jobs"]?.array?.compactMap { $0["uuid"]?.string } ?? []
      let link = reply.headers[.link]
      #expect((reply.json["next"]?.string == nil) == (link == nil))
      target = link.map { String($0.dropFirst().prefix { $0 != ">" }) }
      // What comes meanwhile is newer, and so on no later page.
      _ = try await web.scheduled()
    }
    #expect(found == stored.reversed())
  }

  @Test func `a cursor that isn't one of this list is refused`() async throws {
    for _ in 0..<3 { _ = try await web.scheduled() }
    let next = try #require(
      await web.get("/api/v1/jobs?limit=1").json["next"]?.string)
    #expect(await web.get("/api/v1/jobs?limit=1&cursor=\(next)").status == 200)
    #expect(await web.get("/api/v1/jobs?limit=1&queue=x&cursor=\(next)").code == "invalid-cursor")
    for index in next.indices {
      var changed = next
      changed.replaceSubrange(index...index, with: next[index] == "0" ? "1" : "0")
      #expect(
        await web.get("/api/v1/jobs?cursor=\(changed)").code == "invalid-cursor", "\(changed)")
    }
  }

  @Test func `a list goes on where its place was deleted`() async throws {
    let oldest = try await web.scheduled()
    for _ in 0..<2 { _ = try await web.scheduled() }
    let page = await web.get("/api/v1/jobs?limit=2").json
    let uuid = try #require(page["jobs"]?[1]?["uuid"]?.string)
    #expect(await web.ask(.delete, "/api/v1/jobs/\(uuid)").status == 204)
    let next = try #require(page["next"]?.string)
    let rest = await web.get("/api/v1/jobs?limit=2&cursor=\(next)").json
    #expect(rest["jobs"]?.array?.map { $0["uuid"]?.string } == [oldest] && rest["next"] == .null)
  }

  @Test func `a list is narrowed by status, queue and resource`() async throws {
    let uuid = try await web.scheduled()
    _ = try await web.scheduled(["queue": "other", "resource_uuid": .string(UUID().text)])
    #expect(await web.post("/api/v1/jobs/\(uuid)/cancel").status == 200)
    for query in [
      "status=cancelled", "queue=default",
      "resource=post%2F4F1C2D9E-3b5a-4c86-9a71-0d2e6f8b1c34",
    ] {
      let jobs = await web.get("/api/v1/jobs?\(query)").json["jobs"]?.array
      #expect(jobs?.map { $0["uuid"]?.string } == [uuid], "\(query)")
    }
  }

  @Test func `a list is narrowed by a filter`() async throws {
    let uuid = try await web.scheduled(["args": ["to": ["plan": "pro"]], "queue": "mail"])
    _ = try await web.scheduled(["args": ["to": ["plan": "free"]]])
    for filter in ["args.to.plan:pro", "queue:ma* -status:failed", "uuid:\(uuid)"] {
      let reply = await web.get("/api/v1/jobs?filter=\(Query.encoded(filter))")
      #expect(reply.json["jobs"]?.array?.map { $0["uuid"]?.string } == [uuid], "\(filter)")
    }
    for (filter, meant) in [("stauts:failed", "status"), ("status:faild", "failed")] {
      let wrong = await web.get("/api/v1/jobs?filter=\(filter)")
      #expect(wrong.status == 400 && wrong.text.contains("Did you mean '\(meant)'?"))
    }
  }

  @Test(arguments: [
    "limit=0", "limit=501", "limit=x", "status=done", "resource=post", "limit=1&limit=2",
    "stauts=failed", "%ff=1", "cursor=",
  ])
  func `a wrong parameter is refused`(_ query: String) async {
    #expect(await web.get("/api/v1/jobs?\(query)").status == 400)
  }

  // MARK: Showing

  @Test func `what hasn't changed isn't sent again`() async throws {
    let uuid = try await web.scheduled()
    let tag = try #require(await web.get("/api/v1/jobs/\(uuid)").headers[.eTag])
    let same = await web.get("/api/v1/jobs/\(uuid)", ["If-None-Match": "\"x\", W/\(tag)"])
    #expect(same.status == 304 && same.text.isEmpty && same.headers[.eTag] == tag)
    web.clock.advance(by: .seconds(1))
    _ = await web.post("/api/v1/jobs/\(uuid)/cancel")
    #expect(await web.get("/api/v1/jobs/\(uuid)", ["If-None-Match": tag]).status == 200)
  }

  @Test func `a job that isn't there is not found`() async {
    #expect(await web.get("/api/v1/jobs/\(UUID().text)").code == "notFound")
    #expect(await web.get("/api/v1/jobs/17").status == 400)
  }
}
