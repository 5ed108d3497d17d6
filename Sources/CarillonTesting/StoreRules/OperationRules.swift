import Carillon
import Foundation

extension StoreRule {
  static let operationRules: [StoreRule] = [
    StoreRule(.operations, "carries out a command on the jobs that a filter means, and no other") {
      trial in
      let failed = try await trial.jobs(7, in: .failed)
      let (executed, pending) = (try await trial.job(in: .executed), try await trial.insert())
      let operation = try await trial.begin(.retry, "status:failed", total: 7)
      try trial.expect(operation.state, .running, "the state at first")
      let end = try await trial.finish(operation)
      try trial.expect([end.total, end.done], [7, 7], "total and done")
      try trial.expect(end.skipped, [:], "what was skipped")
      try trial.expect(end.finishedAt, trial.now, "finished_at")
      for job in failed {
        try trial.expect(try await trial.job(job.uuid).status, .pending, "a failed job's status")
      }
      try trial.expect(try await trial.job(executed.uuid), executed, "the executed job")
      try trial.expect(try await trial.job(pending.uuid), pending, "the pending job")
      try trial.expect(try await trial.store.operation(end.uuid), end, "the stored operation")
    },

    StoreRule(.operations, "tells of each job which operations have changed or deleted it") {
      trial in
      let failed = try await trial.jobs(5, in: .failed)
      let (skipped, stranger) = (try await trial.job(in: .executed), try await trial.insert())
      let retry = try await trial.begin(.retry, "status:failed,executed")
      let retriedAt = trial.now
      _ = try await trial.finish(retry)
      trial.clock.advance(by: .seconds(2))
      let delete = try await trial.begin(.delete, "uuid:\(failed[0].uuid.text)")
      _ = try await trial.finish(delete)
      for job in failed {
        var effects = [OperationEffect(operation: retry.uuid, job: job.uuid, at: retriedAt)]
        if job == failed[0] {
          effects.insert(
            OperationEffect(operation: delete.uuid, job: job.uuid, at: trial.now), at: 0)
        }
        try trial.expect(try await trial.store.effects(on: job.uuid), effects, "the effects")
      }
      for job in [skipped, stranger] {
        try trial.expect(try await trial.store.effects(on: job.uuid), [], "those on others")
      }
    },

    StoreRule(.operations, "counts the jobs first where nobody has") { trial in
      _ = try await trial.jobs(3, in: .failed)
      let operation = try await trial.begin(.retry, "status:failed")
      try trial.expect(operation.state, .counting, "the state at first")
      let counted = try await trial.advance(operation)
      try trial.expect(counted.state, .running, "the state after the count")
      try trial.expect([counted.total, counted.done], [3, 0], "total and done after the count")
      try trial.expect(try await trial.finish(counted).done, 3, "done")
    },

    StoreRule(.operations, "ends one that means no job") { trial in
      _ = try await trial.insert()
      let end = try await trial.finish(trial.begin(.retry, "queue:nobody"))
      try trial.expect([end.total, end.done, end.skips], [0, 0, 0], "total, done, skipped")
    },

    StoreRule(.operations, "skips what the command can't be carried out on, and says why") {
      trial in
      for status in JobStatus.allCases { _ = try await trial.job(in: status) }
      let end = try await trial.finish(trial.begin(.retry, "queue:default"))
      try trial.expect(end.done, 2, "done")
      try trial.expect(
        end.skipped, ["running": 1, "pending": 1, "executed": 1], "what was skipped")
      try trial.expect(
        end.summary, "2 retried, 3 skipped: 1 was executed, 1 was pending, 1 was running",
        "in words")
    },

    StoreRule(.operations, "leaves alone what was stored after it began") { trial in
      let old = try await trial.insert(queue: "mail")
      let operation = try await trial.begin(.cancel(reason: "x"), "queue:mail")
      trial.clock.advance(by: .seconds(1))
      let new = try await trial.insert(queue: "mail")
      // Before all others, where the walk comes by.
      let first = try await trial.insert(
        trial.request(uuid: UUID(high: 0x7000, low: 1 << 63 | 1), queue: "mail"))
      let end = try await trial.finish(operation)
      try trial.expect([end.total, end.done], [1, 1], "total and done")
      try trial.expect(try await trial.job(old.uuid).status, .cancelled, "the old job")
      for job in [new, first] {
        try trial.expect(try await trial.job(job.uuid), job, "a job stored later")
      }
    },

    StoreRule(.operations, "takes jobs as they are when it comes to them") { trial in
      let node = try await trial.join()
      let early = try await trial.insert(priority: 9)
      let others = try await trial.pending(4)
      let operation = try await trial.begin(.cancel(reason: "x"), "status:pending", total: 5)
      let claimed = try await trial.claimOne(by: node)
      try trial.expect(claimed.uuid, early.uuid, "the claimed job")
      let end = try await trial.finish(operation)
      try trial.expect(end.done, 4, "done")
      try trial.expect(try await trial.job(early.uuid), claimed, "the running job")
      for job in others {
        try trial.expect(try await trial.job(job.uuid).reason, "x", "the reason of a pending job")
      }
    },

    StoreRule(.operations, "asks running jobs to end, and cancels pending ones") { trial in
      let running = try await trial.running().job
      let pending = try await trial.insert()
      let end = try await trial.finish(
        trial.begin(.requestCancel(reason: "enough"), "status:pending,processing"))
      try trial.expect(end.done, 2, "done")
      try trial.expect(
        try await trial.job(running.uuid).cancelRequestedAt, trial.now, "cancel_requested_at")
      try trial.expect(try await trial.job(pending.uuid).status, .cancelled, "the pending job")
    },

    StoreRule(.operations, "gives all jobs the same new time, counted from its beginning") {
      trial in
      let jobs = try await trial.pending(3)
      let operation = try await trial.begin(.reschedule(.in(.seconds(60))), "status:pending")
      let time = trial.now + .seconds(60)
      _ = try await trial.advance(operation)
      for _ in 0..<3 {
        trial.clock.advance(by: .seconds(5))
        _ = try await trial.advance(operation, limit: 1)
      }
      for job in jobs {
        try trial.expect(try await trial.job(job.uuid).scheduledAt, time, "scheduled_at")
      }
    },

    StoreRule(.operations, "deletes jobs with their attempts, and counts them no more") { trial in
      let jobs = try await trial.jobs(3, in: .executed)
      let left = try await trial.insert()
      let end = try await trial.finish(trial.begin(.delete, "status:executed"))
      try trial.expect(end.done, 3, "done")
      for job in jobs {
        try trial.expect(try await trial.store.job(job.uuid), nil, "a deleted job")
        try trial.expect(try await trial.store.attempts(of: job.uuid), [], "its attempts")
      }
      let counts = try await trial.store.statistics(known: []).jobs.filter { $0.value != 0 }
      try trial.expect(counts, [.pending: 1], "the counts")
      try trial.expect(try await trial.job(left.uuid), left, "the other job")
    },

    StoreRule(.operations, "finds jobs by what their args hold") { trial in
      for number in 1...6 { try await trial.insert(args: ["n": JSONValue(number % 2)]) }
      let end = try await trial.finish(trial.begin(.cancel(reason: "odd"), "args.n:1"))
      try trial.expect([end.total, end.done], [3, 3], "total and done")
      let left = try await trial.store.jobs(JobQuery(status: .pending))
      try trial.expect(left.map { $0.args["n"]?.int }, [0, 0, 0], "the args that are left")
    },

    StoreRule(.operations, "surveys in the order of uuid, from any place on") { trial in
      _ = try await trial.job(in: .failed)
      let uuids = try await trial.pending(9).map(\.uuid).sorted { $0.precedes($1) }
      let filter = try JobFilter("status:pending", now: trial.now)
      for limit in [1, 2, 9, 100] {
        var found: [UUID] = []
        var cursor: UUID?
        repeat {
          let survey = try await trial.store.survey(
            filter, storedBy: trial.now, after: cursor, limit: limit)
          try trial.expect(survey.uuids.count <= limit, "no more than the limit are found")
          found += survey.uuids
          cursor = survey.next
        } while cursor != nil && found.count < 100
        try trial.expect(found, uuids, "the jobs with a limit of \(limit)")
      }
    },

    StoreRule(.operations, "gives edited jobs their new place in claims and counts") { trial in
      let node = try await trial.join()
      let (first, second) = (try await trial.insert(), try await trial.insert())
      let edit = try JobEdit(priority: 5, queue: "fast", maxAttempts: 9)
      guard case .done(let edited) = try await trial.store.apply(.edit(edit), to: second.uuid)
      else { throw trial.violation("the answer to an edit", "done", "refused") }
      try trial.expect(
        [edited.priority, edited.maxAttempts], [5, 9], "priority and max_attempts")
      try trial.expect(try await trial.job(second.uuid), edited, "the stored job")
      let queues = try await trial.store.statistics(known: []).queues
        .filter { $0.pending > 0 }.map { "\($0.name) \($0.pending)" }
      try trial.expect(queues.sorted(), ["default 1", "fast 1"], "the queues")
      try trial.expect(
        try await trial.exchange(free: .each(["fast": 9]), by: node).claimed.map(\.uuid),
        [second.uuid], "what the new queue has")
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [first.uuid], "the rest")
      let answer = try await trial.store.apply(.edit(edit), to: first.uuid)
      try trial.expect(answer, .refused(.inProgress(first.uuid)), "the answer for a running job")
    },

