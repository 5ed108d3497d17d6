import Carillon
import Foundation

extension StoreRule {
  static let rescheduleRules: [StoreRule] = [
    StoreRule(.reschedule, "moves a pending job to its new time, in the same run") { trial in
      let job = try await trial.insert()
      let moved = try await trial.reschedule(job.uuid, .in(.seconds(60)))
      try trial.expect(moved.scheduledAt, trial.now + .seconds(60), "scheduled_at")
      try trial.expect(moved.runAt, moved.scheduledAt, "run_at")
      try trial.expect(moved.run, 1, "run")
      let node = try await trial.join()
      try trial.expect(try await trial.claim(by: node), [], "what is claimed before its time")
      trial.clock.advance(by: .seconds(60))
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [job.uuid], "what is claimed at its time")
    },

    StoreRule(.reschedule, "gives a finished job a new run with nothing spent") { trial in
      for status in [JobStatus.executed, .failed, .cancelled] {
        let job = try await trial.job(in: status)
        let again = try await trial.reschedule(job.uuid, .now)
        try trial.expect(again.status, .pending, "status after \(status.rawValue)")
        try trial.expect(again.run, 2, "run")
        try trial.expect(again.idempotencyKey, "\(job.uuid.text)/2", "the idempotency key")
        try trial.expect(
          [again.attempts, again.failures, again.snoozes, again.crashes], [0, 0, 0, 0], "counters")
        try trial.expect(again.executedAt, nil, "executed_at")
        try trial.expect(again.finishedAt, nil, "finished_at")
        try trial.expect(again.lastError, nil, "last_error")
        try trial.expect(again.result, nil, "result")
        try trial.expect(again.reason, nil, "reason")
        try trial.expect(again.claim, job.claim, "claim, which never falls")
        try trial.expect(
          try await trial.store.attempts(of: job.uuid).count, 1, "the attempts, which stay")
        try await trial.clear()
      }
    },

    StoreRule(.reschedule, "runs the new run like a new job, with a higher fence") { trial in
      let job = try await trial.job(in: .executed)
      try await trial.reschedule(job.uuid, .now)
      let claimed = try await trial.claimOne(by: try await trial.join())
      try trial.expect(claimed.claim, 2, "claim")
      try trial.expect(claimed.attempts, 1, "attempts")
      let executed = try await trial.apply(.succeed(result: nil), to: claimed)
      try trial.expect(executed.run, 2, "run")
      try trial.expect(
        try await trial.store.attempts(of: job.uuid).map(\.claim), [1, 2], "the attempts")
    },

    StoreRule(.reschedule, "refuses a running job") { trial in
      let (job, _) = try await trial.running()
      try trial.expect(
        try await trial.store.apply(.reschedule(.now), to: job.uuid),
        .refused(.inProgress(job.uuid)), "the answer")
    },

    StoreRule(.reschedule, "forgets a requested cancel") { trial in
      let (job, _) = try await trial.running()
      _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: job.uuid)
      try await trial.apply(.succeed(result: nil), to: job)
      let again = try await trial.reschedule(job.uuid, .now)
      try trial.expect(again.cancelRequestedAt, nil, "cancel_requested_at")
      let claimed = try await trial.claimOne(by: try await trial.join())
      let retried = try await trial.apply(.retry(after: .zero, error: "busy"), to: claimed)
      try trial.expect(retried.status, .pending, "status after a failed attempt of the new run")
    },

    StoreRule(.reschedule, "takes the hold off") { trial in
      let job = try await trial.insert("Unknown")
      try await trial.join()
      _ = try await trial.store.holdUnresolved(limit: 10)
      try trial.expect(try await trial.job(job.uuid).hold, .unresolved, "hold")
      let moved = try await trial.reschedule(job.uuid, .in(.seconds(60)))
      try trial.expect(moved.hold, nil, "hold")
      try trial.expect(moved.heldAt, nil, "held_at")
    },

    StoreRule(.reschedule, "tries a failed job once more by hand, due now, in the same run") {
      trial in
      let (first, _) = try await trial.running(maxAttempts: 1)
      let failed = try await trial.apply(.fail(error: "broken"), to: first)
      trial.clock.advance(by: .seconds(5))
      let answer = try await trial.store.apply(.retry, to: failed.uuid)
      guard case .done(let again) = answer else {
        throw trial.violation("the answer", "done", "\(answer)")
      }
      try trial.expect(again.status, .pending, "status")
      try trial.expect(again.run, 1, "run")
      try trial.expect([again.attempts, again.maxAttempts], [1, 2], "attempts, max_attempts")
      try trial.expect(again.runAt, trial.now, "run_at")
      try trial.expect(again.scheduledAt, failed.scheduledAt, "scheduled_at, the nominal time")
      try trial.expect(again.finishedAt, nil, "finished_at")
      let claimed = try await trial.claimOne(by: try await trial.join())
      try trial.expect(claimed.attempts, 2, "attempts of the one more try")
    },

    StoreRule(.reschedule, "keeps the attempts that a cancelled job still had for a retry by hand")
    {
      trial in
      let job = try await trial.insert(maxAttempts: 5)
      _ = try await trial.store.apply(.cancel(reason: "by hand"), to: job.uuid)
      guard case .done(let again) = try await trial.store.apply(.retry, to: job.uuid) else {
        throw trial.violation("the answer", "done", "refused")
      }
      try trial.expect([again.attempts, again.maxAttempts], [0, 5], "attempts, max_attempts")
      try trial.expect(again.reason, nil, "reason")
    },

    StoreRule(.reschedule, "gives a job that crashed to its end one more run that isn't alone") {
      trial in
      let uuid = try await trial.insert(maxAttempts: 1).uuid
      let lost = try await trial.crash(uuid, times: 2)
      try trial.expect(lost.status, .failed, "status")
      guard case .done(let again) = try await trial.store.apply(.retry, to: uuid) else {
        throw trial.violation("the answer", "done", "refused")
      }
      try trial.expect([again.attempts, again.maxAttempts], [2, 3], "attempts, max_attempts")
      try trial.expect(again.runsAlone, false, "it is to run alone")
    },
  ]
}

extension Trial {
  @discardableResult
  fileprivate func reschedule(_ uuid: UUID, _ time: ScheduledTime) async throws -> Job {
    let answer = try await store.apply(.reschedule(time), to: uuid)
    guard case .done(let job) = answer else {
      throw violation("the answer to a reschedule", "done", "\(answer)")
    }
    try expect(try await self.job(uuid), job, "the job as read again")
    return job
  }
}
