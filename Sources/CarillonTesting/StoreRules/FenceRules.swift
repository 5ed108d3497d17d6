import Carillon
import Foundation

/// A write that ends or extends a claim counts only while the claim is its node's.
extension StoreRule {
  static let fenceRules: [StoreRule] = [
    StoreRule(.fence, "refuses an outcome from a claim that came before another") { trial in
      let (first, node) = try await trial.running()
      try await trial.apply(.snooze(.zero), to: first)
      let second = try await trial.claimOne(by: node)
      try await trial.expectLost(.succeed(result: nil), of: first)
      try await trial.expectLost(.fail(error: "late"), of: first)
      try trial.expect(try await trial.job(second.uuid), second, "the job")
    },

    StoreRule(.fence, "refuses an outcome from another node") { trial in
      let (job, _) = try await trial.running()
      let attempt = try trial.unwrap(Attempt(running: job), "the attempt")
      let other = try await trial.join()
      let settlement = Settlement(
        fence: Fence(uuid: job.uuid, claim: job.claim, node: other),
        transition: .succeed(result: nil), attempt: attempt)
      let answers = try await trial.store.exchange([settlement], claim: nil, by: other).answers
      try trial.expect(answers, [.lost], "the answers")
      try trial.expect(try await trial.job(job.uuid), job, "the job")
    },

    StoreRule(.fence, "refuses an outcome from a claim that was released") { trial in
      let (job, _) = try await trial.running()
      let released = try await trial.apply(.release, to: job)
      try await trial.expectLost(.succeed(result: nil), of: job)
      try trial.expect(try await trial.job(job.uuid), released, "the job")
    },

    StoreRule(.fence, "refuses an outcome from a claim that was rescued") { trial in
      let (job, node) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      let rescued = try trial.unwrap(
        try await trial.store.rescue(node, at: 0)?.first, "the rescued job")
      for transition in [
        Transition.succeed(result: nil), .fail(error: "late"), .snooze(.seconds(1)), .release,
      ] {
        try await trial.expectLost(transition, of: job)
      }
      try trial.expect(try await trial.job(job.uuid), rescued, "the job, byte for byte")
    },

    StoreRule(.fence, "refuses an outcome from a node that has left") { trial in
      let (job, node) = try await trial.running()
      try await trial.store.leave(node)
      try await trial.expectLost(.succeed(result: nil), of: job)
    },

    StoreRule(.fence, "takes the outcome of the second claim, not the late one of the first") {
      trial in
      let (first, node) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      _ = try await trial.store.rescue(node, at: 0)
      let other = try await trial.join()
      let second = try await trial.claimOne(by: other)
      try trial.expect(second.uuid, first.uuid, "the job claimed again")
      try await trial.expectLost(.succeed(result: "\"late\""), of: first)
      try trial.expect(try await trial.job(first.uuid), second, "the job, still running")
      let executed = try await trial.apply(.succeed(result: "\"right\""), to: second)
      try trial.expect(executed.result, "\"right\"", "the result")
    },

    StoreRule(.fence, "refuses an outcome of the same node for an earlier claim of its own") {
      trial in
      let (first, node) = try await trial.running()
      try await trial.apply(.release, to: first)
      let second = try await trial.claimOne(by: node)
      try trial.expect(second.attempts, first.attempts, "attempts, which are no fence")
      try await trial.expectLost(.fail(error: "late"), of: first)
      try trial.expect(try await trial.job(second.uuid), second, "the job")
    },

    StoreRule(.fence, "refuses an outcome of a job that is gone") { trial in
      let (job, _) = try await trial.running()
      try await trial.apply(.succeed(result: nil), to: job)
      _ = try await trial.store.apply(.delete, to: job.uuid)
      try await trial.expectLost(.succeed(result: nil), of: job)
      try trial.expect(try await trial.store.job(job.uuid), nil, "the job")
      try trial.expect(try await trial.store.attempts(of: job.uuid), [], "its attempts")
    },

    StoreRule(.fence, "answers a repeated outcome with alreadyApplied, and writes nothing") {
      trial in
      let node = try await trial.join()
      for transition in Transition.samples(node: node) where transition.attemptOutcome != nil {
        try await trial.insert()
        let job = try await trial.claimOne(by: node)
        let applied = try await trial.apply(transition, to: job)
        let (attempts, counts) = (
          try await trial.store.attempts(of: job.uuid), try await trial.countOfAttempts()
        )
        trial.clock.advance(by: .milliseconds(1))
        for _ in 0..<2 {
          try trial.expect(
            try await trial.settle(job, transition), .alreadyApplied,
            "the answer to a second '\(transition.name)'")
        }
        try trial.expect(try await trial.job(job.uuid), applied, "the job")
        try trial.expect(
          try await trial.store.attempts(of: job.uuid), attempts, "the job's attempts")
        try trial.expect(try await trial.countOfAttempts(), counts, "the counted attempts")
        _ = try await trial.store.apply(.cancel(reason: "done"), to: job.uuid)
      }
    },

    StoreRule(.fence, "answers a repeated outcome with lost when it is another") { trial in
      let node = try await trial.join()
      let samples = Transition.samples(node: node).filter { $0.attemptOutcome != nil }
      for first in samples {
        try await trial.insert()
        let job = try await trial.claimOne(by: node)
        let applied = try await trial.apply(first, to: job)
        for second in samples where second.attemptOutcome != first.attemptOutcome {
          // A requested cancel may have turned the first write into a stop.
          if first.attemptOutcome == .cancel, second.insteadWhenCancelled != nil { continue }
          try trial.expect(
            try await trial.settle(job, second), .lost,
            "the answer to '\(second.name)' after '\(first.name)'")
        }
        try trial.expect(try await trial.job(job.uuid), applied, "the job")
        _ = try await trial.store.apply(.cancel(reason: "done"), to: job.uuid)
      }
    },

    StoreRule(.fence, "knows a repeated outcome after the job has been claimed again") { trial in
      let (first, node) = try await trial.running()
      try await trial.apply(.retry(after: .zero, error: "busy"), to: first)
      let second = try await trial.claimOne(by: node)
      try trial.expect(
        try await trial.settle(first, .retry(after: .zero, error: "busy")), .alreadyApplied,
        "the answer")
      try trial.expect(try await trial.job(second.uuid), second, "the job")
    },

    StoreRule(.fence, "knows a repeated outcome after the job has begun a new run") { trial in
      let (job, _) = try await trial.running()
      try await trial.apply(.succeed(result: nil), to: job)
      _ = try await trial.store.apply(.reschedule(.now), to: job.uuid)
      try trial.expect(
        try await trial.settle(job, .succeed(result: nil)), .alreadyApplied, "the answer")
      try trial.expect(try await trial.job(job.uuid).status, .pending, "status")
    },

    StoreRule(.fence, "knows an outcome that stands twice in one batch") { trial in
      let (job, node) = try await trial.running()
      let settlement = try trial.settlement(job, .succeed(result: nil))
      let answers = try await trial.store.exchange(
        [settlement, settlement], claim: nil, by: node
      ).answers
      try trial.expect(answers.map(\.name), ["applied", "alreadyApplied"], "the answers")
      try trial.expect(try await trial.countOfAttempts(), 1, "the counted attempts")
    },

    StoreRule(.fence, "takes one of eight outcomes that arrive at once") { trial in
      let (job, _) = try await trial.running()
      let names = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 {
          group.addTask { try await trial.settle(job, .succeed(result: nil)).name }
        }
        return try await group.reduce(into: [String]()) { $0.append($1) }
      }
      try trial.expect(
        names.sorted(), Array(repeating: "alreadyApplied", count: 7) + ["applied"], "the answers")
      try trial.expect(try await trial.countOfAttempts(), 1, "the counted attempts")
    },
  ]
}

extension Trial {
  fileprivate func expectLost(
    _ transition: Transition, of job: Job, line: UInt = #line
  ) async throws {
    try expect(
      try await settle(job, transition), .lost, "the answer to '\(transition.name)'", line: line)
  }

  /// All attempts that the counts of this day and the next know of.
  func countOfAttempts() async throws -> Int {
    try await store.minuteCounts(
      from: ManualClock.start - .seconds(86_400), to: now + .seconds(86_400)
    ).map(\.count).reduce(0, +)
  }
}
