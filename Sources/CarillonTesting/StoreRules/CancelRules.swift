import Carillon
import Foundation

extension StoreRule {
  static let cancelRules: [StoreRule] = [
    StoreRule(.cancel, "stops a pending job, and says why") { trial in
      let job = try await trial.insert(time: .in(.seconds(60)))
      let answer = try await trial.store.apply(.cancel(reason: "superseded"), to: job.uuid)
      guard case .done(let cancelled) = answer else {
        throw trial.violation("the answer", "done", "\(answer)")
      }
      try trial.expect(cancelled.status, .cancelled, "status")
      try trial.expect(cancelled.reason, "superseded", "reason")
      try trial.expect(cancelled.finishedAt, trial.now, "finished_at")
      trial.clock.advance(by: .seconds(60))
      try trial.expect(
        try await trial.claim(by: try await trial.join()), [], "what is claimed at its time")
    },

    StoreRule(.cancel, "says which state stands against a cancel") { trial in
      for (status, refusal) in [
        (JobStatus.processing, { JobRefusal.inProgress($0) }),
        (.executed, { .alreadyExecuted($0) }), (.failed, { .alreadyFailed($0) }),
        (.cancelled, { .alreadyCancelled($0) }),
      ] as [(JobStatus, (UUID) -> JobRefusal)] {
        let job = try await trial.job(in: status)
        for command in [JobCommand.cancel(reason: "x"), .requestCancel(reason: "x")]
        where status.isFinal || command == .cancel(reason: "x") {
          try trial.expect(
            try await trial.store.apply(command, to: job.uuid), .refused(refusal(job.uuid)),
            "the answer when \(status.rawValue)")
        }
        try trial.expect(try await trial.job(job.uuid), job, "the job")
        try await trial.clear()
      }
    },

    StoreRule(.cancel, "stops a pending job at once when its cancel is requested") { trial in
      let job = try await trial.insert()
      _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: job.uuid)
      let cancelled = try await trial.job(job.uuid)
      try trial.expect(cancelled.status, .cancelled, "status")
      try trial.expect(cancelled.reason, "by hand", "reason")
    },

    StoreRule(.cancel, "marks a running job, and tells its node until it has ended") { trial in
      let (job, node) = try await trial.running()
      let other = try await trial.join()
      trial.clock.advance(by: .seconds(1))
      let requested = trial.now
      _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: job.uuid)
      let marked = try await trial.job(job.uuid)
      try trial.expect(marked.status, .processing, "status")
      try trial.expect(marked.cancelRequestedAt, requested, "cancel_requested_at")
      try trial.expect(marked.fence, job.fence, "the fence")

      let fence = try trial.unwrap(job.fence, "the fence")
      for _ in 0..<2 {
        try trial.expect(
          try await trial.exchange(by: node).cancelRequests, [fence], "what its node is told")
      }
      try trial.expect(
        try await trial.store.exchange([], claim: nil, by: node).cancelRequests, [fence],
        "what its node is told when it claims nothing")
      try trial.expect(
        try await trial.exchange(by: other).cancelRequests, [], "what another node is told")
      let last = try await trial.store.exchange(
        [trial.settlement(job, .succeed(result: nil))], claim: nil, by: node)
      try trial.expect(last.cancelRequests, [], "what its node is told after its end")
    },

    StoreRule(.cancel, "keeps the time of the first request") { trial in
      let (job, _) = try await trial.running()
      let first = trial.now
      for _ in 0..<2 {
        _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: job.uuid)
        trial.clock.advance(by: .seconds(1))
      }
      try trial.expect(
        try await trial.job(job.uuid).cancelRequestedAt, first, "cancel_requested_at")
    },

    StoreRule(.cancel, "lets a request win over retry, snooze and release") { trial in
      for transition in [
        Transition.retry(after: .zero, error: "busy"), .snooze(.seconds(5)), .release,
      ] {
        let (job, _) = try await trial.running()
        _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: job.uuid)
        let ended = try await trial.apply(transition, to: job)
        try trial.expect(ended.status, .cancelled, "status after \(transition.name)")
        try trial.expect(ended.reason, "by hand", "reason after \(transition.name)")
        try trial.expect(
          try await trial.store.attempts(of: job.uuid).map(\.outcome), [.cancel],
          "the outcome of \(transition.name)")
        try trial.expect(
          try await trial.settle(job, transition), .alreadyApplied,
          "the answer to a second \(transition.name)")
      }
    },

    StoreRule(.cancel, "lets a request lose to an end that the handler reached") { trial in
      for (transition, status) in [
        (Transition.succeed(result: nil), JobStatus.executed), (.fail(error: "broken"), .failed),
        (.stop(reason: "pointless"), .cancelled),
      ] {
        let (job, _) = try await trial.running()
        _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: job.uuid)
        let ended = try await trial.apply(transition, to: job)
        try trial.expect(ended.status, status, "status after \(transition.name)")
        try trial.expect(
          ended.reason, status == .cancelled ? "pointless" : nil, "reason")
      }
    },

    StoreRule(.cancel, "lets a request win over rescue and over leaving") { trial in
      let (first, node) = try await trial.running()
      _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: first.uuid)
      trial.clock.advance(by: Trial.lease)
      _ = try await trial.store.rescue(node, at: 0)
      let abandoned = try await trial.job(first.uuid)
      try trial.expect(abandoned.status, .cancelled, "status after rescue")
      try trial.expect(abandoned.reason, "by hand", "reason after rescue")
      try trial.expect(abandoned.crashes, 1, "crashes after rescue")

      let (second, other) = try await trial.running()
      _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: second.uuid)
      try await trial.store.leave(other)
      try trial.expect(
        try await trial.job(second.uuid).status, .cancelled, "status after leaving")
    },

    StoreRule(.cancel, "cancels the pending jobs of one resource, and those alone") { trial in
      let resource = Resource("post", trial.uuid())
      let running = try await trial.insert(resource: resource)
      _ = try await trial.claimOne(by: try await trial.join())
      let due = try await trial.insert(resource: resource)
      let later = try await trial.insert(resource: resource, time: .in(.seconds(60)))
      let held = try await trial.insert("Unknown", resource: resource)
      _ = try await trial.store.holdUnresolved(limit: 10)
      let others = [
        try await trial.insert(resource: Resource("page", resource.uuid)),
        try await trial.insert(),
      ]
      trial.clock.advance(by: .seconds(1))

      let cancelled = try await trial.store.cancelJobs(for: resource, reason: "deleted")
      try trial.expect(
        Set(cancelled.map(\.uuid)), [due.uuid, later.uuid, held.uuid], "the answer")
      for job in cancelled {
        try trial.expect(job.status, .cancelled, "status")
        try trial.expect(job.reason, "deleted", "reason")
        try trial.expect(job.hold, nil, "hold")
        try trial.expect(try await trial.job(job.uuid), job, "the job as read again")
      }
      try trial.expect(try await trial.job(running.uuid).status, .processing, "the running job's")
      try trial.expect(
        try await trial.job(running.uuid).cancelRequestedAt, nil, "the running job's request")
      for other in others {
        try trial.expect(try await trial.job(other.uuid), other, "another resource's job")
      }
      try trial.expect(
        try await trial.store.cancelJobs(for: resource, reason: "deleted"), [],
        "the answer when none is left")
    },
  ]
}
