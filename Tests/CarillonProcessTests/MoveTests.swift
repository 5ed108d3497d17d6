import Carillon
import Foundation
import Testing

extension ProcessTests {
  @Suite(.serialized) struct MoveTests {
    private let shop: Workshop
    private let target: String

    init() throws {
      shop = try Workshop()
      target = "sqlite:\(shop.folder.path)/new.db"
    }

    private func jobs(in store: String) async throws -> [JSONValue] {
      try await shop.jobs("--store", store)
    }

    @Test func `a move that is killed twice goes on and loses nothing`() async throws {
      try await moveKilledTwice(to: target)
    }

    @Test(
      .enabled(
        if: ProcessInfo.processInfo.environment["CARILLON_TEST_POSTGRES"] != nil,
        "there is no server; see bin/postgres"))
    func `a move to PostgreSQL that is killed twice goes on and loses nothing`() async throws {
      let server = ProcessInfo.processInfo.environment["CARILLON_TEST_POSTGRES"] ?? ""
      let schema = "move_\(UUID().text.prefix(8))"
      try await moveKilledTwice(to: "\(server)?schema=\(schema)")
    }

    /// Starts a move and kills it in its midst; answers with the number of jobs that are over.
    ///
    /// The move is let run for moments only and stands still while one looks, so that it can't
    /// end meanwhile, however quick the machine.
    private func killMove(to target: String, over before: Int) async throws -> Int {
      let mover = try shop.start("move", "--to", target)
      var moved = before
      // It reads all of the old store first, and that in moments.
      let hasMoved = try await eventually(within: .seconds(Cluster.isLong ? 300 : 30)) {
        mover.signal(SIGSTOP)
        let stats = try await shop.run("stats", "--store", target, "--json")
        let counts = try? stats.json()["jobs"]?.object
        moved = max(moved, (counts ?? [:]).values.compactMap(\.int).reduce(0, +))
        if moved == before, mover.isRunning { mover.signal(SIGCONT) }
        return moved > before || !mover.isRunning
      }
      #expect(hasMoved)
      mover.signal(SIGKILL)
      await mover.ended()
      #expect(mover.terminationReason == .uncaughtSignal, "it was too quick to be killed")
      return moved
    }

    private func moveKilledTwice(to target: String) async throws {
      try await shop.schedule("line", count: 40)
      try await shop.schedule("always_fails", count: 20)
      #expect(try await shop.run("run-due").code == 0)
      try await shop.schedule("slow", count: 5, extra: #", "args": {"ms": 60000}"#)
      let node = try await shop.serve()
      #expect(try await eventually { try await shop.counts()["processing"] == 5 })
      node.signal(SIGKILL)
      await node.ended()
      let cancelled = try await shop.schedule("line", count: 35)
      #expect(try await shop.run(["jobs", "cancel"] + cancelled).code == 0)
      let all = Cluster.isLong ? 100_000 : 8_000
      try await shop.schedule(
        "line", count: all - 100, extra: #", "in": "30d", "args": {"a": "é"}"#)
      let before = try await shop.jobs()
      #expect(before.count == all)
      try await shop.run("tokens", "add", "grafana", "--role", "viewer").expectDone()
      let tokens = try await shop.run("tokens", "list", "--json").json()

      // The killed node's lease has to run out.
      #expect(
        try await eventually { try await shop.run("move", "--to", target, "--dry-run").code == 0 })
      var moved = 0
      for _ in 0..<2 {
        moved = try await killMove(to: target, over: moved)
        // Neither store takes anything meanwhile.
        for store in [[], ["--store", target]] {
          let refused = try await shop.run(
            ["schedule", "line", "--resource", UUID().text] + store)
          #expect(refused.code == 6)
          #expect(refused.errors.contains("takes no changes"), "\(refused.errors)")
        }
      }

      let done = try await shop.run("move", "--to", target, "--json")
      try done.expectDone()
      #expect(try done.json()["jobs"]?.int == all)
      #expect(try done.json()["tokens"]?.int == 1)
      #expect(try await jobs(in: target) == before)
      #expect(
        try await shop.run("tokens", "list", "--json", "--store", target).json() == tokens)
      #expect(try await shop.run("move", "--to", target, "--json").json()["was_complete"] == true)

      // The old store stays closed and says where its jobs are; the new one runs what was left.
      let old = try await shop.run("serve", "--no-http")
      #expect(old.code == 6)
      #expect(old.errors.contains(target))
      #expect(try await shop.run("doctor").code == 1)
      #expect(try await shop.run("stats").errors.contains("have moved to"))
      #expect(try await shop.run("move", "--undo", "--to", target).code == 5)
      let heir = try await shop.serve("--store", target)
      #expect(
        try await eventually {
          try await jobs(in: target).filter { $0["crashes"]?.int == 1 }.count == 5
        })
      heir.signal(SIGKILL)
      await heir.ended()
    }

