import Carillon
import Foundation
import Testing

@testable import CarillonCLI

private let resource = "018f3c1e-7b2a-7c4d-9e8f-0123456789ab"
private let unknown = "018f3c1e-7b2a-7c4d-9e8f-ffffffffffff"

@Suite struct `The command line` {
  private let line = CommandLineUnderTest()

  @Test func `shows help on stdout and exits 0`() async {
    for arguments in [["--help"], ["help"], [], ["jobs"]] {
      let answer = await line.run(arguments)
      #expect(answer.status == .done)
      #expect(answer.out.contains("USAGE: newsroom"))
      #expect(answer.err.isEmpty)
    }
    #expect(await line.run("help", "schedule").out.contains("USAGE: newsroom schedule"))
    #expect(await line.run("--version").out.contains(CarillonVersion.current))
  }

  @Test func `fits every help on a screen of 60 lines, with examples`() async {
    for command in [
      "schedule", "run-due", "serve", "stats", "handlers", "prune", "migrate", "doctor", "bench",
      "jobs list", "jobs show", "jobs cancel", "jobs retry", "jobs reschedule", "jobs delete",
      "tokens add", "tokens list", "tokens revoke",
      "schedules list", "schedules show", "schedules add", "schedules edit", "schedules rm",
      "schedules pause", "schedules resume", "schedules run-now", "schedules backfill",
      "schedules preview", "schedules explain", "schedules next",
    ] {
      let answer = await line.run(command.split(separator: " ").map(String.init) + ["--help"])
      #expect(answer.lines.count <= 60, "\(command)")
      #expect(answer.out.contains("EXAMPLES:\n  newsroom \(command)"), "\(command)")
    }
  }

  @Test func `documents every exit code`() async {
    let help = await line.run("--help").out
    for status in ExitStatus.allCases {
      #expect(help.contains("\(status.rawValue) \(status.meaning)"))
    }
  }

  @Test func `suggests the command that was meant, and exits 2`() async {
    let answer = await line.run("shedule")
    #expect(answer.status == .usage)
    #expect(answer.out.isEmpty)
    #expect(answer.err.contains("'shedule' is no command of newsroom. Did you mean 'schedule'"))
    #expect(await line.run("jobs", "lst").err.contains("Did you mean 'list'?"))
    #expect(await line.run("help", "jbos").err.contains("Did you mean 'jobs'?"))
  }

  @Test func `says what is wrong with a flag, and exits 2`() async {
    let answer = await line.run("jobs", "list", "--limitt", "3")
    #expect(answer.status == .usage)
    #expect(answer.err.contains("--limit"))
    #expect(await line.run("stats", "--store", "mysql://u:hunter2@h/d").status == .usage)
    #expect(
      !(await line.run("stats", "--store", "mysql://u:hunter2@h/d").err.contains("hunter2")))
    #expect(await line.run("stats", "--log-level", "loud").status == .usage)
  }

  @Test func `takes the options of all commands before the command too`() async {
    let answer = await line.run("--store", "memory:", "--log-level=error", "--json", "stats")
    #expect(answer.status == .done)
    #expect(answer.out.hasPrefix("{"))
    #expect(LeadingOptions.moved(["--json", "a", "--", "b"]) == ["--json", "a", "--", "b"])
    #expect(LeadingOptions.moved(["--json"]) == ["--json"])
    #expect(await line.run("--store", "sqlite:", "stats").status == .usage)
  }

  @Test func `says what a number should look like`() async {
    let answer = await line.run("jobs", "list", "--limit", "many")
    #expect(answer.status == .usage)
    #expect(answer.err.contains("It should be a whole number"))
  }

  @Test func `exits 6 when the store can't be reached`() async throws {
    let err = CapturedText()
    let session = Session(
      app: PlainApp(), name: "newsroom", catalog: HandlerCatalog(types: []), environment: [:],
      out: Screen(sink: CapturedText()), err: Screen(sink: err),
      openStore: { _ throws(StoreError) in
        throw StoreError.unreachable(store: "sqlite:x", why: "no such folder")
      })
    #expect(await session.run(["stats"]) == .storeUnreachable)
    #expect(err.text.contains("sqlite:x can't be used"))
  }
}

@Suite struct `schedule` {
  private let line = CommandLineUnderTest()

