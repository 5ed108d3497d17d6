import Carillon
import Foundation

extension StoreRule {
  static let minuteCountRules: [StoreRule] = [
    StoreRule(.statistics, "counts each attempt in the minute in which it ended") { trial in
      let (job, _) = try await trial.running()
      trial.clock.advance(by: .seconds(125))
      try await trial.apply(.succeed(result: nil), to: job)
      let counts = try await trial.store.minuteCounts(
        from: ManualClock.start - .seconds(3_600), to: trial.now + .seconds(3_600))
      try trial.expect(counts.map(\.count), [1], "the counts")
      try trial.expect(
        counts.first?.key,
        MinuteCount.Key(
          minute: trial.now.microseconds / 60_000_000, queue: "default",
          handlerModule: Trial.handler, outcome: .ok), "the key")
    },

    StoreRule(.statistics, "sorts waits and runs into buckets by their length") { trial in
      let node = try await trial.join()
      try await trial.insert()
      trial.clock.advance(by: .milliseconds(15))
      let job = try await trial.claimOne(by: node)
      trial.clock.advance(by: .milliseconds(700))
      try await trial.apply(.fail(error: "broken"), to: job)
      let count = try trial.unwrap(
        try await trial.store.minuteCounts(from: trial.now, to: trial.now).first, "the count")
      func bucket(_ buckets: MinuteCount.Buckets) -> Int64? {
        buckets.counts.firstIndex(of: 1).map { MinuteCount.Buckets.bounds[$0] }
      }
      try trial.expect(bucket(count.wait), 20, "the bound of the wait's bucket, in milliseconds")
      try trial.expect(bucket(count.runTime), 1_000, "the bound of the run's bucket")
      try trial.expect(count.wait.counts.reduce(0, +), 1, "the number of waits")
    },

    StoreRule(.statistics, "counts by queue, handler and outcome") { trial in
      let node = try await trial.join(knowing: ["A", "B"])
      for (handler, queue, transition) in [
        ("A", "x", Transition.succeed(result: nil)), ("A", "x", .succeed(result: nil)),
        ("A", "y", .succeed(result: nil)), ("B", "x", .succeed(result: nil)),
        ("A", "x", .fail(error: "broken")), ("A", "x", .snooze(.seconds(60))),
        ("A", "x", .stop(reason: "pointless")), ("A", "y", .release),
      ] {
        try await trial.insert(handler, queue: queue)
        let keys: Set = [HandlerKey(handlerModule: handler, resourceType: "post")]
        let claimed = try await trial.exchange(free: .all(1), knowing: keys, by: node).claimed
        try await trial.apply(transition, to: try trial.unwrap(claimed.first, "a claimed job"))
        // A released job is due again.
        try await trial.clear()
      }
      let counts = try await trial.store.minuteCounts(from: trial.now, to: trial.now)
      let found = Dictionary(
        uniqueKeysWithValues: counts.map {
          ("\($0.key.handlerModule) \($0.key.queue) \($0.key.outcome.rawValue)", $0.count)
        })
      try trial.expect(
        found,
        [
          "A x ok": 2, "A y ok": 1, "B x ok": 1, "A x error": 1, "A x snooze": 1, "A x cancel": 1,
          "A y release": 1,
        ], "the counts")
    },

    StoreRule(.statistics, "counts attempts that were lost, left behind or cancelled meanwhile") {
      trial in
      let (_, lost) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      _ = try await trial.store.rescue(lost, at: 0)
      try await trial.clear()
      let (_, left) = try await trial.running()
      try await trial.store.leave(left)
      try await trial.clear()
      let (cancelled, _) = try await trial.running()
      _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: cancelled.uuid)
      try await trial.apply(.release, to: cancelled)
      let outcomes = try await trial.store.minuteCounts(
        from: ManualClock.start, to: trial.now
      ).map(\.key.outcome.rawValue)
      try trial.expect(outcomes.sorted(), ["cancel", "lost", "release"], "the outcomes")
    },

    StoreRule(.statistics, "answers with the minutes from one instant to another, both included") {
      trial in
      for _ in 0..<5 {
        _ = try await trial.job(in: .executed)
        trial.clock.advance(by: .seconds(60))
      }
      func minutes(_ from: Int, _ to: Int) async throws -> [Int64] {
        let counts = try await trial.store.minuteCounts(
          from: ManualClock.start + .seconds(from), to: ManualClock.start + .seconds(to))
        return counts.map { $0.key.minute - ManualClock.start.microseconds / 60_000_000 }
      }
      try trial.expect(try await minutes(60, 180), [1, 2, 3], "whole minutes")
      try trial.expect(try await minutes(119, 120), [1, 2], "the minutes that hold the instants")
      try trial.expect(try await minutes(-600, -60), [], "minutes before")
      try trial.expect(try await minutes(0, 3_600), [0, 1, 2, 3, 4], "all, in order")
    },

    StoreRule(.statistics, "keeps the counts of jobs that were deleted or pruned") { trial in
      let job = try await trial.job(in: .executed)
      _ = try await trial.job(in: .failed)
      _ = try await trial.store.apply(.delete, to: job.uuid)
      trial.clock.advance(by: .seconds(1))
      _ = try await trial.store.prune(olderThan: .zero, statuses: [.failed], limit: 10)
      let counts = try await trial.store.minuteCounts(from: ManualClock.start, to: trial.now)
      try trial.expect(counts.map(\.count).reduce(0, +), 2, "the counted attempts")
    },
  ]
}
