import Carillon
import Foundation

/// A due job whose handler no live node knows is kept: it waits, and delays nobody.
extension StoreRule {
  static let unresolvedRules: [StoreRule] = [
    StoreRule(.unresolved, "holds due jobs that no live node knows, and spends nothing") { trial in
      try await trial.join()
      let unknown = try await trial.insert("Unknown")
      let known = try await trial.insert()
      let later = try await trial.insert("Unknown", time: .in(.seconds(60)))
      try trial.expect(try await trial.store.holdUnresolved(limit: 10), 1, "the first answer")
      let held = try await trial.job(unknown.uuid)
      try trial.expect(held.hold, .unresolved, "hold")
      try trial.expect(held.heldAt, trial.now, "held_at")
      try trial.expect(held.status, .pending, "status")
      try trial.expect([held.attempts, Int(held.claim)], [0, 0], "attempts, claim")
      try trial.expect(try await trial.job(known.uuid), known, "the known job")
      try trial.expect(try await trial.job(later.uuid), later, "the job that isn't due")
      try trial.expect(try await trial.store.holdUnresolved(limit: 10), 0, "the second answer")
    },

    StoreRule(.unresolved, "knows a handler by its name and its resource type together") { trial in
      try await trial.join(resourceType: "page")
      let job = try await trial.insert()
      try trial.expect(try await trial.store.holdUnresolved(limit: 10), 1, "the answer")
      try trial.expect(try await trial.job(job.uuid).hold, .unresolved, "hold")
    },

    StoreRule(.unresolved, "knows a handler by its older names") { trial in
      var node = trial.node()
      node.catalogue[0].aliases = ["Old.Name"]
      try await trial.store.join(node, lease: Trial.lease)
      try await trial.insert("Old.Name")
      try trial.expect(try await trial.store.holdUnresolved(limit: 10), 0, "the answer")
    },

    // A lease that has run out may be renewed, and a renewal frees nothing.
    StoreRule(.unresolved, "counts on a node until it is rescued") { trial in
      let node = try await trial.join()
      try await trial.insert()
      trial.clock.advance(by: Trial.lease)
      try await trial.join(knowing: ["Other"])
      try trial.expect(try await trial.store.holdUnresolved(limit: 10), 0, "the answer before")
      _ = try await trial.store.rescue(node, at: 0)
      try trial.expect(try await trial.store.holdUnresolved(limit: 10), 1, "the answer after")
    },

    StoreRule(.unresolved, "holds no more at once than was asked") { trial in
      try await trial.join()
      for _ in 0..<7 { try await trial.insert("Unknown") }
      var answers: [Int] = []
      for _ in 0..<4 { answers.append(try await trial.store.holdUnresolved(limit: 3)) }
      try trial.expect(answers, [3, 3, 1, 0], "the answers")
    },

    StoreRule(.unresolved, "holds a job that is to run alone like any other") { trial in
      let uuid = try await trial.insert(maxAttempts: 1).uuid
      _ = try await trial.crash(uuid, times: 1)
      try await trial.insert()
      try await trial.join(knowing: ["Other"])
      try trial.expect(try await trial.store.holdUnresolved(limit: 10), 2, "the answer")
      try trial.expect(try await trial.job(uuid).hold, .unresolved, "hold")
    },

    StoreRule(.unresolved, "frees what it held when a node joins that knows it") { trial in
      try await trial.join(knowing: ["Other"])
      let job = try await trial.insert()
      _ = try await trial.store.holdUnresolved(limit: 10)
      try await trial.join(knowing: ["Yet another"])
      try trial.expect(
        try await trial.job(job.uuid).hold, .unresolved, "hold after a join that didn't help")
      let node = try await trial.join()
      let freed = try await trial.job(job.uuid)
      try trial.expect(freed.hold, nil, "hold")
      try trial.expect(freed.heldAt, nil, "held_at")
      let claimed = try await trial.claim(by: node)
      try trial.expect(claimed.map(\.uuid), [job.uuid], "what the new node claims at once")
      try trial.expect(claimed.map(\.attempts), [1], "its attempts")
    },

    StoreRule(.unresolved, "frees what it held when a node joins that knows an older name") {
      trial in
      try await trial.join()
      let job = try await trial.insert("Old.Name")
      _ = try await trial.store.holdUnresolved(limit: 10)
      var node = trial.node(knowing: ["New.Name"])
      node.catalogue[0].aliases = ["Old.Name"]
      try await trial.store.join(node, lease: Trial.lease)
      try trial.expect(try await trial.job(job.uuid).hold, nil, "hold")
    },

    StoreRule(.unresolved, "frees nothing for a node that works on another resource type") {
      trial in
      try await trial.join(knowing: ["Other"])
      let job = try await trial.insert()
      _ = try await trial.store.holdUnresolved(limit: 10)
      try await trial.join(resourceType: "page")
      try trial.expect(try await trial.job(job.uuid).hold, .unresolved, "hold")
    },

    StoreRule(.unresolved, "fails what stayed unresolved for longer than the timeout") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      let job = try await trial.insert("Unknown")
      let known = try await trial.insert()
      _ = try await trial.store.holdUnresolved(limit: 10)
      let timeout = Duration.seconds(86_400)
      trial.clock.advance(by: timeout - .microseconds(1))
      try trial.expect(
        try await trial.store.giveUpUnresolved(after: timeout, limit: 10), [], "before the timeout")
      trial.clock.advance(by: .microseconds(1))
      let failed = try await trial.store.giveUpUnresolved(after: timeout, limit: 10)
      try trial.expect(failed.map(\.uuid), [job.uuid], "the failed jobs")
      let after = try await trial.job(job.uuid)
      try trial.expect(failed, [after], "the answer")
      try trial.expect(after.status, .failed, "status")
      try trial.expect(after.reason, Reason.handlerNotFound, "reason")
      try trial.expect([after.attempts, after.failures], [0, 0], "attempts, failures")
      try trial.expect(after.hold, nil, "hold")
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [known.uuid], "what is claimed then")
    },

    StoreRule(.unresolved, "gives nothing up while no live node has a catalogue") { trial in
      try await trial.join()
      let job = try await trial.insert("Unknown")
      _ = try await trial.store.holdUnresolved(limit: 10)
      trial.clock.advance(by: .seconds(172_800))
      func giveUp() async throws -> [UUID] {
        try await trial.store.giveUpUnresolved(after: .seconds(86_400), limit: 10).map(\.uuid)
      }
      try trial.expect(try await giveUp(), [], "with a node whose lease has run out")
      try await trial.join(knowing: [])
      try trial.expect(try await giveUp(), [], "with a node that knows nothing at all")
      try await trial.join()
      try trial.expect(try await giveUp(), [job.uuid], "with a live node that knows something")
    },

    StoreRule(.unresolved, "gives up no more at once than was asked") { trial in
      try await trial.join(lease: .seconds(1_000_000))
      for _ in 0..<5 { try await trial.insert("Unknown") }
      _ = try await trial.store.holdUnresolved(limit: 10)
      trial.clock.advance(by: .seconds(100))
      var counts: [Int] = []
      for _ in 0..<3 {
        counts.append(
          try await trial.store.giveUpUnresolved(after: .seconds(100), limit: 3).count)
      }
      try trial.expect(counts, [3, 2, 0], "the numbers")
    },

    StoreRule(.unresolved, "cancels a held job like any pending one") { trial in
      try await trial.join()
      let job = try await trial.insert("Unknown")
      _ = try await trial.store.holdUnresolved(limit: 10)
      _ = try await trial.store.apply(.cancel(reason: "by hand"), to: job.uuid)
      let cancelled = try await trial.job(job.uuid)
      try trial.expect(cancelled.status, .cancelled, "status")
      try trial.expect(cancelled.hold, nil, "hold")
    },

    StoreRule(.unresolved, "counts what no live node knows, held or not, by handler") { trial in
      try await trial.join()
      let first = try await trial.insert("Unknown.A")
      trial.clock.advance(by: .seconds(5))
      try await trial.insert("Unknown.A")
      _ = try await trial.store.holdUnresolved(limit: 10)
      try await trial.insert("Unknown.A")
      try await trial.insert("Unknown.B")
      try await trial.insert("Unknown.C", time: .in(.seconds(60)))
      try await trial.insert()
      func key(_ name: String) -> HandlerKey {
        HandlerKey(handlerModule: name, resourceType: "post")
      }
      let a = StoreStatistics.Unresolved(key: key("Unknown.A"), count: 3, dueSince: first.runAt)
      let b = StoreStatistics.Unresolved(key: key("Unknown.B"), count: 1, dueSince: trial.now)
      try trial.expect(
        try await trial.store.statistics(known: []).unresolved, [a, b], "the unresolved")
      try trial.expect(
        try await trial.store.statistics(known: [a.key]).unresolved, [b],
        "the unresolved for a program that knows one of them")
    },
  ]
}