  @Test func `prints the uuid, or the record as JSON`() async throws {
    let plain = await line.run("schedule", "publish_post", "--resource", resource)
    #expect(plain.status == .done)
    let uuid = try #require(UUID(uuidString: plain.out.trimmingCharacters(in: .newlines)))
    #expect(try await line.store.job(uuid)?.handlerModule == PublishPost.handlerModule)
    let record = try await line.run(
      "schedule", PublishPost.handlerModule, "--resource", resource, "--in", "10m", "--args",
      "{\"n\":9007199254740993}", "--json"
    ).json()
    #expect(record["args"]?.json == "{\"n\":9007199254740993}")
    #expect(record["priority"] == 7)
    #expect(record["resource_uuid"] == .string(resource))
    #expect(record["executed_at"] == .null)
  }

  @Test func `takes flags over the handler's defaults`() async throws {
    let record = try await line.run(
      "schedule", "send_email", "--resource", resource, "--queue", "slow", "--priority", "3",
      "--max-attempts", "9", "--uuid", unknown, "--created-by", resource, "--json",
      "--at", "2999-03-01T09:00:00+01:00"
    ).json()
    #expect(record["queue"] == "slow")
    #expect(record["priority"] == 3)
    #expect(record["max_attempts"] == 9)
    #expect(record["uuid"] == .string(unknown))
    #expect(record["created_by_uuid"] == .string(resource))
    #expect(record["scheduled_at"] == "2999-03-01T08:00:00.000000Z")
  }

  @Test func `repeated with a uuid stores one job; with other content it conflicts`() async {
    let arguments = ["schedule", "publish_post", "--resource", resource, "--uuid", unknown]
    #expect(await line.run(arguments).status == .done)
    #expect(await line.run(arguments).status == .done)
    #expect(await line.run(arguments + ["--priority", "1"]).status == .conflict)
  }

  @Test(arguments: [
    ["--at", "2027-03-01"], ["--at", "tomorrow"], ["--in", "10"], ["--in", "-5m"],
    ["--at", "2027-03-01T09:00:00Z", "--in", "5m"], ["--args", "{a}"], ["--args", "[]"],
    ["--args", "{\"a\":\"\\u0000\"}"], ["--priority", "-1"], ["--max-attempts", "0"],
    ["--uuid", "42"], ["--created-by", "x"], ["--queue", ""], ["--nonsense"], ["--from", "x"],
    ["--job-type", "other"],
  ])
  func `stores nothing and exits 2 when something is wrong`(wrong: [String]) async throws {
    let answer = await line.run(["schedule", "publish_post", "--resource", resource] + wrong)
    #expect(answer.status == .usage)
    #expect(answer.out.isEmpty)
    #expect(!answer.err.isEmpty)
    #expect(try await line.store.jobs(JobQuery()).isEmpty)
  }

  @Test func `needs both types for a handler of another program, and suggests its own`()
    async throws
  {
    let answer = await line.run("schedule", "publish_pst", "--resource", resource)
    #expect(answer.status == .usage)
    #expect(answer.err.contains("Did you mean 'publish_post'"))
    #expect(answer.err.contains("--job-type and --resource-type"))
    let half = await line.run("schedule", "A.B", "--resource", resource, "--job-type", "b")
    #expect(half.status == .usage)
    let record = try await line.run(
      "schedule", "A.B", "--resource", resource, "--job-type", "b", "--resource-type", "a",
      "--json"
    ).json()
    #expect(record["handler_module"] == "A.B")
  }

  @Test func `from a file stores all or none and prints the uuids`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().text).jsonl").path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let good = "{\"handler_module\":\"publish_post\",\"resource_uuid\":\"\(resource)\"}\n"
    try (good + good).write(toFile: path, atomically: true, encoding: .utf8)
    #expect(await line.run("schedule", "--from", path).lines.count == 2)
    #expect(try await line.run("schedule", "--from", path, "--json").json().array?.count == 2)
    try (good + "{}\n").write(toFile: path, atomically: true, encoding: .utf8)
    let answer = await line.run("schedule", "--from", path)
    #expect(answer.status == .usage)
    #expect(answer.err.contains("line 2: handler_module is missing"))
    #expect(try await line.store.jobs(JobQuery()).count == 4)
    #expect(await line.run("schedule", "--from", "/nowhere.jsonl").status == .usage)
  }
}