    StoreRule(.operations, "edits all jobs that a filter means") { trial in
      let jobs = try await trial.pending(5)
      let end = try await trial.finish(
        trial.begin(.edit(try JobEdit(priority: 3, queue: "q")), "status:pending"))
      try trial.expect(end.done, 5, "done")
      for job in jobs {
        let edited = try await trial.job(job.uuid)
        try trial.expect("\(edited.queue) \(edited.priority)", "q 3", "queue and priority")
      }
      let queues = try await trial.store.statistics(known: []).queues.filter { $0.pending > 0 }
      try trial.expect(queues.map { "\($0.name) \($0.pending)" }, ["q 5"], "the queues")
    },

    StoreRule(.operations, "keeps attempts that are spent within an edited number of them") {
      trial in
      let (job, _) = try await trial.running(maxAttempts: 3)
      try await trial.apply(.retry(after: .seconds(60), error: "busy"), to: job)
      _ = try await trial.store.apply(.edit(try JobEdit(maxAttempts: 1)), to: job.uuid)
      try trial.expect(try await trial.job(job.uuid).maxAttempts, 2, "max_attempts")
    },

    StoreRule(.operations, "carries out a command on a seen version of a job alone") { trial in
      let seen = try await trial.insert()
      trial.clock.advance(by: .seconds(1))
      let edit = JobCommand.edit(try JobEdit(priority: 1))
      func ask() async throws -> CommandAnswer {
        try await trial.store.apply(.ifUnchanged(since: [seen.version], edit), to: seen.uuid)
      }
      guard case .done(let edited) = try await ask() else {
        throw trial.violation("the answer for a version that is", "done", "refused")
      }
      try trial.expect(edited.priority, 1, "priority")
      try trial.expect(
        try await ask(), .refused(.changedMeanwhile(seen.uuid)), "the answer for one that was")
      try trial.expect(try await trial.job(seen.uuid), edited, "the job")
    },
  ]
}

