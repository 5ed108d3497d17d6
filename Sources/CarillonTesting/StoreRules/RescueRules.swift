import Carillon
import Foundation

extension StoreRule {
  static let rescueRules: [StoreRule] = [
    StoreRule(.rescue, "rescues a node only when its lease has run out") { trial in
      let (job, node) = try await trial.running()
      trial.clock.advance(by: Trial.lease - .microseconds(1))
      try trial.expect(try await trial.store.rescue(node, at: 0), nil, "the answer before")
      try trial.expect(try await trial.job(job.uuid), job, "the job")
      trial.clock.advance(by: .microseconds(1))
      try trial.expect(
        try await trial.store.rescue(node, at: 0)?.map(\.uuid), [job.uuid], "the answer after")
    },

    StoreRule(.rescue, "spares a node that has renewed since it was looked at") { trial in
      let (job, node) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      _ = try await trial.store.heartbeat(node, lease: .microseconds(1), draining: false)
      trial.clock.advance(by: .seconds(60))
      try trial.expect(try await trial.store.rescue(node, at: 0), nil, "the answer at old beats")
      try trial.expect(try await trial.job(job.uuid), job, "the job")
      try trial.expect(
        try await trial.store.rescue(node, at: 1)?.count, 1, "the answer at the newest beats")
    },

    StoreRule(.rescue, "answers nil for a node that isn't registered") { trial in
      try trial.expect(try await trial.store.rescue(trial.uuid(), at: 0), nil, "the answer")
    },

    StoreRule(.rescue, "rescues a node once, and takes it off") { trial in
      let (_, node) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      try trial.expect(try await trial.store.rescue(node, at: 0)?.count, 1, "the first answer")
      try trial.expect(try await trial.store.rescue(node, at: 0), nil, "the second answer")
      try trial.expect(try await trial.store.nodes(), [], "the nodes")
      try trial.expect(
        try await trial.store.heartbeat(node, lease: Trial.lease, draining: false), .gone,
        "the answer to its heartbeat")
      try trial.expect(try await trial.exchange(by: node).nodeIsGone, "it is told in its turn")
      try trial.expect(try await trial.store.claims(of: node), [], "what it holds")
    },

    StoreRule(.rescue, "takes a dead node off that held nothing") { trial in
      let node = try await trial.join()
      trial.clock.advance(by: Trial.lease)
      try trial.expect(try await trial.store.rescue(node, at: 0), [], "the answer")
      try trial.expect(try await trial.store.nodes(), [], "the nodes")
    },

    StoreRule(.rescue, "takes every job of a dead node, and no other's") { trial in
      let (dead, alive) = (try await trial.join(), try await trial.join())
      for _ in 0..<5 { try await trial.insert() }
      let lost = try await trial.claim(3, by: dead)
      let safe = try await trial.claim(by: alive)
      trial.clock.advance(by: Trial.lease)
      let rescued = try trial.unwrap(try await trial.store.rescue(dead, at: 0), "the answer")
      try trial.expect(Set(rescued.map(\.uuid)), Set(lost.map(\.uuid)), "the rescued jobs")
      for job in rescued {
        try trial.expect(try await trial.job(job.uuid), job, "a rescued job as read again")
      }
      for job in safe { try trial.expect(try await trial.job(job.uuid), job, "another's job") }
    },

    StoreRule(.rescue, "spends the attempt and counts the crash") { trial in
      let (job, node) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      _ = try await trial.store.rescue(node, at: 0)
      let rescued = try await trial.job(job.uuid)
      try trial.expect(rescued.status, .pending, "status")
      try trial.expect(
        [rescued.attempts, rescued.crashes, rescued.failures], [1, 1, 0],
        "attempts, crashes, failures")
      try trial.expect(rescued.node, nil, "node")
      try trial.expect(rescued.claim, job.claim, "claim")
    },

    StoreRule(.rescue, "runs a job at once after its first crash, and later after the next") {
      trial in
      let uuid = try await trial.insert(maxAttempts: 9).uuid
      var waits: [Duration] = []
      for times in 1...4 {
        let job = try await trial.crash(uuid, times: 1)
        try trial.expect(job.crashes, times, "crashes")
        waits.append(job.runAt - trial.now)
      }
      try trial.expect(waits[0], .zero, "the wait after the first crash")
      try trial.expect(waits[1] > .zero, "there is a wait after the second")
      try trial.expect(waits[1] < waits[2] && waits[2] < waits[3], "the waits grow")
    },

    StoreRule(.rescue, "needs nobody who knows the handler") { trial in
      let node = try await trial.join(knowing: ["Forgotten"])
      let job = try await trial.insert("Forgotten")
      let keys: Set = [HandlerKey(handlerModule: "Forgotten", resourceType: "post")]
      _ = try await trial.exchange(knowing: keys, by: node)
      try await trial.join(knowing: [])
      trial.clock.advance(by: Trial.lease)
      try trial.expect(
        try await trial.store.rescue(node, at: 0)?.map(\.uuid), [job.uuid], "the rescued jobs")
      try trial.expect(try await trial.job(job.uuid).status, .pending, "status")
    },

    StoreRule(.rescue, "lets one of eight rescuers have the node's jobs") { trial in
      let (job, node) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      let answers = try await withThrowingTaskGroup(of: [Job]?.self) { group in
        for _ in 0..<8 { group.addTask { try await trial.store.rescue(node, at: 0) } }
        return try await group.reduce(into: [[Job]?]()) { $0.append($1) }
      }
      try trial.expect(answers.compactMap(\.self).count, 1, "the number of rescues")
      try trial.expect(try await trial.job(job.uuid).crashes, 1, "crashes")
    },
  ]
}