@Suite struct `run-due` {
  @Test func `executes what is due and prints the counts`() async throws {
    let line = CommandLineUnderTest()
    _ = await line.run("schedule", "publish_post", "--resource", resource)
    _ = await line.run("schedule", "fail", "--resource", resource)
    _ = await line.run("schedule", "send_email", "--resource", resource, "--in", "1h")
    let first = await line.run("run-due")
    #expect(first.status == .done)
    #expect(first.out == "executed: 1, failed: 1\n")
    #expect(await line.run("run-due", "--json").out == "{\"executed\":0,\"failed\":0}\n")
  }
}

@Suite struct `jobs` {
  private let line = CommandLineUnderTest()

  private func stored(_ handler: String, _ more: String...) async throws -> UUID {
    let answer = await line.run(["schedule", handler, "--resource", resource] + more)
    return try #require(UUID(uuidString: answer.out.trimmingCharacters(in: .newlines)))
  }

  @Test func `list is an array of records under their column names`() async throws {
    _ = try await stored("publish_post")
    let list = try await line.run("jobs", "list", "--json").json()
    #expect(
      list[0]?.object?.keys.sorted() == [
        "args", "args_version", "attempts", "cancel_requested_at", "claim", "claimed_at",
        "crashes", "created_by_uuid", "executed_at", "failures", "finished_at", "handler_module",
        "hold", "inserted_at", "job_type", "last_error", "max_attempts", "node",
        "occurrence_reason", "priority", "queue", "reason", "resource_type", "resource_uuid",
        "result", "run", "run_at", "schedule_uuid", "scheduled_at", "snoozes", "status",
        "updated_at", "uuid",
      ])
    #expect(await line.run("jobs", "list", "--status", "failed", "--json").out == "[]\n")
    #expect(
      try await line.run("jobs", "list", "--resource", "post/\(resource)", "--json").json().array?
        .count == 1)
    #expect(await line.run("jobs", "list", "--queue", "mail").err.contains("No job matches"))
    let found = try await line.run("jobs", "list", "resource:\(resource)", "--json").json()
    #expect(found.array?.isEmpty == false)
    #expect(await line.run("jobs", "list", "--limit", "0").status == .usage)
    let wrong = await line.run("jobs", "list", "stat:failed")
    #expect(wrong.status == .usage)
    #expect(wrong.err.contains("'stat' is no field. Did you mean 'status'?"))
    #expect(await line.run("jobs", "list", "status:faild").err.contains("Did you mean 'failed'?"))
    #expect(await line.run("jobs", "list", "--status", "done").status == .usage)
  }

  @Test func `show has the attempts, and nothing that acts on a terminal`() async throws {
    let uuid = try await stored("fail")
    _ = await line.run("run-due")
    let record = try await line.run("jobs", "show", uuid.text, "--json").json()
    #expect(record["status"] == "failed")
    #expect(
      record["attempts_log"]?[0]?.object?.keys.sorted() == [
        "claim", "ended_at", "error", "fingerprint", "log", "node", "number", "outcome",
        "progress", "progress_note", "started_at",
      ])
    #expect(record["attempts_log"]?[0]?["outcome"] == "error")
    let page = await line.run("jobs", "show", uuid.text).out
    #expect(page.contains("boom \\u{1b}[2J\\u{202e}"))
    #expect(!page.contains("\u{1B}"))
    #expect(page.contains("1 of 1 spent; 1 failed"))
  }

  @Test func `show exits 3 for a job that isn't there`() async {
    let answer = await line.run("jobs", "show", unknown, "--json")
    #expect(answer.status == .notFound)
    #expect(answer.out.isEmpty)
    #expect(await line.run("jobs", "show", "42").status == .usage)
  }

  @Test func `cancel acts on all it is given, tells of each, and exits by the worst`() async throws
  {
    let (one, two) = (try await stored("publish_post"), try await stored("publish_post"))
    _ = await line.run("jobs", "cancel", two.text)
    let answer = await line.run("jobs", "cancel", one.text, two.text)
    #expect(answer.status == .conflict)
    #expect(answer.out == "\(one.text) cancelled\n")
    #expect(answer.err.contains("\(two.text) is cancelled already"))
    let worst = await line.run("jobs", "cancel", unknown, one.text, "--json")
    #expect(worst.status == .conflict)
    #expect(try worst.json()[0]?["error"]?["code"] == "notFound")
    #expect(await line.run("jobs", "cancel", unknown).status == .notFound)
    #expect(await line.run("jobs", "cancel").status == .usage)
  }

  @Test func `cancel of a resource cancels what is pending`() async throws {
    _ = try await stored("publish_post")
    _ = try await stored("publish_post")
    let answer = await line.run("jobs", "cancel", "--resource", "post/\(resource)", "--json")
    #expect(try answer.json().array?.map { $0["status"] } == ["cancelled", "cancelled"])
    let again = await line.run("jobs", "cancel", "--resource", "post/\(resource)")
    #expect(again.status == .done)
    #expect(again.err.contains("has no pending job"))
  }

  @Test func `cancel keeps the reason it is given`() async throws {
    let uuid = try await stored("publish_post")
    let record = try await line.run(
      "jobs", "cancel", uuid.text, "--reason", "post deleted", "--json"
    ).json()
    #expect(record["reason"] == "post deleted")
  }

  @Test func `retry tries what has failed, and refuses what is pending`() async throws {
    let uuid = try await stored("fail")
    #expect(await line.run("jobs", "retry", uuid.text).status == .conflict)
    _ = await line.run("run-due")
    let record = try await line.run("jobs", "retry", uuid.text, "--json").json()
    #expect(record["status"] == "pending")
    #expect(record["max_attempts"] == 2)
  }

  @Test func `reschedule gives a new time, and a new run to what has ended`() async throws {
    let uuid = try await stored("publish_post")
    #expect(await line.run("jobs", "reschedule", uuid.text).status == .usage)
    _ = await line.run("run-due")
    let record = try await line.run(
      "jobs", "reschedule", uuid.text, "--at", "2999-01-01T00:00:00Z", "--json"
    ).json()
    #expect(record["run"] == 2)
    #expect(record["scheduled_at"] == "2999-01-01T00:00:00.000000Z")
  }

  @Test func `delete removes`() async throws {
    let uuid = try await stored("publish_post")
    #expect(await line.run("jobs", "delete", uuid.text).status == .done)
    #expect(await line.run("jobs", "delete", uuid.text).status == .notFound)
  }
}

