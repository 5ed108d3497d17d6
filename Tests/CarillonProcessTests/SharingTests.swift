import Carillon
import Foundation
import Testing

extension ProcessTests {
  @Suite(.serialized) struct SharingTests {
    @Test func `two processes share a file and run each job once`() async throws {
      let shop = try Workshop(lease: 10_000)
      _ = try await shop.run("migrate")
      let nodes = [try await shop.serve(), try await shop.serve()]
      try await shop.schedule("line", count: 3_000)
      #expect(try await eventually { try await shop.counts()["executed"] == 3_000 })
      for node in nodes {
        node.signal(SIGTERM)
        await node.ended()
        #expect(node.terminationStatus == 0)
      }
      let resources = shop.effects.compactMap { $0.split(separator: " ").first }
      #expect(resources.count == 3_000)
      #expect(Set(resources).count == 3_000)
      #expect(Set(shop.effects.compactMap { $0.split(separator: " ").last }).count == 2)
      #expect(!shop.logs.contains("locked"))
    }

    @Test func `another process's job starts soon and none starts early`() async throws {
      let shop = try Workshop(lease: 10_000)
      let node = try await shop.serve()
      #expect(
        try await eventually { try await shop.run("stats", "--json").json()["nodes"]?[0] != nil })
      for delay in ["0s", "150ms", "400ms", "700ms"] {
        let answer = try await shop.run(
          "schedule", "stamp", "--resource", UUID().text, "--in", delay)
        #expect(answer.code == 0, "\(answer.errors)")
      }
      #expect(try await eventually { shop.effects.count == 4 })
      node.signal(SIGTERM)
      await node.ended()
      for effect in shop.effects {
        let times = effect.split(separator: " ").compactMap { Int64($0) }
        let late = times[1] - times[0]
        #expect(late >= 0)
        // 50 ms until the insert is noticed, and a debug build on a busy machine.
        #expect(late < 500_000, "\(late) µs late")
      }
    }

    @Test func `a running job is asked to end from another process`() async throws {
      let shop = try Workshop(lease: 10_000)
      let node = try await shop.serve()
      let uuid = try await shop.schedule("slow", count: 1, extra: #", "args": {"ms": 60000}"#)[0]
      #expect(try await eventually { try await shop.counts()["processing"] == 1 })
      #expect(try await shop.run("jobs", "cancel", uuid).code == 5)
      #expect(try await shop.run("jobs", "cancel", uuid, "--running").code == 0)
      #expect(try await eventually { try await shop.counts()["cancelled"] == 1 })
      node.signal(SIGTERM)
      await node.ended()
      #expect(shop.effects.isEmpty)
      let job = try await shop.run("jobs", "show", uuid, "--json").json()
      #expect(job["reason"]?.string == Reason.cancelRequested)
    }
  }
}
