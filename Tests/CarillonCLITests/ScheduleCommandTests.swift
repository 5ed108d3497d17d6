import CarillonTesting
import Foundation
import Synchronization
import Testing

@testable import Carillon
@testable import CarillonCLI

private let resource = "018f3c1e-7b2a-7c4d-9e8f-0123456789ab"
/// Mondays in a far year, so that no test depends on the day it runs.
private let far = ["--start", "2999-01-01T00:00:00Z"]

@Suite struct `schedules add` {
  private let line = CommandLineUnderTest()

  @Test func `stores the schedule with the handler's defaults, and says when it fires`()
    async throws
  {
    let answer = await line.run(
      ["schedules", "add", "publish", "publish_post", "0 9 * * MON", "--tz", "Europe/Paris"] + far)
    #expect(answer.status == .done)
    #expect(answer.out.hasPrefix("publish fires next in "))
    #expect(answer.out.contains("(2999-01-07T08:00:00Z): At 09:00 on every Monday, Europe/Paris, "))
    let schedule = try #require(try await line.store.schedule("publish"))
    #expect(schedule.definition.handlerModule == PublishPost.handlerModule)
    #expect(schedule.definition.priority == 7)
    #expect(schedule.origin == .added)
  }

  @Test func `stores what each option says`() async throws {
    let record = try await line.run(
      "schedules", "add", "mail", "send_email", "30 2 * * *", "--tz", "Europe/Paris", "--gap",
      "skip", "--clock-overlap", "both", "--start", "2999-01-01T00:00:00Z", "--end",
      "2999-06-01T00:00:00Z", "--resource", resource, "--args", "{\"n\":9007199254740993}",
      "--queue", "slow", "--priority", "3", "--max-attempts", "9", "--max-runs", "5", "--misfire",
      "all:50:24h", "--misfire-threshold", "5m", "--overlap", "cancel-other", "--jitter", "90s",
      "--pause-after", "4", "--json"
    ).json()
    #expect(record["clock_gap"] == "skip")
    #expect(record["clock_overlap"] == "both")
    #expect(record["start_at"] == "2999-01-01T00:00:00.000000Z")
    #expect(record["end_at"] == "2999-06-01T00:00:00.000000Z")
    #expect(record["resource_uuid"] == .string(resource))
    #expect(record["args"]?.json == "{\"n\":9007199254740993}")
    #expect(record["queue"] == "slow")
    #expect(record["priority"] == 3)
    #expect(record["max_attempts"] == 9)
    #expect(record["max_runs"] == 5)
    #expect(record["misfire_policy"] == "all:50:1d")
    #expect(record["misfire_threshold"] == "5m")
    #expect(record["overlap_policy"] == "cancel_other")
    #expect(record["jitter"] == "1m30s")
    #expect(record["pause_after_failures"] == 4)
    #expect(record["state"] == "active")
    #expect(record["problem"] == .null)
    #expect(record["next_at"] == "2999-01-01T01:30:00.000000Z")
  }

  @Test func `repeated stores one schedule; with other content it conflicts`() async throws {
    let arguments = ["schedules", "add", "mail", "send_email", "@daily"]
    #expect(await line.run(arguments).status == .done)
    #expect(await line.run(arguments).status == .done)
    #expect(await line.run(arguments + ["--tz", "Asia/Tokyo"]).status == .conflict)
    #expect(try await line.store.schedules(ScheduleQuery()).count == 1)
  }

  @Test(arguments: [
    ["--tz", "Europe/Pariss"], ["--gap", "both"], ["--clock-overlap", "skip"],
    ["--overlap", "first"], ["--overlap", "queue"], ["--misfire", "all:0"], ["--jitter", "2d"],
    ["--jitter", "-1s"], ["--max-runs", "0"], ["--max-runs", "many"], ["--pause-after", "0"],
    ["--args", "[1]"], ["--resource", "42"], ["--priority", "-1"], ["--max-attempts", "0"],
    ["--end", "2020-01-01T00:00:00Z"], ["--start", "tomorrow"], ["--queue", ""],
    ["--exclude", "/nowhere/at/all.txt"], ["--job-type", "other"],
  ])
  func `stores nothing and exits 2 when something is wrong`(wrong: [String]) async throws {
    let answer = await line.run(["schedules", "add", "mail", "send_email", "@daily"] + wrong)
    #expect(answer.status == .usage)
    #expect(answer.out.isEmpty)
    #expect(answer.err.hasPrefix("Error: "))
    #expect(try await line.store.schedules(ScheduleQuery()).isEmpty)
  }