@Suite struct `Looking at a store` {
  private let line = CommandLineUnderTest()

  @Test func `stats has all statuses, queues, nodes and what finds no handler`() async throws {
    _ = await line.run("schedule", "send_email", "--resource", resource, "--in", "1h")
    _ = await line.run(
      "schedule", "Gone.Handler", "--resource", resource, "--job-type", "gone",
      "--resource-type", "post")
    let stats = try await line.run("stats", "--json").json()
    #expect(
      stats.object?.keys.sorted() == [
        "closed", "jobs", "nodes", "queues", "schedules", "unresolved",
      ])
    #expect(
      stats["jobs"]?.json
        == "{\"cancelled\":0,\"executed\":0,\"failed\":0,\"pending\":2,\"processing\":0}")
    #expect(stats["unresolved"]?.array?.count == 1)
    #expect(stats["unresolved"]?[0]?["handler_module"] == "Gone.Handler")
    #expect(stats["unresolved"]?[0]?["count"] == 1)
    #expect(stats["unresolved"]?[0]?["reason"]?.string?.contains("No node is alive") == true)
    #expect(
      stats["queues"]?.array?.first?.object?.keys.sorted() == [
        "closed", "held", "name", "oldest_due_at", "pending", "processing",
      ])
  }

  @Test func `a node is shown with its handlers`() {
    let node = Node(
      uuid: UUID(), name: "h:1", startedAt: Instant(microseconds: 0),
      catalogue: HandlerCatalog(types: [PublishPost.self]).published, queues: .all(3),
      leaseExpiresAt: Instant(microseconds: 10))
    let alive = node.jsonValue(at: Instant(microseconds: 9))
    #expect(alive["alive"] == true)
    #expect(alive["handlers"]?[0]?.string == PublishPost.handlerModule)
    #expect(node.jsonValue(at: Instant(microseconds: 10))["alive"] == false)
  }

  @Test func `handlers are listed with their defaults, timeouts in seconds`() async throws {
    let handlers = try #require(try await line.run("handlers", "--json").json().array)
    #expect(handlers.map { $0["job_type"] } == ["fail", "publish_post", "send_email"])
    #expect(handlers[2]["timeout"] == 1.5)
    #expect(handlers[1]["timeout"] == .null)
    #expect(handlers[1]["aliases"] == ["Old.Publisher"])
    #expect(handlers[1]["priority"] == 7)
    #expect(handlers[1]["summary"] == "Publishes a post." && handlers[2]["summary"] == .null)
    #expect(handlers[1]["args_schema"]?["required"] == ["width"])
    #expect(handlers[2]["args_schema"] == .null)
    let table = await line.run("handlers").out
    #expect(table.contains("DOES") && table.contains("Publishes a post."))
  }

  @Test func `handlers of the command line itself are none of the program's`() {
    #expect(!HandlerCatalog.ofThisProgram.entries.contains { $0.name.hasPrefix("CarillonCLI.") })
    #expect(HandlerCatalog.ofThisProgram.entries.contains { $0.type == PublishPost.self })
  }

  @Test func `doctor has findings with ids, and exits 0 with warnings`() async throws {
    let answer = await line.run("doctor", "--json")
    #expect(answer.status == .done)
    let findings = try #require(try answer.json().array)
    #expect(
      findings.allSatisfy { $0.object?.keys.sorted() == ["advice", "id", "message", "severity"] })
    #expect(findings.contains { $0["id"] == "memory.volatile" })
  }

  @Test func `doctor names handlers that nobody has`() async throws {
    _ = await line.run(
      "schedule", "Gone.Handler", "--resource", resource, "--job-type", "gone",
      "--resource-type", "post")
    let answer = await line.run("doctor")
    #expect(answer.out.contains("Gone.Handler"))
  }

  @Test func `prune deletes what ended long ago, of final statuses alone`() async {
    _ = await line.run("schedule", "publish_post", "--resource", resource)
    _ = await line.run("run-due")
    #expect(await line.run("prune").out == "deleted: 0\n")
    #expect(await line.run("prune", "--older-than", "0s", "--json").out == "{\"deleted\":1}\n")
    #expect(await line.run("prune", "--status", "pending").status == .usage)
    #expect(await line.run("prune", "--older-than", "week").status == .usage)
  }

  @Test func `serve refuses what can't be meant`() async {
    #expect(await line.run("serve", "--http", "127.0.0.1:0", "--no-http").status == .usage)
    #expect(await line.run("serve", "--http", "7117").status == .usage)
    #expect(await line.run("serve", "--no-http", "--concurrency", "0").status == .usage)
    #expect(
      await line.run("serve", "--no-http", "--concurrency", "1", "--queues", "a=1").status == .usage
    )
  }

  @Test func `migrate makes a file's tables, once`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().text).db").path()
    defer {
      for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
    }
    let first = try await line.run("migrate", "--store", "sqlite:\(path)", "--json").json()
    #expect(first["from"] == 0)
    let second = try await line.run("migrate", "--store", "sqlite:\(path)", "--json").json()
    #expect(second["from"] == first["to"])
    #expect(await line.run("migrate", "--store", "memory:").status == .usage)
  }
}

