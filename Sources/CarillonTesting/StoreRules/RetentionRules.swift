import Carillon
import Foundation

extension StoreRule {
  private static let final: Set<JobStatus> = [.executed, .failed, .cancelled]

  static let retentionRules: [StoreRule] = [
    StoreRule(.retention, "prunes what ended longer ago than asked, with its attempts") { trial in
      let old = try await trial.job(in: .executed)
      trial.clock.advance(by: .seconds(60))
      let young = try await trial.job(in: .executed)
      let age = Duration.seconds(30)
      try trial.expect(
        try await trial.store.prune(olderThan: age, statuses: final, limit: 10), 1, "the answer")
      try trial.expect(try await trial.store.job(old.uuid), nil, "the old job")
      try trial.expect(try await trial.store.attempts(of: old.uuid), [], "its attempts")
      try trial.expect(try await trial.job(young.uuid), young, "the young job")
      try trial.expect(
        try await trial.store.attempts(of: young.uuid).count, 1, "the young job's attempts")
    },

    StoreRule(.retention, "counts the age from the end, and keeps what is exactly as old") {
      trial in
      let (job, _) = try await trial.running()
      trial.clock.advance(by: .seconds(1_000))
      try await trial.apply(.succeed(result: nil), to: job)
      trial.clock.advance(by: .seconds(60))
      func prune() async throws -> Int {
        try await trial.store.prune(olderThan: .seconds(60), statuses: final, limit: 10)
      }
      try trial.expect(try await prune(), 0, "the answer at exactly the age")
      trial.clock.advance(by: .microseconds(1))
      try trial.expect(try await prune(), 1, "the answer a microsecond later")
    },

    StoreRule(.retention, "prunes only the statuses asked for") { trial in
      var jobs: [JobStatus: Job] = [:]
      for status in [JobStatus.executed, .failed, .cancelled] {
        jobs[status] = try await trial.job(in: status)
      }
      trial.clock.advance(by: .seconds(60))
      try trial.expect(
        try await trial.store.prune(olderThan: .zero, statuses: [.failed], limit: 10), 1,
        "the answer")
      let left = Set(try await trial.store.jobs(JobQuery()).map(\.status))
      try trial.expect(left, [.executed, .cancelled], "the statuses that are left")
      try trial.expect(
        try await trial.store.prune(olderThan: .zero, statuses: [], limit: 10), 0,
        "the answer for no status")
    },

    StoreRule(.retention, "never prunes a job that may still run") { trial in
      let (running, _) = try await trial.running()
      let pending = try await trial.insert()
      trial.clock.advance(by: .seconds(1_000_000))
      try trial.expect(
        try await trial.store.prune(
          olderThan: .zero, statuses: Set(JobStatus.allCases), limit: 10), 0, "the answer")
      try trial.expect(try await trial.job(running.uuid), running, "the running job")
      try trial.expect(try await trial.job(pending.uuid), pending, "the pending job")
    },

    StoreRule(.retention, "prunes no more at once than was asked, until none is left") { trial in
      for _ in 0..<7 { _ = try await trial.job(in: .executed) }
      trial.clock.advance(by: .seconds(1))
      var answers: [Int] = []
      for _ in 0..<4 {
        answers.append(
          try await trial.store.prune(olderThan: .zero, statuses: final, limit: 3))
      }
      try trial.expect(answers, [3, 3, 1, 0], "the answers")
      try trial.expect(try await trial.store.jobs(JobQuery()), [], "the jobs")
    },

    StoreRule(.retention, "keeps a job whose second run hasn't ended") { trial in
      let job = try await trial.job(in: .executed)
      trial.clock.advance(by: .seconds(60))
      _ = try await trial.store.apply(.reschedule(.now), to: job.uuid)
      try trial.expect(
        try await trial.store.prune(olderThan: .zero, statuses: final, limit: 10), 0, "the answer")
    },

    StoreRule(.retention, "takes a pruned job's uuid for a new one") { trial in
      let job = try await trial.job(in: .executed)
      trial.clock.advance(by: .seconds(1))
      _ = try await trial.store.prune(olderThan: .zero, statuses: final, limit: 10)
      let again = try await trial.insert(trial.request(uuid: job.uuid, args: ["n": 2]))
      try trial.expect(again.status, .pending, "status")
      try trial.expect(again.claim, 0, "claim")
    },
  ]
}