  @Test(arguments: [
    ["mail", "send_email", "0 25 * * *"], ["mail", "send_emial", "@daily"],
    [" mail", "send_email", "@daily"], ["mail", "send_email", "0 0 30 2 *"],
  ])
  func `refuses a name, a handler or an expression that can't be`(words: [String]) async {
    let answer = await line.run(["schedules", "add"] + words)
    #expect(answer.status == .usage)
    #expect(answer.err.hasPrefix("Error: "))
  }

  @Test func `takes a handler of another program with both its types`() async throws {
    let record = try await line.run(
      "schedules", "add", "far", "Other.Handler", "@daily", "--job-type", "other",
      "--resource-type", "thing", "--json"
    ).json()
    #expect(record["handler_module"] == "Other.Handler")
    #expect(record["job_type"] == "other")
    #expect(record["resource_type"] == "thing")
  }
}

@Suite struct `Acting on schedules` {
  private let line = CommandLineUnderTest()

  private func add(_ name: String, _ options: String...) async {
    let answer = await line.run(
      ["schedules", "add", name, "send_email", "0 9 * * *"] + options)
    #expect(answer.status == .done)
  }

  @Test func `edit changes what is given, and nothing else`() async throws {
    await add("mail", "--jitter", "1m", "--max-runs", "3", "--pause-after", "2")
    let before = try #require(try await line.store.schedule("mail")?.definition)
    let record = try await line.run(
      "schedules", "edit", "mail", "0 8 * * *", "--tz", "Asia/Tokyo", "--max-runs", "none",
      "--args", "{\"a\":1}", "--json"
    ).json()
    var expected = before
    expected.recurrence = "0 8 * * *"
    expected.timeZone = "Asia/Tokyo"
    expected.maxRuns = nil
    expected.args = ["a": 1]
    #expect(try await line.store.schedule("mail")?.definition == expected)
    #expect(record["revision"] == 2)
    #expect(record["edited_at"] != .null)
  }

  @Test func `edit that changes nothing, or to what can't be, exits 2 and leaves it`() async throws
  {
    await add("mail")
    let before = try await line.store.schedule("mail")
    for wrong in [
      [], ["0 25 * * *"], ["--tz", "Nowhere"], ["--max-runs", "0"],
      ["--end", "2020-01-01T00:00:00Z", "--start", "2021-01-01T00:00:00Z"],
    ] {
      #expect(await line.run(["schedules", "edit", "mail"] + wrong).status == .usage, "\(wrong)")
    }
    #expect(try await line.store.schedule("mail") == before)
  }