@Suite struct `bench` {
  @Test func `measures and prints JSON`() async throws {
    let line = CommandLineUnderTest()
    let figures = try await line.run(
      "bench", "--store", "memory:", "--jobs", "50", "--finished", "20", "--future", "10",
      "--repeat", "1", "--json"
    ).json()
    #expect((figures["single_inserts_per_second"]?.double ?? 0) > 0)
    #expect((figures["drain_beside_others_per_second"]?.double ?? 0) > 0)
    #expect(figures["lateness_ms"] == .null)
  }

  @Test func `has medians and percentiles`() {
    #expect(BenchFigures.median([3, 1, 2]) == 2)
    #expect(BenchFigures.median([4, 1]) == 2.5)
    #expect(BenchFigures.median([]) == nil)
    let spread = BenchFigures.Spread((1...100).map { .milliseconds($0) })
    #expect(spread?.p50 == .milliseconds(50))
    #expect(spread?.p99 == .milliseconds(99))
    #expect(spread?.max == .milliseconds(100))
    #expect(BenchFigures.grouped(1_234_567) == "1 234 567")
    #expect(BenchFigures.grouped(-1_234) == "-1 234")
  }
}

@Suite struct `A time for people` {
  private let time = TimeText(now: Instant(microseconds: 1_000_000_000_000_000))

  @Test func `is relative and exact`() {
    #expect(time.relative(time.now + .seconds(300)) == "in 5m")
    #expect(time.relative(time.now - .seconds(90)) == "1m30s ago")
    #expect(time.relative(time.now + .milliseconds(400)) == "now")
    #expect(time.relative(time.now + .milliseconds(5_399_990)) == "in 1h30m")
    #expect(time.both(time.now + .seconds(300)) == "in 5m (2001-09-09T01:51:40Z)")
  }
}
