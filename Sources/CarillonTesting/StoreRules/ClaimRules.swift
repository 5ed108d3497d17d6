import Carillon
import Foundation

extension StoreRule {
  static let claimRules: [StoreRule] = [
    StoreRule(.claim, "hands a due job to the node, spends an attempt and raises the fence") {
      trial in
      let job = try await trial.insert()
      let node = try await trial.join()
      trial.clock.advance(by: .seconds(1))
      let claimed = try await trial.claimOne(by: node)
      try trial.expect(
        claimed, try job.applying(.claim(node: node), at: trial.now), "the claimed job")
      try trial.expect(claimed.attempts, 1, "attempts")
      try trial.expect(claimed.claim, 1, "claim")
      try trial.expect(try await trial.job(job.uuid), claimed, "the job as read again")
    },

    StoreRule(.claim, "takes the highest priority first") { trial in
      var jobs: [Job] = []
      for priority in [3, 0, 9, 1, 9, 0] {
        jobs.append(try await trial.insert(priority: priority))
        trial.clock.advance(by: .seconds(1))
      }
      let claimed = try await trial.claim(by: try await trial.join())
      try trial.expect(claimed.map(\.priority), [9, 9, 3, 1, 0, 0], "the priorities")
      try trial.expect(
        claimed.map(\.uuid), [2, 4, 0, 3, 1, 5].map { jobs[$0].uuid }, "the uuids")
    },

    StoreRule(.claim, "takes the earliest run_at first within a priority") { trial in
      for seconds in [5, 1, 4, 2, 3] {
        try await trial.insert(time: .at(trial.now - .seconds(seconds)))
      }
      let claimed = try await trial.claim(by: try await trial.join())
      try trial.expect(
        claimed.map(\.runAt), claimed.map(\.runAt).sorted(), "run_at in the claim's order")
      try trial.expect(claimed.count, 5, "the number of claimed jobs")
    },

    StoreRule(.claim, "takes the smallest uuid first where priority and run_at are equal") {
      trial in
      let uuids = (0..<20).map { _ in trial.uuid() }
      for uuid in uuids.shuffled() {
        try await trial.insert(trial.request(uuid: uuid, time: .at(trial.now)))
      }
      let claimed = try await trial.claim(by: try await trial.join())
      try trial.expect(claimed.map(\.uuid), uuids, "the uuids")
    },

    StoreRule(.claim, "orders by run_at, not by the nominal time") { trial in
      let node = try await trial.join()
      let early = try await trial.insert()
      let claimed = try await trial.claimOne(by: node)
      try await trial.apply(.retry(after: .seconds(10), error: "busy"), to: claimed)
      let late = try await trial.insert(time: .in(.seconds(5)))
      trial.clock.advance(by: .seconds(10))
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [late.uuid, early.uuid], "the uuids")
    },

    StoreRule(.claim, "orders across queues as within one") { trial in
      for (queue, priority) in [("a", 1), ("b", 2), ("a", 3), ("c", 0), ("b", 0)] {
        try await trial.insert(queue: queue, priority: priority)
        trial.clock.advance(by: .seconds(1))
      }
      let claimed = try await trial.claim(by: try await trial.join())
      try trial.expect(claimed.map(\.queue), ["a", "b", "a", "c", "b"], "the queues")
    },

