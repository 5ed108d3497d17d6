import Carillon
import Foundation

extension StoreRule {
  static let settleRules: [StoreRule] = [
    StoreRule(.settle, "answers each settlement, in order") { trial in
      let node = try await trial.join()
      for _ in 0..<4 { try await trial.insert() }
      let jobs = try await trial.claim(by: node)
      let stranger = Settlement(
        fence: Fence(uuid: trial.uuid(), claim: 1, node: node), transition: .release,
        attempt: try trial.unwrap(Attempt(running: jobs[0]), "an attempt"))
      try await trial.apply(.succeed(result: nil), to: jobs[1])
      let answers = try await trial.store.exchange(
        [
          trial.settlement(jobs[3], .fail(error: "broken")), stranger,
          trial.settlement(jobs[1], .succeed(result: nil)),
          trial.settlement(jobs[0], .succeed(result: nil)),
        ], claim: nil, by: node
      ).answers
      try trial.expect(answers.count, 4, "the number of answers")
      try trial.expect(
        answers.map(\.name), ["applied", "lost", "alreadyApplied", "applied"], "the answers")
      guard case .applied(let failed) = answers[0], case .applied(let executed) = answers[3] else {
        return
      }
      try trial.expect([failed.uuid, executed.uuid], [jobs[3].uuid, jobs[0].uuid], "the jobs")
      try trial.expect([failed.status, executed.status], [.failed, .executed], "their statuses")
    },

    StoreRule(.settle, "settles a batch of hundreds") { trial in
      let node = try await trial.join()
      _ = try await trial.store.insert((0..<300).map { _ in try trial.request() })
      let jobs = try await trial.claim(300, by: node)
      let exchange = try await trial.exchange(
        jobs.map { try trial.settlement($0, .succeed(result: nil)) }, by: node)
      try trial.expect(Set(exchange.answers.map(\.name)), ["applied"], "the answers")
      try trial.expect(
        try await trial.store.jobs(JobQuery(status: .executed, limit: 1_000)).count, 300,
        "the number of executed jobs")
    },

    StoreRule(.settle, "leaves the others of a batch written when one can't be") { trial in
      let node = try await trial.join()
      for _ in 0..<5 { try await trial.insert() }
      let jobs = try await trial.claim(by: node)
      let exchange = try await trial.exchange(
        [
          trial.settlement(jobs[0], .succeed(result: nil)),
          // Leads from no running job.
          trial.settlement(jobs[1], .retryByHand),
          trial.settlement(jobs[2], .retry(after: .seconds(1), error: "busy")),
          // Text that no JSON column takes; a store without such a column may keep it.
          trial.settlement(jobs[3], .succeed(result: "{not json")),
          trial.settlement(jobs[4], .succeed(result: "{\"n\":5}")),
        ], by: node)
      let names = exchange.answers.map(\.name)
      try trial.expect(names.count, 5, "the number of answers")
      try trial.expect(
        [names[0], names[2], names[4]], Array(repeating: "applied", count: 3), "good")
      try trial.expect(names[1], "refused", "the answer to an illegal transition")
      try trial.expect(try await trial.job(jobs[1].uuid), jobs[1], "the job that it left alone")
      let executed = try await trial.store.jobs(JobQuery(status: .executed)).map(\.uuid)
      try trial.expect(
        Set([jobs[0].uuid, jobs[4].uuid]).isSubset(of: executed), "the good ones are executed")
    },

    StoreRule(.settle, "counts nothing for a settlement that it refused") { trial in
      let (job, _) = try await trial.running()
      let answer = try await trial.settle(job, .retryByHand)
      try trial.expect(answer.name, "refused", "the answer")
      try trial.expect(
        try await trial.store.minuteCounts(from: trial.now, to: trial.now), [], "the counts")
      try trial.expect(
        try await trial.store.attempts(of: job.uuid).map(\.outcome), [nil], "the outcomes")
    },

    StoreRule(.settle, "takes the plain failure of a job whose outcome it refused") { trial in
      let (job, _) = try await trial.running()
      _ = try await trial.settle(job, .retryByHand)
      let failed = try await trial.apply(.fail(error: "could not be stored"), to: job)
      try trial.expect(failed.status, .failed, "status")
    },

    StoreRule(.settle, "refuses a retry after the last attempt, so that no row stands in the way") {
      trial in
      let (job, node) = try await trial.running(maxAttempts: 1)
      let retry = Transition.retry(after: .zero, error: "busy")
      try trial.expect(try await trial.settle(job, retry).name, "refused", "the answer")
      try trial.expect(try await trial.job(job.uuid), job, "the job")
      let other = try await trial.insert()
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [other.uuid], "what is claimed next")
      try await trial.apply(.fail(error: "busy"), to: job)
    },

