import Carillon
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct GateTests {
  let web = APIUnderTest()

  @Test func `a queue is paused and resumed`() async throws {
    let paused = await web.post("/api/v1/queues/mail/pause", ["for": "10m", "reason": "429"])
    #expect(paused.status == 200 && paused.json["reason"] == "429")
    #expect(paused.json["by"] == "trusted" && paused.json["replaced"] == .null)
    #expect(await web.post("/api/v1/queues/mail/pause").json["replaced"]?["reason"] == "429")
    let gates = await web.get("/api/v1/gates").json
    #expect(gates["closed"]?[0]?["name"] == "mail")
    #expect(await web.get("/api/v1/queues").json[0]?["closed"]?["by"] == "trusted")
    #expect(await web.get("/api/v1/stats").status == 200)
    #expect(await web.post("/api/v1/queues/mail/resume").status == 200)
    let again = await web.post("/api/v1/queues/mail/resume")
    #expect(again.status == 409 && again.code == "notPaused")
  }

  @Test func `a handler is paused by its job type`() async throws {
    let paused = await web.post("/api/v1/handlers/\(Publish.jobType)/pause")
    #expect(paused.json["name"]?.string == Publish.handlerModule, "\(paused.text)")
    #expect(await web.post("/api/v1/handlers/\(Publish.handlerModule)/resume").status == 200)
  }

  @Test func `a blackout is added, listed and removed`() async throws {
    let added = await web.post(
      "/api/v1/blackouts",
      ["name": "night", "queue": "mail", "windows": ["22:00-06:00"], "time_zone": "Europe/Paris"])
    #expect(added.status == 200 && added.json["scope_name"] == "mail", "\(added.text)")
    #expect(await web.get("/api/v1/blackouts").json.array?.count == 1)
    #expect(await web.ask(.delete, "/api/v1/blackouts/night").status == 204)
    #expect(await web.ask(.delete, "/api/v1/blackouts/night").status == 404)
  }

  @Test(
    arguments: [
      ["until": "soon"], ["for": "soon"], ["until": "2001-01-01T00:00:00Z"], ["until": 5],
      ["for": "1h", "until": "2099-01-01T00:00:00Z"], ["til": "x"],
    ] as [JSONValue])
  func `a pause that makes no sense is refused`(_ body: JSONValue) async {
    let reply = await web.post("/api/v1/queues/mail/pause", body)
    #expect(reply.status == 400, "\(reply.text)")
    #expect(await web.get("/api/v1/gates").json["pauses"] == [])
  }

  @Test func `a pause that makes no sense names its field`() async {
    let reply = await web.post("/api/v1/queues/mail/pause", ["for": "soonish"])
    let fault = reply.json["errors"]?.array?.first
    #expect(fault?["pointer"] == "/for", "\(reply.text)")
    #expect(fault?["detail"]?.string?.hasPrefix("for: ") == true, "\(reply.text)")
  }

  @Test(
    arguments: [
      ["name": "n", "windows": ["SAT"]], ["name": "n", "queue": "a", "handler": "b"],
      ["name": "n", "queue": "a"], ["name": "n", "queue": "a", "windows": ["25:00-26:00"]],
      ["name": "n", "queue": "a", "windows": ["SAT"], "time_zone": "Mars/Olympus"],
      ["name": "", "queue": "a", "windows": ["SAT"]],
      ["name": "n", "queue": "a", "windows": "SAT"],
    ] as [JSONValue])
  func `a blackout that makes no sense is refused`(_ body: JSONValue) async {
    let reply = await web.post("/api/v1/blackouts", body)
    #expect(reply.status == 400, "\(reply.text)")
  }
}
