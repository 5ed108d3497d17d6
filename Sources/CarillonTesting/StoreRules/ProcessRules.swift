import Carillon
import Foundation

/// What holds between processes that share a store. A store that lives in one process passes.
extension StoreRule {
  static let processRules: [StoreRule] = [
    StoreRule(.processes, "shows another process what was stored") { trial in
      guard let other = try await trial.another?() else { return }
      let (job, node) = try await trial.running()
      try trial.expect(try await other.job(job.uuid), job, "the job")
      try trial.expect(try await other.claims(of: node), [job], "the node's claims")
      try trial.expect(try await other.nodes().map(\.uuid), [node], "the nodes")
      let executed = try await trial.apply(.succeed(result: "1"), to: job)
      try trial.expect(try await other.job(job.uuid), executed, "the job after its end")
      try trial.expect(
        try await other.statistics(known: []), try await trial.store.statistics(known: []),
        "the statistics")
    },

    StoreRule(.processes, "wakes another process after an insert and a request to cancel") {
      trial in
      guard let other = try await trial.another?() else { return }
      let stream = other.wakeUps()
      try await trial.insert()
      try await trial.expectElement(of: stream)
      let claimed = try await trial.claimOne(by: try await trial.join())
      let requests = other.wakeUps()
      _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: claimed.uuid)
      try await trial.expectElement(of: requests)
    },

    StoreRule(.processes, "never hands one job to two processes that claim at once") { trial in
      guard let other = try await trial.another?() else { return }
      let stores = [trial.store, other]
      _ = try await trial.store.insert((0..<100).map { _ in try trial.request() })
      let claimed = try await withThrowingTaskGroup(of: [Job].self) { group in
        for number in 0..<4 {
          let store = stores[number % 2]
          let node = trial.node()
          group.addTask {
            try await store.join(node, lease: Trial.lease)
            var mine: [Job] = []
            while true {
              let request = ClaimRequest(keys: [Trial.key], free: .all(3), idle: true)
              let claimed = try await store.exchange([], claim: request, by: node.uuid).claimed
              if claimed.isEmpty { return mine }
              mine += claimed
            }
          }
        }
        return try await group.reduce(into: [Job]()) { $0 += $1 }
      }
      try trial.expect(claimed.count, 100, "the number of claims")
      try trial.expect(Set(claimed.map(\.uuid)).count, 100, "the number of different jobs")
    },

    StoreRule(.processes, "keeps a heartbeat from waiting for another process's work") { trial in
      guard let other = try await trial.another?() else { return }
      let node = try await trial.join()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for _ in 0..<10 {
            _ = try await other.insert((0..<100).map { _ in try trial.request() })
          }
        }
        for _ in 0..<10 {
          try trial.expect(
            try await trial.store.heartbeat(node, lease: Trial.lease, draining: false), .renewed,
            "the answer")
        }
        try await group.waitForAll()
      }
    },
  ]
}
