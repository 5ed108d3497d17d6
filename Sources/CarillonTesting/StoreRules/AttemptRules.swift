import Carillon
import Foundation

extension StoreRule {
  static let attemptRules: [StoreRule] = [
    StoreRule(.settle, "records who ran an attempt, when, and what came of it") { trial in
      let (job, node) = try await trial.running()
      let start = trial.now
      trial.clock.advance(by: .microseconds(1_234_567))
      try await trial.apply(.retry(after: .zero, error: "code 17"), to: job)
      let attempt = try trial.unwrap(
        try await trial.store.attempts(of: job.uuid).first, "the attempt")
      try trial.expect(
        attempt,
        Attempt(
          uuid: job.uuid, claim: 1, number: 1, node: node, startedAt: start,
          endedAt: trial.now, outcome: .error, error: "code 17",
          fingerprint: errorFingerprint(of: "code 17")),
        "the attempt")
    },

    StoreRule(.settle, "gives errors that differ in numbers alone one fingerprint") { trial in
      let node = try await trial.join()
      let job = try await trial.insert(maxAttempts: 5)
      for error in ["order 17 is gone", "order 18 is gone", "no such table"] {
        try await trial.apply(
          .retry(after: .zero, error: error), to: try await trial.claimOne(by: node))
      }
      let prints = try await trial.store.attempts(of: job.uuid).map(\.fingerprint)
      try trial.expect(prints.count, 3, "the number of attempts")
      try trial.expect(prints[0] != nil && prints[0] == prints[1], "the first two are the same")
      try trial.expect(prints[1] != prints[2], "the third is another")
    },

    StoreRule(.settle, "records the outcome of every way in which an attempt ends") { trial in
      let node = try await trial.join()
      for transition in Transition.samples(node: node) where transition.attemptOutcome != nil {
        let job = try await trial.insert()
        try await trial.apply(transition, to: try await trial.claimOne(by: node))
        let attempts = try await trial.store.attempts(of: job.uuid)
        try trial.expect(
          attempts.map(\.outcome), [transition.attemptOutcome], "the outcome of \(transition.name)")
        try trial.expect(attempts.first?.endedAt, trial.now, "the end of \(transition.name)")
        trial.clock.advance(by: .seconds(60))
        _ = try await trial.store.apply(.cancel(reason: "done"), to: job.uuid)
      }
    },

    StoreRule(.settle, "keeps an attempt's log, progress and note with its end") { trial in
      let (job, node) = try await trial.running()
      var attempt = try trial.unwrap(Attempt(running: job), "the attempt")
      attempt.log = (0..<200).map {
        LogLine(at: trial.now + .seconds($0), level: "info", message: "line \($0): \"ü\" 🔔\n")
      }
      attempt.progress = 0.4
      attempt.progressNote = "almost 'half'"
      let fence = try trial.unwrap(job.fence, "the fence")
      let settlement = Settlement(
        fence: fence, transition: .succeed(result: nil), attempt: attempt)
      _ = try await trial.store.exchange([settlement], claim: nil, by: node)
      let stored = try trial.unwrap(
        try await trial.store.attempts(of: job.uuid).first, "the attempt")
      try trial.expect(stored.log, attempt.log, "the log")
      try trial.expect(stored.progress, 0.4, "the progress")
      try trial.expect(stored.progressNote, attempt.progressNote, "the note")
    },

    StoreRule(.settle, "keeps what a running attempt reports") { trial in
      let (job, _) = try await trial.running()
      var attempt = try trial.unwrap(Attempt(running: job), "the attempt")
      for progress in [0.1, 0.75] {
        attempt.progress = progress
        attempt.log.append(LogLine(at: trial.now, level: "info", message: "at \(progress)"))
        try trial.expect(try await trial.store.report([attempt]), [], "the lost claims")
        try trial.expect(
          try await trial.store.attempts(of: job.uuid), [attempt], "the attempts")
      }
      try trial.expect(try await trial.job(job.uuid), job, "the job, which a report leaves alone")
    },

    StoreRule(.fence, "answers a report of a claim that is lost with its fence") { trial in
      let (job, node) = try await trial.running()
      let stale = try trial.unwrap(Attempt(running: job), "the attempt")
      try await trial.apply(.retry(after: .zero, error: "busy"), to: job)
      let current = try await trial.claimOne(by: node)
      let before = try await trial.store.attempts(of: job.uuid)
      var late = stale
      late.progress = 0.9
      var mine = try trial.unwrap(Attempt(running: current), "the attempt")
      mine.progress = 0.2
      let gone = Attempt(
        uuid: trial.uuid(), claim: 1, number: 1, node: node, startedAt: stale.startedAt)
      let lost = try await trial.store.report([late, mine, gone])
      try trial.expect(
        Set(lost),
        [
          Fence(uuid: job.uuid, claim: 1, node: node), Fence(uuid: gone.uuid, claim: 1, node: node),
        ], "the lost claims")
      let after = try await trial.store.attempts(of: job.uuid)
      try trial.expect(after.first, before.first, "the record of the lost claim")
      try trial.expect(after.last?.progress, 0.2, "the progress of the running attempt")
      try trial.expect(
        try await trial.store.attempts(of: gone.uuid), [], "the records of a job that isn't there")
    },

    StoreRule(.rescue, "keeps what a lost attempt had reported") { trial in
      let (job, node) = try await trial.running()
      var attempt = try trial.unwrap(Attempt(running: job), "the attempt")
      attempt.progress = 0.6
      attempt.log = [LogLine(at: trial.now, level: "info", message: "begun")]
      _ = try await trial.store.report([attempt])
      trial.clock.advance(by: Trial.lease)
      _ = try await trial.store.rescue(node, at: 0)
      let stored = try trial.unwrap(
        try await trial.store.attempts(of: job.uuid).first, "the attempt")
      try trial.expect(stored.outcome, .lost, "the outcome")
      try trial.expect(stored.error, Reason.nodeLost, "the error")
      try trial.expect(stored.endedAt, trial.now, "the end")
      try trial.expect(stored.progress, 0.6, "the progress")
      try trial.expect(stored.log, attempt.log, "the log")
    },
  ]
}