    @Test func `an undone move leaves the old store as it was, and the new one empty`()
      async throws
    {
      try await shop.schedule("line", count: 9_000)
      let before = try await shop.jobs()
      _ = try await killMove(to: target, over: 0)
      let elsewhere = try await shop.run("move", "--to", "sqlite:elsewhere.db")
      #expect(elsewhere.code == 5)
      #expect(elsewhere.errors.contains(target))
      try await shop.run("move", "--undo", "--to", target).expectDone()
      #expect(try await shop.jobs() == before)
      #expect(try await jobs(in: target).isEmpty)
      try await shop.run("schedule", "line", "--resource", UUID().text).expectDone()
    }

    @Test func `what is said after an undoing without the new store helps`() async throws {
      try await shop.schedule("line", count: 9_000)
      _ = try await killMove(to: target, over: 0)
      try await shop.run("move", "--undo").expect(0, "--to \(target)")
      let help = "move --undo --from sqlite:"
      try await shop.run("move", "--to", target).expect(5, help)
      try await shop.run("move", "--to", target, "--dry-run").expect(5, help)
      try await shop.run("move", "--undo", "--to", target).expectDone()
      try await shop.run("move", "--to", target).expectDone()
    }

    @Test func `nothing moves while a node is alive, nor into a store that holds jobs`()
      async throws
    {
      try await shop.schedule("line", count: 3)
      try await shop.run(
        "schedule", "line", "--resource", UUID().text, "--store", target
      ).expectDone()
      let full = try await shop.run("move", "--to", target)
      #expect(full.code == 5)
      #expect(full.errors.contains("isn't empty: jobs 1"), "\(full.errors)")
      let node = try await shop.serve()
      let alive = try await shop.run("move", "--to", "sqlite:third.db")
      #expect(alive.code == 5)
      #expect(alive.errors.contains("alive"))
      try await shop.run("schedule", "line", "--resource", UUID().text).expectDone()
      node.signal(SIGTERM)
      await node.ended()
      try await shop.run("move", "--to", "sqlite:third.db").expectDone()
    }

    @Test func `a dry run makes no file and says what would move`() async throws {
      try await shop.schedule("line", count: 3)
      let answer = try await shop.run("move", "--to", target, "--dry-run", "--json")
      try answer.expectDone()
      #expect(try answer.json()["jobs"]?.int == 3)
      #expect(!FileManager.default.fileExists(atPath: "\(shop.folder.path)/new.db"))
      try await shop.run("schedule", "line", "--resource", UUID().text).expectDone()
    }

    @Test(arguments: [
      (["move"], 2, "--to is missing"),
      (["move", "--to", "memory:"], 2, "memory:"),
      (["move", "--from", "sqlite:x.db", "--to", "sqlite:./x.db"], 2, "the same store"),
      (["move", "--to", "sqlite:y.db", "--dry-run", "--undo"], 2, "contradict"),
      (["move", "--from", "sqlite:not-there.db", "--to", "sqlite:y.db"], 6, "There is no"),
      (["move", "--to", "sqlite:/nowhere/y.db"], 6, "/nowhere/y.db"),
    ])
    func `what can't be meant is refused`(
      _ arguments: [String], _ code: Int32, _ text: String
    ) async throws {
      try await shop.schedule("line", count: 1)
      let answer = try await shop.run(arguments)
      #expect(answer.code == code)
      #expect(answer.errors.contains(text), "\(answer.errors)")
      try await shop.run("schedule", "line", "--resource", UUID().text).expectDone()
    }
  }
}

extension Workshop.Answer {
  /// Expects an exit code, and a text in what was said.
  fileprivate func expect(_ code: Int32, _ text: String) {
    #expect(self.code == code && errors.contains(text), "\(self.code): \(errors)")
  }

  fileprivate func expectDone() throws { try #require(code == 0, "\(errors)") }
}
