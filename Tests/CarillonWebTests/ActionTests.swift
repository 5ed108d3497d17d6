import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct ActionTests {
  let web = APIUnderTest()

  @Test func `each state's conflict has its own code`() async throws {
    let (running, executed, failed, cancelled, pending) = (
      try await web.scheduled(), try await web.scheduled(), try await web.scheduled(),
      try await web.scheduled(), try await web.scheduled(["in": "1h"])
    )
    #expect(await web.post("/api/v1/jobs/\(cancelled)/cancel").status == 200)
    // Each claim takes all that is due: what is to go on running is claimed last.
    for (uuid, transition) in [
      (executed, Transition.succeed(result: nil)), (failed, .fail(error: "boom")),
    ] {
      for other in [running, executed, failed] where other != uuid {
        _ = await web.post("/api/v1/jobs/\(other)/reschedule", ["in": "1h"])
      }
      _ = await web.post("/api/v1/jobs/\(uuid)/reschedule", ["in": "0s"])
      try await web.run(uuid, transition)
    }
    _ = await web.post("/api/v1/jobs/\(executed)/cancel")
    _ = await web.post("/api/v1/jobs/\(running)/reschedule", ["in": "0s"])
    let failedNow = await web.get("/api/v1/jobs/\(failed)")
    #expect(failedNow.json["status"] == "failed", "\(failedNow.text)")
    try await web.run(running)

    for (action, uuid, code) in [
      ("cancel", running, "inProgress"), ("cancel", failed, "alreadyFailed"),
      ("cancel", cancelled, "alreadyCancelled"), ("retry", running, "inProgress"),
      ("retry", pending, "stillPending"),
    ] {
      let reply = await web.post("/api/v1/jobs/\(uuid)/\(action)")
      #expect(reply.status == 409 && reply.code == code, "\(action): \(reply.text)")
    }
    let deleted = await web.ask(.delete, "/api/v1/jobs/\(running)")
    #expect(deleted.status == 409 && deleted.code == "inProgress")
    #expect(await web.post("/api/v1/jobs/\(UUID().text)/retry").status == 404)
  }

  @Test func `an executed job can't be cancelled`() async throws {
    let uuid = try await web.scheduled()
    try await web.run(uuid, .succeed(result: nil))
    #expect(await web.post("/api/v1/jobs/\(uuid)/cancel").code == "alreadyExecuted")
  }

  @Test func `a running job is asked to end`() async throws {
    let uuid = try await web.scheduled()
    try await web.run(uuid)
    let reply = await web.post(
      "/api/v1/jobs/\(uuid)/cancel", ["running": true, "reason": "too late"])
    #expect(reply.status == 200)
    #expect(reply.json["status"] == "processing" && reply.json["reason"] == "too late")
    #expect(reply.json["cancel_requested_at"] != .null)
  }

  @Test func `retry and reschedule give a job a new life`() async throws {
    let uuid = try await web.scheduled()
    try await web.run(uuid, .fail(error: "boom"))
    #expect(await web.post("/api/v1/jobs/\(uuid)/retry", [:]).json["status"] == "pending")
    let reply = await web.post(
      "/api/v1/jobs/\(uuid)/reschedule", ["scheduled_at": "2027-04-01T12:00:00+02:00"])
    #expect(reply.json["scheduled_at"] == "2027-04-01T10:00:00.000000Z")
  }

  @Test(arguments: [
    ("{}", 422), ("{\"in\":\"1h\",\"scheduled_at\":\"2027-04-01T12:00:00Z\"}", 422),
    ("{\"in\":\"40000d\"}", 422), ("{\"in\":\"-1s\"}", 422), ("{\"in\":3}", 400),
    ("{\"at\":\"2027-04-01T12:00:00Z\"}", 400), ("[]", 400), ("{", 400),
  ])
  func `a new time must be one`(_ body: String, _ status: Int) async throws {
    let uuid = try await web.scheduled()
    let reply = await web.ask(
      .post, "/api/v1/jobs/\(uuid)/reschedule", text: body, ["Content-Type": "application/json"])
    #expect(reply.status == status, "\(reply.text)")
  }

  @Test func `a change needs the version that was seen`() async throws {
    let uuid = try await web.scheduled()
    let tag = try #require(await web.get("/api/v1/jobs/\(uuid)").headers[.eTag])
    web.clock.advance(by: .seconds(1))
    let moved = await web.post("/api/v1/jobs/\(uuid)/reschedule", ["in": "1h"], ["If-Match": tag])
    let next = try #require(moved.headers[.eTag])
    #expect(moved.status == 200 && next != tag)
    web.clock.advance(by: .seconds(1))
    for stale in [tag, "\"x\"", ""] {
      let reply = await web.post("/api/v1/jobs/\(uuid)/cancel", nil, ["If-Match": stale])
      #expect(reply.status == 412, "\(stale)")
      let deleted = await web.ask(.delete, "/api/v1/jobs/\(uuid)", nil, ["If-Match": stale])
      #expect(deleted.status == 412)
    }
    // The tag of an action's answer is as good as that of a look.
    #expect(await web.post("/api/v1/jobs/\(uuid)/cancel", nil, ["If-Match": next]).status == 200)
    #expect(await web.post("/api/v1/jobs/\(uuid)/retry", nil, ["If-Match": "*"]).status == 200)
  }

  @Test func `a resource shows what happened and what will`() async throws {
    let first = try await web.scheduled()
    web.clock.advance(by: .seconds(1))
    try await web.run(first, .retry(after: .seconds(60), error: "boom"))
    let path = "/api/v1/resources/post/4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34"
    let found = await web.get(path).json
    #expect(found["jobs"]?.array?.count == 1)
    #expect(
      found["timeline"]?.array?.map { $0["what"]?.string }
        == ["scheduled", "started", "attempt_error", "due"])
    #expect(found["timeline"]?[2]?["detail"] == "boom")

    let cancelled = await web.post(path + "/cancel", ["reason": "gone"]).json
    #expect(cancelled["jobs"]?[0]?["status"] == "cancelled")
    #expect(
      await web.get(path).json["timeline"]?.array?.last?["what"] == "cancelled")
  }

  @Test func `a resource's running jobs are asked to end too`() async throws {
    let uuid = try await web.scheduled()
    try await web.run(uuid)
    let path = "/api/v1/resources/post/4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34/cancel"
    #expect(await web.post(path).json["jobs"] == [])
    #expect(await web.post(path, ["running": true]).json["jobs"]?.array?.count == 1)
  }

  @Test(arguments: ["a%2Fb", "..", "%2e", "%F0%9F%94%94", "a%20b%3Fc"])
  func `a resource's type may hold any character`(_ type: String) async throws {
    let decoded = try #require(type.removingPercentEncoding)
    let uuid = UUID()
    let reply = await web.post(
      "/api/v1/jobs",
      [
        "handler_module": "X.Y", "job_type": "y", "resource_type": .string(decoded),
        "resource_uuid": .string(uuid.text),
      ])
    #expect(reply.status == 201)
    let found = await web.get("/api/v1/resources/\(type)/\(uuid.text)").json
    #expect(found["resource_type"]?.string == decoded && found["jobs"]?.array?.count == 1)
  }
}
