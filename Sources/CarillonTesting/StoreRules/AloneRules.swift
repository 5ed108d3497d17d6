import Carillon
import Foundation

/// A job whose node was lost on its last attempt gets one more run, alone in its process, so that a
/// crash is charged to nobody else.
extension StoreRule {
  static let aloneRules: [StoreRule] = [
    StoreRule(.alone, "gives a job one more run after its node was lost on the last attempt") {
      trial in
      let uuid = try await trial.insert(maxAttempts: 2).uuid
      let job = try await trial.crash(uuid, times: 2)
      try trial.expect(job.status, .pending, "status")
      try trial.expect(job.attempts, 2, "attempts")
      try trial.expect(job.crashes, 2, "crashes")
      try trial.expect(job.runsAlone, "it is to run alone")
    },

    StoreRule(.alone, "fails the job as node_lost when that run loses its node too") { trial in
      let uuid = try await trial.insert(maxAttempts: 2).uuid
      let job = try await trial.crash(uuid, times: 3)
      try trial.expect(job.status, .failed, "status")
      try trial.expect(job.reason, Reason.nodeLost, "reason")
      try trial.expect(job.crashes, 3, "crashes")
      try trial.expect(
        try await trial.store.attempts(of: uuid).map(\.outcome), [.lost, .lost, .lost],
        "the attempts' outcomes")
    },

    StoreRule(.alone, "hands it only to a node that runs nothing") { trial in
      let (alone, node) = try await trial.alone()
      let busy = try await trial.exchange(idle: false, by: node)
      try trial.expect(busy.claimed, [], "what a busy node claims")
      let idle = try await trial.exchange(idle: true, by: node)
      try trial.expect(idle.claimed.map(\.uuid), [alone.uuid], "what an idle node claims")
      try trial.expect(idle.claimed.first?.attempts, 2, "its attempts, one above the most")
    },

    StoreRule(.alone, "hands nothing else out with it") { trial in
      let (alone, node) = try await trial.alone()
      for _ in 0..<3 { try await trial.insert() }
      for free in [QueueLimits.all(10), .each(["default": 10])] {
        let claimed = try await trial.exchange(free: free, by: node).claimed
        try trial.expect(claimed.map(\.uuid), [alone.uuid], "the claimed jobs")
        try await trial.apply(.release, to: claimed[0])
      }
    },

    StoreRule(.alone, "takes nothing that stands behind it while it waits, so it isn't starved") {
      trial in
      let (alone, node) = try await trial.alone()
      for _ in 0..<3 { try await trial.insert() }
      try trial.expect(
        try await trial.exchange(idle: false, by: node).claimed, [], "what a busy node claims")
      try trial.expect(
        try await trial.exchange(idle: true, by: node).claimed.map(\.uuid), [alone.uuid],
        "what it claims when it has become idle")
    },

    StoreRule(.alone, "takes what stands before it first, and not it") { trial in
      let (alone, node) = try await trial.alone()
      let urgent = try await trial.insert(priority: 5)
      try await trial.insert()
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [urgent.uuid], "the first claim")
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [alone.uuid], "the second, idle again")
    },

    StoreRule(.alone, "lets others pass it on a node that doesn't know its handler") { trial in
      let (_, node) = try await trial.alone()
      let other = try await trial.insert("Other")
      let keys: Set = [HandlerKey(handlerModule: "Other", resourceType: "post")]
      let claimed = try await trial.exchange(knowing: keys, idle: false, by: node).claimed
      try trial.expect(claimed.map(\.uuid), [other.uuid], "the claimed jobs")
    },

    StoreRule(.alone, "lets others pass it on a node that doesn't work on its queue") { trial in
      let (_, node) = try await trial.alone()
      let other = try await trial.insert(queue: "other")
      let claimed = try await trial.exchange(free: .each(["other": 3]), idle: false, by: node)
        .claimed
      try trial.expect(claimed.map(\.uuid), [other.uuid], "the claimed jobs")
    },

    StoreRule(.alone, "lets others pass it before its time") { trial in
      let (alone, node) = try await trial.alone()
      let claimed = try await trial.claimOne(by: node)
      try trial.expect(claimed.uuid, alone.uuid, "the claimed job")
      try await trial.apply(.snooze(.seconds(60)), to: claimed)
      let other = try await trial.insert()
      try trial.expect(
        try await trial.exchange(idle: false, by: node).claimed.map(\.uuid), [other.uuid],
        "the claimed jobs")
    },

    StoreRule(.alone, "ends it as failed when its handler fails") { trial in
      let (_, node) = try await trial.alone()
      let claimed = try await trial.claimOne(by: node)
      let failed = try await trial.apply(.fail(error: "broken"), to: claimed)
      try trial.expect(failed.status, .failed, "status")
      try trial.expect(failed.lastError, "broken", "last_error")
    },
  ]
}

extension Trial {
  /// A due job that is to run alone, and a node that could run it.
  fileprivate func alone() async throws -> (job: Job, node: UUID) {
    let uuid = try await insert(maxAttempts: 1).uuid
    let job = try await crash(uuid, times: 1)
    try expect(job.runsAlone, "the job is to run alone")
    clock.advance(by: .seconds(86_400))
    return (job, try await join())
  }
}
