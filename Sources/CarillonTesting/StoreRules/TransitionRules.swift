import Carillon
import Foundation

extension StoreRule {
  static let transitionRules: [StoreRule] =
    JobStatus.allCases.map { status in
      StoreRule(
        .transitions, "obeys the table for every outcome that meets a \(status.rawValue) job"
      ) { trial in
        try await trial.settleEverything(meeting: status)
      }
    } + [
      StoreRule(.transitions, "obeys the table for every command and status") { trial in
        let commands: [(JobCommand, Transition)] = [
          (.cancel(reason: "by hand"), .cancel(reason: "by hand")),
          (.reschedule(.in(.seconds(90))), .reschedule(.in(.seconds(90)))),
          (.retry, .retryByHand),
        ]
        for (command, transition) in commands {
          for status in JobStatus.allCases {
            let job = try await trial.job(in: status)
            trial.clock.advance(by: .seconds(1))
            let answer = try await trial.store.apply(command, to: job.uuid)
            let what = "\(command) meeting a \(status.rawValue) job"
            if transition.edge.from.contains(status) {
              let expected = try job.applying(transition, at: trial.now)
              try trial.expect(answer, .done(expected), "the answer to \(what)")
              try trial.expect(try await trial.job(job.uuid), expected, "the job after \(what)")
            } else {
              try trial.expect(answer, .refused(JobRefusal(of: job)), "the answer to \(what)")
              try trial.expect(try await trial.job(job.uuid), job, "the job after \(what)")
            }
            try await trial.clear()
          }
        }
      },

      StoreRule(.transitions, "deletes a job in every status but processing, with its attempts") {
        trial in
        for status in JobStatus.allCases {
          let job = try await trial.job(in: status)
          let answer = try await trial.store.apply(.delete, to: job.uuid)
          if status == .processing {
            try trial.expect(answer, .refused(.inProgress(job.uuid)), "the answer while processing")
            try trial.expect(try await trial.job(job.uuid), job, "the job")
          } else {
            try trial.expect(answer, .done(job), "the answer when \(status.rawValue)")
            try trial.expect(try await trial.store.job(job.uuid), nil, "the job")
            try trial.expect(try await trial.store.attempts(of: job.uuid), [], "its attempts")
          }
          try await trial.clear()
        }
      },

      StoreRule(.transitions, "answers a command for a job that isn't there with notFound") {
        trial in
        let uuid = trial.uuid()
        for command in [
          JobCommand.cancel(reason: "x"), .requestCancel(reason: "x"), .reschedule(.now), .retry,
          .delete,
        ] {
          try trial.expect(
            try await trial.store.apply(command, to: uuid), .refused(.notFound(uuid)),
            "the answer to \(command)")
        }
      },

      StoreRule(.transitions, "lets one of eight commands that arrive at once act on a job") {
        trial in
        let job = try await trial.insert()
        let answers = try await withThrowingTaskGroup(of: CommandAnswer.self) { group in
          for _ in 0..<8 {
            group.addTask {
              try await trial.store.apply(.cancel(reason: "by hand"), to: job.uuid)
            }
          }
          return try await group.reduce(into: [CommandAnswer]()) { $0.append($1) }
        }
        let refused = answers.filter { $0 == .refused(.alreadyCancelled(job.uuid)) }
        try trial.expect(refused.count, 7, "the number of refusals")
      },
    ]
}

extension Trial {
  /// Tries every transition as the outcome of a job that has come to `status` meanwhile.
  fileprivate func settleEverything(meeting status: JobStatus) async throws {
    for transition in Transition.samples(node: uuid()) {
      let what = "'\(transition.name)' meeting a \(status.rawValue) job"
      let before = try await job(in: status)
      clock.advance(by: .seconds(1))
      // A pending or finished job has no fence: the settlement names a claim that never was.
      let fence =
        before.fence ?? Fence(uuid: before.uuid, claim: before.claim + 1, node: uuid())
      let attempt =
        Attempt(running: before)
        ?? Attempt(
          uuid: before.uuid, claim: fence.claim, number: 1, node: fence.node, startedAt: now)
      let answers = try await store.exchange(
        [Settlement(fence: fence, transition: transition, attempt: attempt)], claim: nil,
        by: fence.node
      ).answers
      let after = try await job(before.uuid)
      if status != .processing {
        try expect(answers, [.lost], "the answer to \(what)")
        try expect(after, before, "the job after \(what)")
      } else if transition.edge.from.contains(status) {
        let expected = try before.applying(transition, at: now)
        try expect(answers, [.applied(expected)], "the answer to \(what)")
        try expect(after, expected, "the job after \(what)")
      } else {
        try expect(answers.map(\.name), ["refused"], "the answer to \(what)")
        try expect(after, before, "the job after \(what)")
      }
      try await clear()
    }
  }

  /// Brings every job to an end, so that the next claim finds only what is inserted after this.
  func clear() async throws {
    for job in try await store.jobs(JobQuery(status: .processing)) {
      try await apply(.stop(reason: "cleared"), to: job)
    }
    for job in try await store.jobs(JobQuery(status: .pending)) {
      _ = try await store.apply(.cancel(reason: "cleared"), to: job.uuid)
    }
  }
}