  @Test func `calendars are read from files, and none takes them away`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(
      path: "\(UUID().uuidString)/holidays.txt")
    try FileManager.default.createDirectory(
      at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: path.deletingLastPathComponent()) }
    try "2999-01-01\n".write(to: path, atomically: true, encoding: .utf8)
    await add(
      "mail", "--exclude", path.path, "--on-collision", "after")
    let rules = try #require(try await line.store.schedule("mail")?.definition.calendars)
    #expect(rules.excluded.map(\.name) == ["holidays"])
    #expect(rules.collision == .after)
    #expect(await line.run("schedules", "edit", "mail", "--exclude", "none").status == .done)
    let edited = try #require(try await line.store.schedule("mail")?.definition.calendars)
    #expect(edited.excluded.isEmpty)
    #expect(edited.collision == .after)
  }

  @Test func `pause and resume act on all they are given, and exit by the worst`() async throws {
    await add("a")
    await add("b")
    let paused = await line.run(
      ["schedules", "pause", "a", "bb", "b", "--for", "2h", "--reason", "we move"],
      environment: ["USER": "ann"])
    #expect(paused.status == .notFound)
    #expect(paused.lines.map { $0.prefix(18) } == ["a is paused until ", "b is paused until "])
    #expect(paused.out.contains(", by ann: we move"))
    #expect(paused.err.contains("There is no schedule 'bb'"))
    let pause = try #require(try await line.store.schedule("b")?.pause)
    #expect(pause.by == "ann")
    #expect(try #require(pause.until) - pause.at > .seconds(7_190))
    #expect(await line.run("schedules", "resume", "a").out.hasPrefix("a fires next in "))
    #expect(await line.run("schedules", "resume", "a").status == .conflict)
    #expect(try await line.store.schedule("a")?.pause == nil)
  }

  @Test func `pause takes one end, and none that has passed`() async {
    await add("a")
    let both = await line.run(
      "schedules", "pause", "a", "--for", "2h", "--until", "2999-01-01T00:00:00Z")
    #expect(both.status == .usage)
    let past = await line.run("schedules", "pause", "a", "--until", "2020-01-01T00:00:00Z")
    #expect(past.status == .usage)
    #expect(await line.run("schedules", "pause", "a").out == "a is paused until it is resumed\n")
  }

  @Test func `rm removes, and suggests the name that was meant`() async throws {
    await add("nightly")
    let wrong = await line.run("schedules", "rm", "nigthly")
    #expect(wrong.status == .notFound)
    #expect(wrong.err.contains("Did you mean 'nightly'?"))
    #expect(await line.run("schedules", "rm", "nightly").out == "nightly removed\n")
    #expect(try await line.store.schedule("nightly") == nil)
  }

  @Test(arguments: [
    ["show"], ["edit", "--tz", "UTC"], ["rm"], ["pause"], ["resume"], ["run-now"], ["preview"],
    ["backfill", "--from", "2026-11-20T00:00:00Z", "--to", "2026-11-22T00:00:00Z"],
    ["backfill", "--from", "2026-11-20T00:00:00Z", "--to", "2026-11-22T00:00:00Z", "--dry-run"],
  ])
  func `each exits 3 for a name that isn't there, and says which is near`(words: [String]) async {
    await add("nightly")
    let answer = await line.run(["schedules"] + words + ["nightli"])
    #expect(answer.status == .notFound)
    #expect(answer.out.isEmpty)
    #expect(answer.err.contains("There is no schedule 'nightli'"))
    #expect(answer.err.contains("Did you mean 'nightly'?"))
  }

  @Test func `with --json several names print an array, refusals among it`() async throws {
    await add("a")
    let answer = try await line.run("schedules", "rm", "a", "b", "--json").json()
    #expect(answer[0]?["name"] == "a")
    #expect(answer[1]?["error"]?["code"] == "notFound")
  }
}

@Suite struct `Runs of schedules` {
  private let line = CommandLineUnderTest()

  private func add(_ options: String...) async {
    let answer = await line.run(["schedules", "add", "mail", "send_email", "0 9 * * *"] + options)
    #expect(answer.status == .done)
  }

  @Test func `run-now stores a job, and prints its uuid or its record`() async throws {
    await add("--overlap", "allow")
    let plain = await line.run("schedules", "run-now", "mail")
    let uuid = try #require(UUID(uuidString: plain.out.trimmingCharacters(in: .newlines)))
    #expect(try await line.store.job(uuid)?.occurrenceReason == .manual)
    let record = try await line.run("schedules", "run-now", "mail", "--json").json()
    #expect(record["job_type"] == "send_email")
    #expect(try await line.run("schedules", "show", "mail", "--json").json()["runs"] == 0)
  }

