import Carillon
import Foundation
import Testing

extension ProcessTests {
  @Suite(.serialized) struct ShutdownTests {
    @Test func `a first signal lets running jobs end`() async throws {
      let shop = try Workshop()
      let node = try await shop.serve()
      try await shop.schedule("slow", count: 2, extra: #", "args": {"ms": 3000}"#)
      #expect(try await eventually { try await shop.counts()["processing"] == 2 })
      node.signal(SIGTERM)
      await node.ended()
      #expect(node.terminationStatus == 0)
      #expect(try await shop.counts()["executed"] == 2)
    }

    @Test func `a second signal hands jobs back without charging the attempt`() async throws {
      let shop = try Workshop()
      let node = try await shop.serve()
      let uuid = try await shop.schedule("slow", count: 1, extra: #", "args": {"ms": 60000}"#)[0]
      #expect(try await eventually { try await shop.counts()["processing"] == 1 })
      node.signal(SIGTERM)
      #expect(try await eventually { shop.logs.contains("Draining") })
      node.signal(SIGTERM)
      await node.ended()
      let job = try await shop.run("jobs", "show", uuid, "--json").json()
      #expect(job["status"] == "pending")
      #expect(job["attempts"]?.int == 0)
      #expect(job["attempts_log"]?[0]?["outcome"] == "release")
      #expect(try await shop.run("stats", "--json").json()["nodes"]?.array?.isEmpty == true)
    }

    @Test func `a handler that ignores its cancellation doesn't keep the process`() async throws {
      let shop = try Workshop()
      let node = try await shop.serve()
      try await shop.schedule("blocker", count: 1, extra: #", "args": {"ms": 60000}"#)
      #expect(try await eventually { try await shop.counts()["processing"] == 1 })
      node.signal(SIGTERM)
      #expect(try await eventually { shop.logs.contains("Draining") })
      node.signal(SIGTERM)
      #expect(try await eventually(within: .seconds(10)) { !node.isRunning })
      // Its job isn't lost: the next node takes it when the lease has run out.
      #expect(try await shop.counts()["processing"] == 1)
    }
  }
}
