import Carillon
import Foundation

extension StoreRule {
  static let overlapRules = [
    StoreRule(.overlap, "skips an occurrence while an earlier job hasn't ended, and says so") {
      trial in
      let schedule = try await trial.add("rule", "@every 1m", overlap: .skip)
      try await trial.fire(after: .seconds(60))
      try trial.expect(try await trial.fire(after: .seconds(60)).count, 0, "the jobs")
      let note = try trial.unwrap(try await trial.history(schedule).first, "a note")
      try trial.expect(note.outcome, .skipped, "outcome")
      try trial.expect(note.nominalAt, trial.now, "the nominal time")
      try trial.expect(note.why != nil, "it says why")
      let node = try await trial.join()
      try await trial.work(by: node)
      try trial.expect(try await trial.fire(after: .seconds(60)).count, 1, "the jobs after its end")
    },

    StoreRule(.overlap, "runs jobs beside each other where that is allowed") { trial in
      try await trial.add("rule", "@every 1m", overlap: .allow)
      for _ in 0..<3 { try await trial.fire(after: .seconds(60)) }
      let node = try await trial.join()
      try trial.expect(try await trial.claim(by: node).count, 3, "the claimed jobs")
    },

    StoreRule(.overlap, "lets one occurrence wait for its turn, and skips those behind") {
      trial in
      let schedule = try await trial.add("rule", "@every 1m", overlap: .bufferOne)
      var jobs: [Job] = []
      for _ in 0..<3 { jobs += try await trial.fire(after: .seconds(60)) }
      try trial.expect(jobs.map(\.hold), [nil, .overlap], "the holds")
      try trial.expect(try await trial.history(schedule).first?.outcome, .skipped, "the third")
      try await trial.expectTurns(of: jobs)
    },

    StoreRule(.overlap, "lets every occurrence wait for its turn, the oldest first") { trial in
      try await trial.add("rule", "@every 1m", overlap: .bufferAll)
      var jobs: [Job] = []
      for _ in 0..<4 { jobs += try await trial.fire(after: .seconds(60)) }
      try trial.expect(jobs.map(\.hold), [nil, .overlap, .overlap, .overlap], "the holds")
      try await trial.expectTurns(of: jobs)
    },

    StoreRule(.overlap, "gives the next its turn when a job ends in whatever way") { trial in
      let endings: [@Sendable (Job) async throws -> Void] = [
        { try await trial.apply(.fail(error: "broken"), to: $0) },
        { try await trial.apply(.stop(reason: "pointless"), to: $0) },
        { job in
          try await trial.apply(.release, to: job)
          _ = try await trial.store.apply(.cancel(reason: "by hand"), to: job.uuid)
        },
        { job in
          try await trial.apply(.release, to: job)
          _ = try await trial.store.apply(.delete, to: job.uuid)
        },
        { job in
          try await trial.apply(.release, to: job)
          _ = try await trial.store.cancelJobs(for: job.resource, reason: "gone")
        },
      ]
      let node = try await trial.join()
      for (index, end) in endings.enumerated() {
        let name = "ending \(index)"
        try await trial.add(name, "@every 1m", overlap: .bufferAll)
        let first = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
        // All of a resource would end with it.
        let other = trial.definition("@every 1m", overlap: .bufferAll)
        try await trial.command(.edit(other, revision: 1), name)
        let second = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
        let running = try await trial.claimOne(by: node)
        try trial.expect(running.uuid, first.uuid, "the running job, \(name)")
        try await end(running)
        try trial.expect(try await trial.job(second.uuid).hold, nil, "the next one's hold, \(name)")
        let next = try await trial.claimOne(by: node)
        try trial.expect(next.uuid, second.uuid, "the claimed job, \(name)")
        try await trial.apply(.succeed(result: nil), to: next)
        try await trial.command(.remove, name)
      }
    },

    StoreRule(.overlap, "gives the next its turn when its node dies for good") { trial in
      try await trial.add("rule", "@every 1m", overlap: .bufferAll)
      let first = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      let second = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      for _ in 0..<2 {
        trial.clock.advance(by: .seconds(86_400))
        let node = try await trial.join()
        try trial.expect(try await trial.claimOne(by: node).uuid, first.uuid, "the claimed job")
        trial.clock.advance(by: Trial.lease)
        _ = try await trial.store.rescue(node, at: 0)
      }
      try trial.expect(try await trial.job(first.uuid).status, .failed, "the first job's status")
      try trial.expect(try await trial.job(second.uuid).hold, nil, "the next one's hold")
    },

    StoreRule(.overlap, "keeps its turn for a job that is tried again") { trial in
      var definition = trial.definition("@every 1m", overlap: .bufferAll)
      definition.maxAttempts = 3
      try await trial.add("rule", definition)
      try await trial.fire(after: .seconds(60))
      let second = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      let node = try await trial.join()
      try await trial.work(.retry(after: .seconds(5), error: "busy"), by: node)
      try trial.expect(try await trial.job(second.uuid).hold, .overlap, "the next one's hold")
      try trial.expect(try await trial.claim(by: node).count, 0, "the claimed jobs")
    },

    StoreRule(.overlap, "lets a job go if what it waits for has ended just before") { trial in
      try await trial.add("rule", "@every 1m", overlap: .bufferAll)
      try await trial.fire(after: .seconds(60))
      trial.clock.advance(by: .seconds(60))
      let firings = try await trial.firings()
      try trial.expect(firings.first?.jobs.map(\.hold), [.overlap], "the hold that was decided")
      let node = try await trial.join()
      try await trial.work(by: node)
      guard case .fired(let jobs) = try await trial.store.fire(firings).first else {
        throw trial.violation("the answer", "fired", "another")
      }
      try trial.expect(jobs.map(\.hold), [nil], "the hold")
      try trial.expect(try await trial.claimOne(by: node).uuid, jobs.first?.uuid, "the claimed job")
    },

    StoreRule(.overlap, "cancels the earlier job, and begins when that has ended") { trial in
      try await trial.add("rule", "@every 1m", overlap: .cancelOther)
      let first = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      let node = try await trial.join()
      let running = try await trial.claimOne(by: node)
      let second = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      try trial.expect(second.hold, .overlap, "the second one's hold")
      let exchange = try await trial.exchange(free: .all(10), by: node)
      try trial.expect(
        exchange.cancelRequests, [try trial.unwrap(running.fence, "a fence")],
        "who is asked to end")
      let third = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      let superseded = try await trial.job(second.uuid)
      try trial.expect(superseded.status, .cancelled, "the second one's status")
      try trial.expect(superseded.reason, Reason.overlap, "its reason")
      try await trial.apply(.stop(reason: Reason.cancelRequested), to: running)
      try trial.expect(try await trial.job(first.uuid).status, .cancelled, "the first one's status")
      try trial.expect(try await trial.claimOne(by: node).uuid, third.uuid, "the claimed job")
    },

    StoreRule(.overlap, "never skips what is caught up: it waits for its turn") { trial in
      try await trial.add(
        "rule", trial.definition("@every 1m", overlap: .skip, misfire: .all(max: 3, window: nil)))
      let jobs = try await trial.fire(after: .seconds(600))
      try trial.expect(jobs.map(\.hold), [nil, .overlap, .overlap], "the holds")
      try await trial.expectTurns(of: jobs)
    },

    StoreRule(.overlap, "cancels what waits for its turn when the schedule is removed") { trial in
      try await trial.add("rule", "@every 1m", overlap: .bufferAll)
      let first = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      let second = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      try await trial.command(.remove)
      try trial.expect(try await trial.job(first.uuid).status, .pending, "the first one's status")
      let waiting = try await trial.job(second.uuid)
      try trial.expect(waiting.status, .cancelled, "the waiting one's status")
      try trial.expect(waiting.reason, Reason.scheduleRemoved, "its reason")
    },

    StoreRule(.overlap, "counts a fixed delay from the end of the job") { trial in
      try await trial.add("rule", "@after 10m")
      try trial.expect(
        try await trial.schedule().nextAt, trial.now + .seconds(600), "next_at at first")
      try await trial.fire(after: .seconds(600))
      let waiting = try await trial.schedule()
      try trial.expect(waiting.nextAt, nil, "next_at while the job is there")
      try trial.expect(waiting.state(at: trial.now), .active, "the state")
      let node = try await trial.join()
      let job = try await trial.claimOne(by: node)
      trial.clock.advance(by: .seconds(95))
      try await trial.apply(.succeed(result: nil), to: job)
      try trial.expect(
        try await trial.schedule().nextAt, trial.now + .seconds(600), "next_at after its end")
    },

    StoreRule(.overlap, "pauses a schedule after so many failures in a row") { trial in
      try await trial.add(
        "rule", trial.definition("@every 1m", overlap: .allow, pauseAfterFailures: 2))
      let node = try await trial.join()
      for (transition, failures) in [
        (Transition.fail(error: "one"), 1), (.succeed(result: nil), 0), (.fail(error: "two"), 1),
      ] {
        try await trial.fire(after: .seconds(60))
        try await trial.work(transition, by: node)
        try trial.expect(try await trial.schedule().failuresInARow, failures, "failures_in_a_row")
      }
      try trial.expect(try await trial.schedule().pause, nil, "the pause before")
      try await trial.fire(after: .seconds(60))
      try await trial.work(.fail(error: "the disk is full"), by: node)
      let paused = try await trial.schedule()
      try trial.expect(paused.pause?.by, Schedule.Pause.byItself, "paused_by")
      try trial.expect(
        paused.pause?.why?.contains("the disk is full"), true, "it says what failed")
      try trial.expect(paused.nextAt, nil, "next_at")
      try trial.expect(try await trial.fire(after: .seconds(600)).count, 0, "later jobs")
      try trial.expect(try await trial.command(.resume).failuresInARow, 0, "failures_in_a_row")
    },
  ]
}

extension Trial {
  /// Expects that these jobs run one after another, in this order.
  fileprivate func expectTurns(of jobs: [Job]) async throws {
    let node = try await join()
    for job in jobs {
      let claimed = try await claim(by: node)
      try expect(claimed.map(\.uuid), [job.uuid], "the claimed jobs")
      for job in claimed { try await apply(.succeed(result: nil), to: job) }
    }
    try expect(try await claim(by: node).count, 0, "jobs after the last")
  }
}