  @Test func `backfill makes each past occurrence once; a dry run makes none`() async throws {
    await add()
    let range = ["--from", "2026-11-02T09:00:00Z", "--to", "2026-11-05T09:00:00Z"]
    let dry = await line.run(["schedules", "backfill", "mail", "--dry-run"] + range)
    #expect(
      dry.lines == ["2026-11-02T09:00:00Z", "2026-11-03T09:00:00Z", "2026-11-04T09:00:00Z"])
    #expect(try await line.store.jobs(JobQuery()).isEmpty)
    let first = await line.run(
      "schedules", "backfill", "mail", "--from", "2026-11-02T09:00:00Z", "--to",
      "2026-11-03T09:00:00Z")
    #expect(first.lines.count == 1)
    let rest = await line.run(["schedules", "backfill", "mail", "--dry-run"] + range)
    #expect(rest.lines == ["2026-11-03T09:00:00Z", "2026-11-04T09:00:00Z"])
    let all = try await line.run(["schedules", "backfill", "mail", "--json"] + range).json()
    #expect(all.array?.count == 2)
    let again = await line.run(["schedules", "backfill", "mail"] + range)
    #expect(again.status == .done)
    #expect(again.out.isEmpty)
    #expect(try await line.store.jobs(JobQuery()).count == 3)
  }

  @Test func `backfill refuses a range that is empty or yet to come`() async {
    await add()
    for (from, to) in [
      ("2026-11-03T00:00:00Z", "2026-11-02T00:00:00Z"),
      ("2999-11-02T00:00:00Z", "2999-11-03T00:00:00Z"), ("yesterday", "2026-11-03T00:00:00Z"),
    ] {
      let answer = await line.run("schedules", "backfill", "mail", "--from", from, "--to", to)
      #expect(answer.status == .usage)
    }
  }

  @Test func `preview shows a range, with what the clocks do`() async throws {
    await add()
    _ = await line.run("schedules", "edit", "mail", "30 2 * * *", "--tz", "Europe/Paris")
    let range = ["--from", "2027-03-27T00:00:00Z", "--to", "2027-03-29T12:00:00Z"]
    let answer = await line.run(["schedules", "preview", "mail"] + range)
    #expect(answer.lines.count == 4)
    #expect(answer.out.contains("02:30 doesn't exist, fires at 03:00"))
    let json = try await line.run(["schedules", "preview", "mail", "--json"] + range).json()
    #expect(json[0]?["utc"] == "2027-03-27T01:30:00Z")
    #expect(json.array?.count == 3)
    let cut = await line.run(["schedules", "preview", "mail", "--count", "1"] + range)
    #expect(cut.lines.count == 2)
    #expect(cut.err.contains("The first 1."))
    let past = await line.run(
      "schedules", "preview", "mail", "--from", "2020-10-25T00:00:00Z", "--to",
      "2020-10-25T12:00:00Z")
    #expect(past.out.contains("first of two"))
    let wrong = await line.run("schedules", "preview", "mail", "--to", "2020-01-01T00:00:00Z")
    #expect(wrong.status == .usage)
  }
}

@Suite struct `Looking at schedules` {
  private let line = CommandLineUnderTest()

