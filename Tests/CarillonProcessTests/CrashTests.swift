import Carillon
import Foundation
import Testing

extension ProcessTests {
  @Suite(.serialized) struct CrashTests {
    @Test func `a killed node's jobs run again and none is lost`() async throws {
      let shop = try Workshop()
      try await shop.schedule("slow", count: 30, extra: #", "args": {"ms": 1500}"#)
      let first = try await shop.serve("--concurrency", "10")
      #expect(try await eventually { try await shop.counts()["executed"] ?? 0 >= 10 })
      first.signal(SIGKILL)
      await first.ended()
      let second = try await shop.serve("--concurrency", "10")
      #expect(try await eventually { try await shop.counts()["executed"] == 30 })
      second.signal(SIGTERM)
      await second.ended()
      #expect(second.terminationStatus == 0)

      let jobs = try await shop.jobs()
      #expect(jobs.count == 30)
      let interrupted = jobs.filter { $0["crashes"]?.int == 1 }
      #expect(!interrupted.isEmpty && interrupted.count <= 10)
      #expect(interrupted.allSatisfy { $0["attempts"]?.int == 2 })
      #expect(jobs.filter { $0["attempts"]?.int == 1 }.count == 30 - interrupted.count)
    }

    @Test func `a suspended node's late outcomes change nothing`() async throws {
      let shop = try Workshop()
      let first = try await shop.serve()
      let uuids = try await shop.schedule("slow", count: 3, extra: #", "args": {"ms": 2500}"#)
      #expect(try await eventually { try await shop.counts()["processing"] == 3 })
      first.signal(SIGSTOP)
      let second = try await shop.serve()
      #expect(try await eventually { try await shop.counts()["executed"] == 3 })
      let before = try await shop.jobs()
      first.signal(SIGCONT)
      #expect(try await eventually { shop.logs.contains("it joins anew") })
      first.signal(SIGTERM)
      await first.ended()
      second.signal(SIGTERM)
      await second.ended()

      #expect(try await shop.jobs() == before)
      for uuid in uuids {
        let log = try await shop.run("jobs", "show", uuid, "--json").json()["attempts_log"]
        #expect(log?.array?.compactMap { $0["outcome"]?.string } == ["lost", "ok"])
      }
    }

    @Test func `a job that takes its process down ends and costs its neighbours nothing`()
      async throws
    {
      let shop = try Workshop(lease: 500)
      let poison = try await shop.schedule("crasher", count: 1, extra: #", "max_attempts": 2"#)
      try await shop.schedule("slow", count: 8, extra: #", "args": {"ms": 300}, "max_attempts": 2"#)
      // A supervisor that starts it again whenever it dies.
      var starts = 0
      var isSettled = false
      while starts < 12, !isSettled {
        starts += 1
        let node = try await shop.serve()
        _ = try await eventually(within: .seconds(40)) {
          let counts = try await shop.counts()
          isSettled = counts["executed"] == 8 && counts["failed"] == 1
          return !node.isRunning || isSettled
        }
        if node.isRunning { node.signal(SIGTERM) }
        await node.ended()
      }
      let job = try await shop.run("jobs", "show", poison[0], "--json").json()
      #expect(job["status"] == "failed")
      #expect(job["reason"]?.string == Reason.nodeLost)
      #expect(shop.effects.filter { $0.hasPrefix("crash") }.count == 3)
      #expect(try await shop.counts()["executed"] == 8)
    }

    @Test func `handlers that block their threads don't cost the lease`() async throws {
      let shop = try Workshop(lease: 600)
      let threads = ProcessInfo.processInfo.activeProcessorCount * 2
      try await shop.schedule("blocker", count: threads, extra: #", "args": {"ms": 2500}"#)
      let first = try await shop.serve("--concurrency", String(threads))
      let second = try await shop.serve("--concurrency", "1")
      #expect(try await eventually { try await shop.counts()["executed"] == threads })
      for node in [first, second] {
        node.signal(SIGTERM)
        await node.ended()
      }
      #expect(shop.effects.count == threads)
      #expect(try await shop.jobs().allSatisfy { $0["attempts"]?.int == 1 })
    }
  }
}
