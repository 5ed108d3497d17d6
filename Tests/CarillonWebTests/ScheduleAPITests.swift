import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct ScheduleAPITests {
  let web = APIUnderTest()

  private let nightly: JSONValue = [
    "name": "nightly", "job_type": "publish", "recurrence": "30 2 * * *",
    "time_zone": "Europe/Paris", "args": ["n": 1], "max_runs": 5, "overlap_policy": "buffer_one",
  ]

  @Test func `a schedule is added, listed and shown`() async throws {
    let added = await web.post("/api/v1/schedules", nightly)
    #expect(added.status == 201 && added.headers[.location] == "/api/v1/schedules/nightly")
    #expect(added.json["handler_module"] == .string(Publish.handlerModule))
    #expect(added.json["priority"] == 7, "the handler's default")
    #expect(added.json["explanation"]?.string?.contains("02:30") == true)
    // The same again is the same.
    #expect(await web.post("/api/v1/schedules", nightly).status == 201)
    var other = try #require(nightly.object)
    other["recurrence"] = "@hourly"
    let conflict = await web.post("/api/v1/schedules", .object(other))
    #expect(conflict.status == 409 && conflict.code == "schedule-conflict")
    let list = await web.get("/api/v1/schedules")
    #expect(list.json["schedules"]?.array?.count == 1 && list.json["next"] == .null)
    let shown = await web.get("/api/v1/schedules/nightly")
    #expect(shown.json["next"]?.array?.count == 5 && shown.json["history"] == [])
    #expect(
      shown.json["next"]?[0]?["local"]?.string?.hasSuffix("T02:30+01:00") == true
        || shown.json["next"]?[0]?["local"]?.string?.hasSuffix("T02:30+02:00") == true)
    let gone = await web.get("/api/v1/schedules/weekly")
    #expect(gone.status == 404 && gone.json["type"] == "urn:carillon:problem:schedule-not-found")
  }

  @Test func `a list goes on after a name`() async throws {
    for name in ["a/b", "c d", "é"] {
      var schedule = try #require(nightly.object)
      schedule["name"] = .string(name)
      #expect(await web.post("/api/v1/schedules", .object(schedule)).status == 201)
    }
    let first = await web.get("/api/v1/schedules?limit=2")
    #expect(first.json["next"] == "c d")
    let rest = await web.get("/api/v1/schedules?limit=2&after=c%20d")
    #expect(rest.json["schedules"]?[0]?["name"] == "é" && rest.json["next"] == .null)
    #expect(await web.get("/api/v1/schedules/a%2Fb").json["name"] == "a/b")
  }

  @Test(
    arguments: [
      ("recurrence", "61 * * * *"), ("recurrence", 5), ("time_zone", "Europe/Pariss"),
      ("misfire_policy", "never"), ("overlap_policy", "wait"), ("jitter", "long"),
      ("max_runs", 0), ("start_at", "soon"), ("args", "x"), ("calendars", 5), ("prio", 1),
      ("queue", .null), ("clock_gap", "jump"), ("resource_uuid", "x"),
    ] as [(String, JSONValue)])
  func `what is wrong with a schedule is said, and nothing stored`(
    _ field: String, _ value: JSONValue
  ) async throws {
    var schedule = try #require(nightly.object)
    schedule[field] = value
    let reply = await web.post("/api/v1/schedules", .object(schedule))
    #expect(reply.status == 422 && reply.code == "invalid-schedule", "\(reply.text)")
    #expect(reply.text.contains(field), "\(reply.text)")
    #expect(try await web.store.schedules(ScheduleQuery()).isEmpty)
  }

  @Test func `what a schedule says is changed, and its handler never`() async throws {
    _ = await web.post("/api/v1/schedules", nightly)
    let target = "/api/v1/schedules/nightly"
    let changed = await web.ask(
      .patch, target, ["recurrence": "@daily", "max_runs": .null, "jitter": "5m", "revision": 1])
    #expect(changed.status == 200 && changed.json["max_runs"] == .null)
    #expect(changed.json["jitter"] == "5m" && changed.json["revision"] == 2)
    #expect(changed.json["args"] == ["n": 1])
    let late = await web.ask(.patch, target, ["jitter": "1m", "revision": 1])
    #expect(late.status == 409 && late.code == "changedMeanwhile")
    for field in ["name", "handler_module", "job_type", "resource_type"] {
      let reply = await web.ask(.patch, target, .object([field: "CarillonWebTests.Mail"]))
      #expect(reply.status == 422 && reply.text.contains("can't be changed"), "\(field)")
    }
    #expect(await web.ask(.patch, target, [:]).status == 422)
    #expect(await web.ask(.patch, "/api/v1/schedules/x", ["jitter": "1m"]).status == 404)
    #expect(await web.ask(.delete, target).status == 204)
    #expect(await web.ask(.delete, target).status == 404)
  }

  @Test func `a schedule is paused, resumed and run`() async throws {
    _ = await web.post("/api/v1/schedules", nightly)
    let target = "/api/v1/schedules/nightly"
    let paused = await web.post("\(target)/pause", ["for": "2h", "reason": "moving"])
    #expect(paused.json["state"] == "paused" && paused.json["paused_why"] == "moving")
    #expect(paused.json["paused_until"]?.string == (web.clock.now() + .seconds(7_200)).rfc3339)
    let past = await web.post("\(target)/pause", ["until": "2001-01-01T00:00:00Z"])
    #expect(past.status == 422 && past.code == "pauseIsOver")
    #expect(
      await web.post("\(target)/pause", ["until": "2090-01-01T00:00:00Z", "for": "1h"]).status
        == 422)
    #expect(await web.post("\(target)/resume").json["state"] == "active")
    let again = await web.post("\(target)/resume")
    #expect(again.status == 409 && again.code == "notPaused")
    let job = await web.post("\(target)/run-now")
    #expect(job.status == 200 && job.json["occurrence_reason"] == "manual")
    let history = await web.get(target).json["history"]
    #expect(history?[0]?["job_uuid"] == job.json["uuid"])
    #expect(history?[0]?["job_status"] == "pending")
  }

  @Test func `a backfill shows first and makes then, nothing twice`() async throws {
    _ = await web.post("/api/v1/schedules", nightly)
    let now = web.clock.now()
    let range: [String: JSONValue] = [
      "from": .string((now - .seconds(3 * 86_400)).rfc3339), "to": .string(now.rfc3339),
    ]
    let target = "/api/v1/schedules/nightly/backfill"
    let dry = await web.post(target, .object(range.merging(["dry_run": true]) { $1 }))
    #expect(dry.json["jobs"]?.array?.count == 3)
    #expect(try await web.store.jobs(JobQuery()).isEmpty)
    let made = await web.post(target, .object(range))
    #expect(made.json["jobs"]?.array?.count == 3)
    #expect(await web.post(target, .object(range)).json["jobs"] == [])
    let wrong = await web.post(target, ["from": "2026-01-01T00:00:00Z"])
    #expect(wrong.status == 422 && wrong.pointer == "/to")
  }

  @Test func `an expression is explained`() async throws {
    let reply = await web.get(
      "/api/v1/recurrences/explain?recurrence=30%202%20*%20*%20*&tz=Europe/Paris"
        + "&after=2027-03-27T12:00:00Z&count=2")
    #expect(reply.json["tz"] == "Europe/Paris")
    #expect(reply.json["next"]?[0]?["utc"] == "2027-03-28T01:00:00Z")
    #expect(reply.json["next"]?[0]?["note"]?.string?.contains("02:30 doesn't exist") == true)
    for query in [
      "", "?recurrence=x", "?recurrence=@daily&tz=Mars/Base", "?recurrence=@daily&after=soon",
      "?recurrence=@daily&count=0",
    ] {
      #expect(await web.get("/api/v1/recurrences/explain\(query)").status == 400, "\(query)")
    }
  }

  @Test func `secrets in a schedule's args are for admins alone`() async throws {
    let store = MemoryStore(clock: ManualClock())
    let admin = APIUnderTest(store: store)
    let agent = APIUnderTest(access: .trusted(.operator), store: store)
    var schedule = try #require(nightly.object)
    schedule["args"] = ["password": "canary-8417"]
    let added = await agent.post("/api/v1/schedules", .object(schedule))
    #expect(added.status == 201 && !added.text.contains("canary"))
    #expect(!(await agent.get("/api/v1/schedules")).text.contains("canary"))
    #expect(!(await agent.get("/api/v1/schedules/nightly")).text.contains("canary"))
    #expect(!(await agent.post("/api/v1/schedules/nightly/run-now")).text.contains("canary"))
    #expect(await admin.get("/api/v1/schedules/nightly").text.contains("canary"))
  }
}
