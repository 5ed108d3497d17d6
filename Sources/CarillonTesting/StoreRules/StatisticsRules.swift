import Carillon
import Foundation

extension StoreRule {
  static let statisticsRules: [StoreRule] = [
    StoreRule(.statistics, "has nothing to tell of an empty store") { trial in
      let statistics = try await trial.store.statistics(known: [])
      try trial.expect(statistics.jobs.values.reduce(0, +), 0, "the number of jobs")
      try trial.expect(statistics.queues, [], "the queues")
      try trial.expect(statistics.unresolved, [], "the unresolved")
      try trial.expect(statistics.nodes, [], "the nodes")
      try trial.expect(statistics.now, trial.now, "the time")
    },

    StoreRule(.statistics, "counts the jobs of every status") { trial in
      for status in [JobStatus.executed, .executed, .failed, .cancelled, .processing, .pending] {
        _ = try await trial.job(in: status)
      }
      let statistics = try await trial.store.statistics(known: [])
      try trial.expect(
        statistics.jobs.filter { $0.value != 0 },
        [.executed: 2, .failed: 1, .cancelled: 1, .processing: 1, .pending: 1], "the counts")
    },

    StoreRule(.statistics, "counts a job's wait from when it was stored, where it was due before") {
      trial in
      let node = try await trial.join()
      try await trial.insert(time: .at(trial.now - .seconds(86_400 * 365)))
      trial.clock.advance(by: .seconds(3))
      try await trial.settle(try await trial.claimOne(by: node), .succeed(result: nil))
      let counts = try await trial.store.minuteCounts(
        from: trial.now - .seconds(60), to: trial.now + .seconds(60))
      var expected = MinuteCount.Buckets()
      expected.add(.seconds(3))
      try trial.expect(counts.map(\.wait), [expected], "the wait")
    },

    StoreRule(.statistics, "shows what waits, runs and is held in each queue") { trial in
      let node = try await trial.join()
      try await trial.insert(queue: "busy")
      _ = try await trial.claimOne(by: node)
      trial.clock.advance(by: .seconds(3))
      let oldest = try await trial.insert(queue: "busy", priority: 0)
      trial.clock.advance(by: .seconds(3))
      try await trial.insert(queue: "busy", priority: 9)
      try await trial.insert("Unknown", queue: "busy")
      try await trial.insert(time: .in(.seconds(60)), queue: "later")
      _ = try await trial.store.holdUnresolved(limit: 10)

      var busy = StoreStatistics.Queue(name: "busy")
      (busy.pending, busy.processing, busy.held) = (3, 1, 1)
      busy.oldestDueAt = oldest.runAt
      var later = StoreStatistics.Queue(name: "later")
      later.pending = 1
      let statistics = try await trial.store.statistics(known: [])
      try trial.expect(statistics.queues, [busy, later], "the queues, by name")
    },

    StoreRule(.statistics, "equals a recount after a random walk of operations") { trial in
      for seed in UInt64(1)...5 {
        var walk = RandomWalk(seed: seed, trial: trial)
        for _ in 0..<120 {
          walk.note(try await walk.step().perform(on: trial.store))
        }
        try await trial.expectRecount("after walk \(seed)")
      }
    },

    StoreRule(.statistics, "equals a recount after many tasks worked at once") { trial in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<6 {
          group.addTask {
            for number in 0..<15 {
              let node = try await trial.join()
              _ = try await trial.store.insert(
                (0..<3).map { try trial.request(queue: "q\($0)", priority: number % 2) })
              for job in try await trial.claim(2, by: node) {
                let fails = (worker + number) % 3 == 0
                let end: Transition =
                  !fails
                  ? .succeed(result: nil)
                  : job.attempts < job.maxAttempts
                    ? .retry(after: .zero, error: "busy") : .fail(error: "busy")
                try await trial.settle(job, end)
              }
              try await trial.store.leave(node)
            }
          }
        }
        try await group.waitForAll()
      }
      try await trial.expectRecount("after the work")
    },
  ]
}

extension Trial {
  /// Compares kept sums with what is really there.
  fileprivate func expectRecount(_ when: String) async throws {
    let jobs = try await store.jobs(JobQuery(limit: 10_000))
    let statistics = try await store.statistics(known: [])
    let byStatus = Dictionary(grouping: jobs, by: \.status).mapValues(\.count)
    try expect(statistics.jobs.filter { $0.value != 0 }, byStatus, "jobs by status \(when)")

    let live = Dictionary(grouping: jobs.filter { !$0.status.isFinal }, by: \.queue)
    let queues = live.keys.sorted().map { name in
      let jobs = live[name] ?? []
      var queue = StoreStatistics.Queue(name: name)
      queue.pending = jobs.filter { $0.status == .pending }.count
      queue.processing = jobs.filter { $0.status == .processing }.count
      queue.held = jobs.filter { $0.hold != nil }.count
      queue.oldestDueAt =
        jobs.filter { $0.status == .pending && $0.hold == nil && $0.runAt <= now }
        .map(\.runAt).min()
      return queue
    }
    let found = statistics.queues.map { queue in
      var queue = queue
      queue.closure = nil
      return queue
    }
    // A closed queue is listed also without jobs.
    try expect(
      found.filter { $0.pending + $0.processing > 0 }, queues, "queues \(when)")

    let known = Set(
      statistics.nodes.filter { $0.leaseExpiresAt > now }.flatMap(\.catalogue).flatMap(\.keys))
    let unknown = jobs.filter {
      $0.status == .pending && $0.runAt <= now && !known.contains($0.handlerKey)
    }
    let unresolved = Dictionary(grouping: unknown, by: \.handlerKey).sorted { $0.key < $1.key }
      .map {
        StoreStatistics.Unresolved(
          key: $0.key, count: $0.value.count,
          dueSince: $0.value.map(\.runAt).min() ?? now)
      }
    try expect(statistics.unresolved, unresolved, "unresolved \(when)")
  }
}