  @Test func `list is an array of records with state and plain words, by name`() async throws {
    #expect(try await line.run("schedules", "list", "--json").json() == [])
    #expect(await line.run("schedules", "list").err.contains("There is no schedule yet"))
    for name in ["b", "a"] {
      _ = await line.run(["schedules", "add", name, "send_email", "0 9 * * MON"] + far)
    }
    _ = await line.run("schedules", "pause", "b", "--reason", "moving\u{1B}[2J")
    let list = try await line.run("schedules", "list", "--json").json()
    #expect(list.array?.map { $0["name"] } == ["a", "b"])
    #expect(list[0]?["state"] == "active")
    #expect(
      list[0]?["explanation"] == "At 09:00 on every Monday, UTC, not before 2999-01-01T00:00:00Z")
    #expect(list[1]?["state"] == "paused")
    #expect(list[1]?["paused_why"]?.string?.hasPrefix("moving") == true)
    let table = await line.run("schedules", "list")
    #expect(table.lines.count == 3)
    #expect(table.lines[0].contains("NEXT") && table.lines[0].contains("PAUSED"))
    #expect(table.lines[1].contains("2999-01-07T09:00:00Z"))
    #expect(table.lines[2].contains("until it is resumed"))
    #expect(!table.out.contains("\u{1B}"))
    let after = try await line.run("schedules", "list", "--after", "a", "--json").json()
    #expect(after.array?.count == 1)
  }

  @Test func `show has what it says, the next five times and the history with its jobs`()
    async throws
  {
    _ = await line.run(["schedules", "add", "mail", "send_email", "0 9 * * MON"] + far)
    let uuid = await line.run("schedules", "run-now", "mail").out
      .trimmingCharacters(in: .newlines)
    let record = try await line.run("schedules", "show", "mail", "--json").json()
    #expect(record["next"]?.array?.count == 5)
    #expect(record["next"]?[0]?["utc"] == "2999-01-07T09:00:00Z")
    #expect(record["history"]?[0]?["job_uuid"] == .string(uuid))
    #expect(record["history"]?[0]?["job_status"] == "pending")
    #expect(record["history"]?[0]?["occurrence_reason"] == "manual")
    let page = await line.run("schedules", "show", "mail").out
    for part in [
      "At 09:00 on every Monday", "state        active", "handler      CarillonCLITests.SendEmail",
      "queue        mail", "misfire      once, after 1m", "overlap      skip",
      "2999-01-07T09:00+00:00", "manual", uuid,
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test func `show tells no more times than the schedule has runs left`() async throws {
    _ = await line.run(
      ["schedules", "add", "mail", "send_email", "0 9 * * MON", "--max-runs", "2"] + far)
    let record = try await line.run("schedules", "show", "mail", "--json").json()
    #expect(record["next"]?.array?.count == 2)
  }

  @Test func `stats and doctor count them, and name what is overdue or broken`() async throws {
    let clock = ManualClock()
    let store = MemoryStore(clock: clock)
    let line = CommandLineUnderTest(store: store)
    #expect(await line.run("doctor").out.contains("There is no schedule."))
    _ = await line.run("schedules", "add", "hourly", "send_email", "@hourly")
    _ = await line.run("schedules", "add", "rare", "send_email", "@yearly")
    _ = await line.run("schedules", "pause", "rare")
    #expect(await line.run("doctor").out.contains("2 schedules, none overdue and none broken."))
    clock.advance(by: .seconds(7_200))
    let stats = try await line.run("stats", "--json").json()
    #expect(
      stats["schedules"]?.json
        == "{\"active\":1,\"broken\":0,\"damaged\":0,\"ended\":0,\"overdue\":1,\"paused\":1}")
    #expect(await line.run("stats").out.contains("active 1   paused 1   ended 0   overdue 1"))
    let finding = try await line.run("doctor", "--json").json().array?
      .first { $0["id"] == "schedules.overdue" }
    #expect(finding?["severity"] == "warning")
    #expect(
      finding?["message"]?.string?.hasPrefix("1 schedule is overdue, 'hourly' for ") == true)
  }

  @Test func `one that can't fire any more is shown as broken, with the reason, and can be mended`()
    async throws
  {
    let store = MemoryStore()
    let line = CommandLineUnderTest(store: store)
    _ = await line.run("schedules", "add", "mail", "send_email", "@daily")
    store.state.withLock { $0.schedules["mail"]?.definition.timeZone = "Mars/Olympus" }
    #expect(await line.run("schedules", "list").out.contains("broken"))
    let page = await line.run("schedules", "show", "mail")
    #expect(page.status == .done)
    #expect(page.out.contains("There is no time zone 'Mars/Olympus'"))
    let record = try await line.run("schedules", "show", "mail", "--json").json()
    #expect(record["explanation"] == .null)
    #expect(record["problem"]?.string?.contains("Mars/Olympus") == true)
    #expect(record["next"] == [])
    let doctor = await line.run("doctor")
    #expect(doctor.status == .failed)
    #expect(doctor.out.contains("Schedule 'mail' can't fire: There is no time zone"))
    #expect(await line.run("stats").out.contains("broken 1"))
    #expect(await line.run("schedules", "edit", "mail", "--tz", "UTC").status == .done)
    #expect(await line.run("doctor").out.contains("1 schedule, none overdue and none broken."))
  }
}
