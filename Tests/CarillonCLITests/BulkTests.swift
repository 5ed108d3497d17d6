import Carillon
import Foundation
import Synchronization
import Testing

@testable import CarillonCLI

@Suite struct `jobs by filter` {
  private let line = CommandLineUnderTest()
  private let uuid = "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34"

  private func store(_ count: Int, _ more: String...) async {
    for _ in 0..<count {
      #expect(
        await line.run(["schedule", "fail", "--resource", uuid] + more).status == .done)
    }
  }

  @Test func `are counted without a change by a dry run`() async throws {
    await store(3)
    let answer = await line.run("jobs", "cancel", "--filter", "type:fail", "--dry-run")
    #expect(answer.status == .done && answer.out == "would cancel 3 jobs\n" && answer.err == "")
    let json = try await line.run(
      "jobs", "edit", "--filter", "type:fail", "--priority", "4", "--dry-run", "--json"
    ).json()
    #expect(
      json == [
        "action": "edit", "parameters": ["priority": 4], "filter": "type:fail", "total": 3,
        "dry_run": true,
      ])
    #expect(try await line.store.jobs(JobQuery(status: .pending)).count == 3)
    #expect(try await line.store.operations(OperationQuery()) == [])
  }

  @Test func `are acted on, and those that can't be are counted by why`() async throws {
    await store(2)
    await store(1, "--in", "1h")
    #expect(await line.run("run-due").status == .done)
    let answer = await line.run("jobs", "retry", "--filter", "type:fail", "--yes")
    #expect(answer.status == .done && answer.out == "2 retried, 1 skipped: 1 was pending\n")
    let json = try await line.run(
      "jobs", "cancel", "--filter", "type:fail", "--reason", "enough", "--yes", "--json"
    ).json()
    #expect(json["state"] == "done" && json["done"] == 3 && json["total"] == 3)
    #expect(json["parameters"] == ["reason": "enough"])
    #expect(json["started_by"]?.string?.hasPrefix("unknown@") == true)
    let rescheduled = await line.run(
      "jobs", "reschedule", "--filter", "status:cancelled", "--in", "1h", "--yes")
    #expect(rescheduled.out == "3 rescheduled\n")
    #expect(
      await line.run("jobs", "edit", "--filter", "type:fail", "--queue", "q", "--yes").out
        == "3 edited\n")
    #expect(
      await line.run("jobs", "delete", "--filter", "queue:q", "--yes").out == "3 deleted\n")
    #expect(try await line.store.jobs(JobQuery()) == [])
  }

  @Test func `are left alone where nobody can be asked`() async throws {
    await store(1)
    let answer = await line.run("jobs", "cancel", "--filter", "type:fail")
    #expect(answer.status == .usage && answer.err.contains("--yes"))
    #expect(try await line.store.jobs(JobQuery(status: .pending)).count == 1)
  }

  @Test(arguments: [("y", true), ("Yes ", true), ("n", false), ("", false), (nil, false)])
  func `are asked about at a terminal`(_ word: String?, _ isAgreed: Bool) async throws {
    await store(2)
    let asked = Mutex("")
    let (out, err, store) = (CapturedText(), CapturedText(), line.store)
    var session = Session(
      app: PlainApp(), name: "newsroom", catalog: line.catalog, environment: [:],
      out: Screen(sink: out), err: Screen(sink: err), openStore: { _ in OpenStore(store) })
    session.ask = { question in
      asked.withLock { $0 = question }
      return word
    }
    let status = await session.run(["jobs", "cancel", "--filter", "type:fail"])
    #expect(asked.withLock { $0 } == "Cancel 2 jobs? [y/N] ")
    #expect(status == (isAgreed ? .done : .failed))
    #expect(out.text == (isAgreed ? "2 cancelled\n" : ""))
    #expect(err.text == (isAgreed ? "" : "Nothing was changed.\n"))
  }

  @Test func `that there are none of are told of`() async throws {
    let answer = await line.run("jobs", "retry", "--filter", "status:failed", "--yes")
    #expect(answer.status == .done && answer.out == "" && answer.err == "No job matches.\n")
    let json = try await line.run(
      "jobs", "retry", "--filter", "status:failed", "--yes", "--json"
    ).json()
    #expect(json["total"] == 0)
  }

  @Test(arguments: [
    (["cancel"], "--filter TERMS"), (["retry"], "--filter TERMS"),
    (["cancel", "UUID", "--filter", "type:x", "--yes"], "can't stand together"),
    (["cancel", "--resource", "post/UUID", "--filter", "x:y"], "can't stand together"),
    (["cancel", "--filter", "  ", "--yes"], "every job"),
    (["delete", "--filter", "stat:failed", "--yes"], "'stat' is no field"),
    (["retry", "UUID", "--dry-run"], "--filter alone"),
    (["retry", "UUID", "--yes"], "--filter alone"),
    (["edit", "UUID"], "What is to change?"),
    (["edit", "UUID", "--priority", "-1"], "out of range"),
    (["edit", "UUID", "--queue", ""], "queue is empty"),
    (["reschedule", "--filter", "type:x"], "When?"),
  ])
  func `that can't be meant are refused`(_ arguments: [String], _ why: String) async {
    let answer = await line.run(
      ["jobs"] + arguments.map { $0.replacing("UUID", with: uuid) })
    #expect(answer.status == .usage, "\(answer.err)")
    #expect(answer.err.contains(why), "\(answer.err)")
  }

  @Test func `one job is edited by its uuid`() async throws {
    await store(1)
    let job = try #require(try await line.store.jobs(JobQuery()).first)
    let answer = await line.run(
      "jobs", "edit", job.uuid.text, "--priority", "3", "--queue", "q", "--max-attempts", "5")
    #expect(answer.out == "\(job.uuid.text) is in queue q with priority 3, 5 attempts\n")
    #expect(await line.run("run-due").status == .done)
    _ = await line.run("jobs", "cancel", job.uuid.text)
    let late = await line.run("jobs", "edit", job.uuid.text, "--priority", "1")
    #expect(late.status == .conflict)
  }

  // MARK: Operations

  @Test func `make operations that are listed, shown, gone on with and stopped`() async throws {
    await store(3)
    #expect(await line.run("operations", "list").err.contains("no operation"))
    let filter = try JobFilter("type:fail", now: try await line.store.now())
    func begin() async throws -> JobOperation {
      try await line.store.begin(
        OperationRequest(
          uuid: UUID(), command: .reschedule(.in(.seconds(60))), filterText: "type:fail",
          filter: filter, total: 3))
    }
    let (first, second) = (try await begin(), try await begin())
    let run = await line.run("operations", "run", first.uuid.text)
    #expect(run.status == .done && run.out == "3 rescheduled\n")
    let stopped = await line.run("operations", "cancel", second.uuid.text)
    #expect(stopped.status == .done && stopped.out == "stopped: 0 rescheduled\n")
    #expect(await line.run("operations", "cancel", first.uuid.text).status == .conflict)
    #expect(await line.run("operations", "cancel", second.uuid.text).status == .done)
    let late = await line.run("operations", "run", second.uuid.text)
    #expect(late.status == .conflict && late.err.contains("stopped"))
    let shown = await line.run("operations", "show", first.uuid.text)
    #expect(shown.lines.first == "reschedule  \(first.uuid.text)")
    #expect(shown.out.contains("3 rescheduled; 3 in all"))
    #expect(shown.out.contains("{\"in\":\"1m\"}"))
    let list = await line.run("operations", "list")
    #expect(list.lines.count == 3 && list.out.contains("cancelled"))
    let json = try await line.run("operations", "list", "--unfinished", "--json").json()
    #expect(json == [])
    let missing = await line.run("operations", "show", UUID().text)
    #expect(missing.status == .notFound)
  }

  // MARK: Audit

  @Test func `and everything else that is done are in the audit`() async throws {
    #expect(await line.run("audit", "list").err.contains("Nobody"))
    await store(1)
    let job = try #require(try await line.store.jobs(JobQuery()).first)
    #expect(await line.run("run-due").status == .done)
    #expect(await line.run("jobs", "retry", job.uuid.text).status == .done)
    #expect(await line.run("tokens", "add", "grafana").status == .done)
    let list = await line.run("audit", "list")
    #expect(list.lines.count == 4, "\(list.out)")
    let entries = try await line.run("audit", "list", "--json").json().array ?? []
    #expect(
      entries.map { "\($0["action"]?.string ?? "") \($0["target_kind"]?.string ?? "")" }
        == ["add token", "retry job", "schedule job"])
    for entry in entries {
      #expect(entry["source"] == "cli")
      #expect(entry["actor"]?.string?.hasPrefix("unknown@") == true)
    }
    let one = try await line.run(
      "audit", "list", "--target", job.uuid.text, "--limit", "1", "--json"
    ).json()
    #expect(one.array?.map { $0["action"] } == ["retry"])
    #expect(try await line.run("audit", "list", "--actor", "bob", "--json").json() == [])
    #expect(try await line.run("audit", "list", "--since", "1h", "--json").json() != [])
    #expect(
      try await line.run("audit", "list", "--since", "2100-01-01T00:00:00Z", "--json").json() == []
    )
    #expect(await line.run("audit", "list", "--since", "soon").status == .usage)
    #expect(try await line.run("audit", "list", "--until", "1h", "--json").json() == [])
    #expect(await line.run("audit", "list", "--until", "soon").status == .usage)
  }
}
