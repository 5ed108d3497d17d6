import Carillon
import Foundation

extension StoreRule {
  static let nodeRules: [StoreRule] = [
    StoreRule(.nodes, "shows a node as it joined, with a lease by the store's clock") { trial in
      let node = Node(
        uuid: trial.uuid(), name: "host \"7\":42", startedAt: trial.now - .seconds(3),
        catalogue: [
          PublishedHandler(
            handlerModule: "Newsroom.Publish", jobType: "publish_post", resourceType: "post",
            aliases: ["Old.Publish", "Älter"], queue: "slow", priority: 7, maxAttempts: 9,
            timeoutMilliseconds: 30_000),
          PublishedHandler(handlerModule: "B", jobType: "b", resourceType: "page"),
        ],
        queues: .each(["slow": 2, "fast \"x\"": 30]), leaseExpiresAt: trial.now)
      try await trial.store.join(node, lease: .seconds(18))
      var expected = node
      expected.leaseExpiresAt = trial.now + .seconds(18)
      try trial.expect(try await trial.store.nodes(), [expected], "the nodes")
      try trial.expect(
        try await trial.store.statistics(known: []).nodes, [expected], "the nodes in statistics")
    },

    StoreRule(.nodes, "shows all nodes, also those whose lease has run out") { trial in
      let first = try await trial.join()
      trial.clock.advance(by: .seconds(100))
      let second = try await trial.join()
      try trial.expect(
        try await trial.store.nodes().map(\.uuid), [first, second], "the nodes, oldest first")
    },

    StoreRule(.nodes, "takes the newest word of a node that joins again") { trial in
      let node = try await trial.join(knowing: ["One"])
      try await trial.join(knowing: ["Two"], uuid: node)
      let nodes = try await trial.store.nodes()
      try trial.expect(nodes.map { $0.catalogue.map(\.handlerModule) }, [["Two"]], "the catalogue")
    },

    StoreRule(.nodes, "renews a lease, counts the beats and shows the draining") { trial in
      let uuid = try await trial.join()
      for beat in 1...3 {
        trial.clock.advance(by: .seconds(4))
        let answer = try await trial.store.heartbeat(uuid, lease: .seconds(20), draining: beat > 2)
        try trial.expect(answer, .renewed, "the answer")
        let node = try trial.unwrap(try await trial.store.nodes().first, "the node")
        try trial.expect(node.beats, Int64(beat), "beats")
        try trial.expect(node.leaseExpiresAt, trial.now + .seconds(20), "the lease's end")
        try trial.expect(node.draining, beat > 2, "draining")
      }
    },

    StoreRule(.nodes, "renews a lease that has run out, as long as nobody rescued the node") {
      trial in
      let (job, node) = try await trial.running()
      trial.clock.advance(by: .seconds(3_600))
      try trial.expect(
        try await trial.store.heartbeat(node, lease: Trial.lease, draining: false), .renewed,
        "the answer")
      try trial.expect(try await trial.job(job.uuid), job, "the job")
    },

    StoreRule(.nodes, "tells a node that it doesn't know that it is gone") { trial in
      try trial.expect(
        try await trial.store.heartbeat(trial.uuid(), lease: Trial.lease, draining: false), .gone,
        "the answer to a stranger")
      let node = try await trial.join()
      try await trial.store.leave(node)
      try trial.expect(
        try await trial.store.heartbeat(node, lease: Trial.lease, draining: false), .gone,
        "the answer to one that left")
      try trial.expect(try await trial.store.nodes(), [], "the nodes")
    },

    StoreRule(.nodes, "takes back what a leaving node holds, unspent") { trial in
      let (job, node) = try await trial.running()
      let other = try await trial.join()
      try await trial.insert()
      let others = try await trial.claimOne(by: other)
      trial.clock.advance(by: .seconds(1))
      try await trial.store.leave(node)
      let released = try await trial.job(job.uuid)
      try trial.expect(released, try job.applying(.release, at: trial.now), "the job")
      try trial.expect(
        try await trial.store.attempts(of: job.uuid).map(\.outcome), [.release], "the outcomes")
      try trial.expect(try await trial.job(others.uuid), others, "another node's job")
      try trial.expect(try await trial.store.nodes().map(\.uuid), [other], "the nodes")
      try trial.expect(
        try await trial.claim(by: other).map(\.uuid), [job.uuid], "what the other claims next")
    },

    StoreRule(.nodes, "lets a node leave that it doesn't know") { trial in
      try await trial.store.leave(trial.uuid())
      try trial.expect(try await trial.store.nodes(), [], "the nodes")
    },

    StoreRule(.nodes, "looks after itself and says how it is") { trial in
      try await trial.insert()
      try await trial.store.maintain()
      let findings = try await trial.store.diagnose()
      try trial.expect(
        findings.filter { $0.severity == .error }, [], "the errors of a sound store")
      try trial.expect(
        Set(findings.map(\.id)).count, findings.count, "the number of different findings")
      try trial.expect(!trial.store.location.isEmpty, "the store says where it is")
    },
  ]
}
