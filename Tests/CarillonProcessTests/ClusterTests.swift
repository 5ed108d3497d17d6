import Carillon
import CarillonPostgres
import Foundation
import Testing

extension ProcessTests {
  /// Many processes on one PostgreSQL server.
  @Suite(.serialized, .enabled(if: Cluster.server != nil)) struct ClusterTests {
    @Test(arguments: [Cluster.server, Cluster.pooler].compactMap(\.self))
    func `killed nodes lose no job, and their jobs run again in time`(_ url: String) async throws {
      let lease = 1_500
      let cluster = try await Cluster(lease: lease, through: url)
      let count = Cluster.isLong ? 20_000 : 2_000
      let uuids = try await cluster.shop.schedule(
        "slow", count: count, extra: #", "args": {"ms": \#(Cluster.isLong ? 150 : 100)}"#)
      try await cluster.start(4)
      for _ in 0..<(Cluster.isLong ? 12 : 3) {
        try await Task.sleep(for: .milliseconds(Cluster.isLong ? 3_000 : 700))
        try await cluster.killOne()
      }
      #expect(try await cluster.untilExecuted(count, within: .seconds(180)))
      try await cluster.expectNothingLost(uuids, isolation: "after \(cluster.kills.count) kills")
      // Lease, grace and two looks, and a second for a busy machine.
      let bound = Duration.milliseconds(lease + lease / 2 + lease / 5 + 1_000)
      for job in try await cluster.jobs() where job.crashes > 0 {
        for attempt in try await cluster.store.attempts(of: job.uuid)
        where attempt.outcome == .lost {
          let lost = try #require(attempt.endedAt)
          let killed = try #require(cluster.kills.last { $0 <= lost })
          #expect(lost - killed <= bound)
        }
      }
      try await cluster.end()
    }

    @Test func `a server that restarts costs no node and no job`() async throws {
      let cluster = try await Cluster(lease: 4_000)
      let count = Cluster.isLong ? 20_000 : 3_000
      let uuids = try await cluster.shop.schedule(
        "slow", count: count, extra: #", "args": {"ms": 100}"#)
      try await cluster.start(4)
      for round in 0..<(Cluster.isLong ? 5 : 2) {
        try await Task.sleep(for: .milliseconds(Cluster.isLong ? 4_000 : 800))
        try await cluster.restartServer(round.isMultiple(of: 2) ? "immediate" : "fast")
      }
      #expect(try await cluster.untilExecuted(count, within: .seconds(180)))
      let areRunning = cluster.nodes.map(\.isRunning)
      #expect(!areRunning.contains(false))
      try await cluster.expectNothingLost(uuids, isolation: "after restarts of the server")
      try await cluster.end()
    }

    @Test func `a suspended node's late outcomes count for nothing`() async throws {
      let cluster = try await Cluster(lease: 600, slots: 8)
      try await cluster.start(3)
      var uuids: [String] = []
      for round in 0..<(Cluster.isLong ? 50 : 4) {
        uuids += try await cluster.shop.schedule(
          "slow", count: 24, extra: #", "args": {"ms": 1200}"#)
        let isBusy = try await eventually {
          try await cluster.store.statistics(known: []).jobs[.processing] ?? 0 > 8
        }
        #expect(isBusy)
        let node = cluster.nodes[round % 3]
        node.signal(SIGSTOP)
        #expect(try await cluster.untilExecuted(uuids.count, within: .seconds(30)))
        node.signal(SIGCONT)
      }
      try await cluster.expectNothingLost(uuids, isolation: "after suspensions")
      try await cluster.end()
    }

    @Test func `handlers that block every thread don't make a job run twice`() async throws {
      let lease = 800
      let cluster = try await Cluster(lease: lease, parameters: "&pool_size=2")
      let count = 32
      let uuids = try await cluster.shop.schedule(
        "blocker", count: count, extra: #", "args": {"ms": \#(lease * 3)}"#)
      try await cluster.start(2)
      #expect(try await cluster.untilExecuted(count, within: .seconds(60)))
      #expect(cluster.shop.effects.count == count)
      let jobs = try await cluster.jobs()
      #expect(Set(jobs.map(\.uuid.text)) == Set(uuids))
      #expect(jobs.allSatisfy { $0.attempts == 1 && $0.crashes == 0 })
      try await cluster.end()
    }

    @Test(arguments: [Cluster.server, Cluster.pooler].compactMap(\.self))
    func `a rolling restart spends no attempt`(_ url: String) async throws {
      let cluster = try await Cluster(lease: 10_000, through: url)
      let rounds = Cluster.isLong ? 100 : 6
      let count = rounds * 100
      let uuids = try await cluster.shop.schedule(
        "slow", count: count, extra: #", "args": {"ms": 150}"#)
      try await cluster.start(3)
      for round in 0..<rounds { try await cluster.rollOne(round) }
      #expect(try await cluster.untilExecuted(count, within: .seconds(300)))
      let jobs = try await cluster.jobs()
      #expect(Set(jobs.map(\.uuid.text)) == Set(uuids))
      #expect(jobs.allSatisfy { $0.attempts == 1 && $0.crashes == 0 && $0.status == .executed })
      #expect(cluster.shop.effects.count == count)
      try await cluster.end()
    }
  }
}