    StoreRule(.settle, "keeps a result as the JSON that it is") { trial in
      let (job, _) = try await trial.running()
      let result = #"{"big":9007199254740993,"text":"a\"b\\c 🔔","list":[1,2.50,1e400]}"#
      let executed = try await trial.apply(.succeed(result: result), to: job)
      try trial.expect(executed.result, result, "the result")
      try trial.expect(try await trial.job(job.uuid).result, result, "the result as read again")
    },

    StoreRule(.settle, "clears the error of earlier attempts when the job is executed") { trial in
      let (first, node) = try await trial.running()
      let retried = try await trial.apply(.retry(after: .zero, error: "busy"), to: first)
      try trial.expect(retried.lastError, "busy", "last_error after a failed attempt")
      let second = try await trial.claimOne(by: node)
      let executed = try await trial.apply(.succeed(result: nil), to: second)
      try trial.expect(executed.lastError, nil, "last_error")
      try trial.expect(executed.executedAt, trial.now, "executed_at")
      try trial.expect(executed.finishedAt, trial.now, "finished_at")
      try trial.expect(executed.failures, 1, "failures")
    },

    StoreRule(.settle, "gives the attempt of a snooze back, and counts the snooze") { trial in
      let (job, _) = try await trial.running()
      let snoozed = try await trial.apply(.snooze(.seconds(60)), to: job)
      try trial.expect(snoozed.status, .pending, "status")
      try trial.expect(
        [snoozed.attempts, snoozed.snoozes, snoozed.failures], [0, 1, 0],
        "attempts, snoozes, failures")
      try trial.expect(snoozed.runAt, trial.now + .seconds(60), "run_at")
      try trial.expect(snoozed.scheduledAt, job.scheduledAt, "scheduled_at")
      try trial.expect(snoozed.claim, 1, "claim, which never falls")
    },

    StoreRule(.settle, "gives the attempt of a release back, and keeps run_at") { trial in
      let (job, _) = try await trial.running()
      trial.clock.advance(by: .seconds(5))
      let released = try await trial.apply(.release, to: job)
      try trial.expect(
        [released.attempts, released.snoozes, released.failures], [0, 0, 0],
        "attempts, snoozes, failures")
      try trial.expect(released.runAt, job.runAt, "run_at")
    },

    StoreRule(.settle, "moves run_at by a retry and leaves the nominal time") { trial in
      let (job, _) = try await trial.running()
      trial.clock.advance(by: .seconds(5))
      let retried = try await trial.apply(.retry(after: .seconds(31), error: "busy"), to: job)
      try trial.expect(retried.runAt, trial.now + .seconds(31), "run_at")
      try trial.expect(retried.scheduledAt, job.scheduledAt, "scheduled_at")
    },

    StoreRule(.settle, "raises the fence at each claim and never lowers it") { trial in
      let (first, node) = try await trial.running(maxAttempts: 9)
      var job = first
      for (number, transition) in [
        Transition.retry(after: .zero, error: "busy"), .snooze(.zero), .release,
        .retry(after: .zero, error: "busy"),
      ].enumerated() {
        try trial.expect(job.claim, Int64(number + 1), "claim")
        try await trial.apply(transition, to: job)
        job = try await trial.claimOne(by: node)
      }
      try trial.expect(job.claim, 5, "claim")
      try trial.expect(job.attempts, 3, "attempts")
    },
  ]
}

extension SettlementAnswer {
  var name: String {
    switch self {
    case .applied: "applied"
    case .alreadyApplied: "alreadyApplied"
    case .lost: "lost"
    case .refused: "refused"
    case .busy: "busy"
    }
  }
}
