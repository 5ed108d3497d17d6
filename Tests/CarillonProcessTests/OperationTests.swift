import Carillon
import Foundation
import Testing

extension ProcessTests {
  @Suite(.serialized) struct OperationTests {
    private let shop: Workshop

    init() throws { shop = try Workshop() }

    private func operation() async throws -> JSONValue? {
      try? await shop.run("operations", "list", "--json").json()[0]
    }

    @Test func `an operation whose process is killed is gone on with by one that serves`()
      async throws
    {
      let count = 5_000
      try await shop.schedule("line", count: count, extra: #", "in": "1h""#)
      let mover = try shop.start("jobs", "cancel", "--filter", "status:pending", "--yes")
      var done = 0
      // It is let run for moments only, so that it can't end while one looks.
      let hasBegun = try await eventually {
        mover.signal(SIGSTOP)
        done = try await operation()?["done"]?.int ?? 0
        if done == 0, mover.isRunning { mover.signal(SIGCONT) }
        return done > 0 || !mover.isRunning
      }
      #expect(hasBegun)
      mover.signal(SIGKILL)
      await mover.ended()
      #expect(mover.terminationReason == .uncaughtSignal, "it was too quick to be killed")
      #expect(done < count)
      #expect(try await operation()?["state"] == "running")

      let nodes = [try await shop.serve(), try await shop.serve()]
      let isOver = try await eventually(within: .seconds(60)) {
        try await operation()?["state"] == "done"
      }
      #expect(isOver)
      for node in nodes {
        node.signal(SIGTERM)
        await node.ended()
      }
      let end = try await operation()
      #expect(end?["total"] == JSONValue.number(JSONNumber(count)))
      #expect(end?["done"] == end?["total"] && end?["skipped"] == [:])
      #expect(try await shop.counts()["cancelled"] == count)
      let audit = try await shop.run("audit", "list", "--json").json().array ?? []
      #expect(audit.map { $0["action"] } == ["begin", "schedule"])
    }
  }
}