    StoreRule(.claim, "never starts a job early") { trial in
      let node = try await trial.join()
      let job = try await trial.insert(time: .at(trial.now + .seconds(10)), priority: 100)
      trial.clock.advance(by: .seconds(10) - .microseconds(1))
      try trial.expect(
        try await trial.claim(by: node), [], "what is claimed a microsecond before its time")
      trial.clock.advance(by: .microseconds(1))
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [job.uuid], "what is claimed at its time")
    },

    StoreRule(.claim, "follows its clock when that is set back") { trial in
      let node = try await trial.join()
      try await trial.insert(time: .in(.seconds(10)))
      trial.clock.stepWallClock(by: .seconds(-60))
      trial.clock.advance(by: .seconds(10))
      try trial.expect(try await trial.claim(by: node), [], "what is claimed before its time")
      trial.clock.advance(by: .seconds(60))
      try trial.expect(try await trial.claim(by: node).count, 1, "what is claimed at its time")
    },

    StoreRule(.claim, "hands out each job once") { trial in
      let (one, other) = (try await trial.join(), try await trial.join())
      for _ in 0..<10 { try await trial.insert() }
      let first = try await trial.claim(6, by: one)
      let second = try await trial.claim(by: other)
      try trial.expect(first.count, 6, "the first claim")
      try trial.expect(second.count, 4, "the second claim")
      try trial.expect(
        Set((first + second).map(\.uuid)).count, 10, "the number of different jobs")
      try trial.expect(try await trial.claim(by: one), [], "the third claim")
    },

    StoreRule(.claim, "never hands one job to two of eight tasks that claim at once") { trial in
      var nodes: [UUID] = []
      for _ in 0..<8 { nodes.append(try await trial.join()) }
      _ = try await trial.store.insert((0..<200).map { _ in try trial.request() })
      let claimed = try await withThrowingTaskGroup(of: [Job].self) { group in
        for node in nodes {
          group.addTask {
            var mine: [Job] = []
            while true {
              let claimed = try await trial.claim(3, by: node)
              if claimed.isEmpty { return mine }
              mine += claimed
            }
          }
        }
        return try await group.reduce(into: [Job]()) { $0 += $1 }
      }
      try trial.expect(claimed.count, 200, "the number of claims")
      try trial.expect(Set(claimed.map(\.uuid)).count, 200, "the number of different jobs")
      try trial.expect(Set(claimed.map(\.claim)), [1], "the fences")
    },

    StoreRule(.claim, "claims only for a registered node") { trial in
      let job = try await trial.insert()
      let exchange = try await trial.exchange(by: trial.uuid())
      try trial.expect(exchange.nodeIsGone, "the node is said to be gone")
      try trial.expect(exchange.claimed, [], "the claimed jobs")
      try trial.expect(try await trial.job(job.uuid), job, "the job")
    },

    StoreRule(.claim, "claims nothing for a node that has left or was rescued") { trial in
      let (left, rescued) = (try await trial.join(), try await trial.join())
      try await trial.store.leave(left)
      trial.clock.advance(by: Trial.lease)
      _ = try await trial.store.rescue(rescued, at: 0)
      try await trial.insert()
      for node in [left, rescued] {
        let exchange = try await trial.exchange(by: node)
        try trial.expect(exchange.nodeIsGone, "the node is said to be gone")
        try trial.expect(exchange.claimed, [], "the claimed jobs")
      }
    },

    StoreRule(.claim, "leaves jobs whose handler is not asked for") { trial in
      let node = try await trial.join()
      try await trial.insert("Other", priority: 5)
      let known = try await trial.insert()
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [known.uuid], "the claimed jobs")
      let keys: Set = [HandlerKey(handlerModule: "Other", resourceType: "page")]
      try trial.expect(
        try await trial.exchange(knowing: keys, by: node).claimed, [],
        "what is claimed for the other's name and another resource type")
      try trial.expect(
        try await trial.exchange(knowing: [], by: node).claimed, [], "what is claimed for no names")
    },

    StoreRule(.claim, "isn't held up by jobs that nobody knows, however many and urgent") { trial in
      let node = try await trial.join()
      _ = try await trial.store.insert(
        (0..<300).map { _ in try trial.request("Unknown", priority: 9) })
      let known = try await trial.insert()
      try trial.expect(
        try await trial.claim(1, by: node).map(\.uuid), [known.uuid], "the claimed jobs")
    },

    StoreRule(.claim, "leaves jobs that are held") { trial in
      let held = try await trial.insert("Unknown")
      let node = try await trial.join()
      _ = try await trial.store.holdUnresolved(limit: 10)
      let keys: Set = [HandlerKey(handlerModule: "Unknown", resourceType: "post")]
      let exchange = try await trial.exchange(knowing: keys, by: node)
      try trial.expect(exchange.claimed, [], "the claimed jobs")
      try trial.expect(try await trial.job(held.uuid).hold, .unresolved, "the job's hold")
    },

    StoreRule(.claim, "tells a node what it holds") { trial in
      let (one, other) = (try await trial.join(), try await trial.join())
      for _ in 0..<4 { try await trial.insert() }
      let mine = try await trial.claim(3, by: one)
      _ = try await trial.claim(by: other)
      try await trial.apply(.succeed(result: nil), to: mine[0])
      let held = try await trial.store.claims(of: one)
      try trial.expect(Set(held), Set(mine[1...]), "the held jobs")
      try trial.expect(try await trial.store.claims(of: trial.uuid()), [], "a stranger's jobs")
    },
  ]
}