extension Trial {
  func pending(_ count: Int) async throws -> [Job] {
    var jobs: [Job] = []
    for _ in 0..<count { jobs.append(try await insert()) }
    return jobs
  }

  func jobs(_ count: Int, in status: JobStatus) async throws -> [Job] {
    var jobs: [Job] = []
    for _ in 0..<count { jobs.append(try await job(in: status)) }
    return jobs
  }

  // MARK: Operations

  func operationRequest(
    _ command: JobCommand, _ text: String, total: Int? = nil, uuid: UUID? = nil
  ) throws -> OperationRequest {
    OperationRequest(
      uuid: uuid ?? self.uuid(), command: command, filterText: text,
      filter: try JobFilter(text, now: now), total: total)
  }

  func begin(
    _ command: JobCommand, _ text: String, total: Int? = nil
  ) async throws -> JobOperation {
    try await store.begin(operationRequest(command, text, total: total))
  }

  func advance(
    _ operation: JobOperation, limit: Int = 2, in other: (any JobStore)? = nil
  ) async throws -> JobOperation {
    try unwrap(
      try await (other ?? store).advance(operation.uuid, limit: limit),
      "operation \(operation.uuid.text)")
  }

  /// Drives an operation to its end, in small batches.
  func finish(
    _ operation: JobOperation, limit: Int = 2, in other: (any JobStore)? = nil
  ) async throws -> JobOperation {
    for _ in 0..<1_000 {
      let advanced = try await advance(operation, limit: limit, in: other)
      if advanced.state.isFinal {
        try expect(advanced.state, .done, "the state at the end")
        return advanced
      }
    }
    throw violation("an operation that is driven", "an end", "none after 1000 steps")
  }
}
