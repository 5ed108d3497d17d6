import Carillon
import Foundation

extension StoreRule {
  static let insertRules: [StoreRule] = [
    StoreRule(.insert, "stores a job as it was asked for") { trial in
      let request = try JobRequest(
        uuid: trial.uuid(), jobType: "publish_post", handlerModule: "Newsroom.Publish",
        resource: Resource("post", trial.uuid()), args: ["notify": true], argsVersion: 4,
        time: .at(trial.now + .microseconds(90_000_001)), queue: "slow", priority: 3,
        maxAttempts: 9, createdByUUID: trial.uuid(), traceContext: ["traceparent": "00-ab"])
      let job = try await trial.insert(request)
      try trial.expect(job, request.job(at: trial.now), "the answer")
      try trial.expect(try await trial.job(job.uuid), job, "the job as read again")
    },

    StoreRule(.insert, "makes a new job pending, in its first run, with nothing spent") { trial in
      let job = try await trial.insert()
      try trial.expect(job.status, .pending, "status")
      try trial.expect(job.run, 1, "run")
      try trial.expect(job.claim, 0, "claim")
      try trial.expect(
        [job.attempts, job.failures, job.snoozes, job.crashes], [0, 0, 0, 0], "counters")
      try trial.expect(job.hold, nil, "hold")
      try trial.expect(job.insertedAt, trial.now, "inserted_at")
    },

    StoreRule(.insert, "resolves 'now' and 'in' by its own clock") { trial in
      let now = try await trial.insert(time: .now)
      try trial.expect(now.scheduledAt, trial.now, "scheduled_at of 'now'")
      trial.clock.advance(by: .seconds(5))
      let soon = try await trial.insert(time: .in(.milliseconds(1_500)))
      try trial.expect(soon.scheduledAt, trial.now + .milliseconds(1_500), "scheduled_at of 'in'")
      try trial.expect(soon.runAt, soon.scheduledAt, "run_at")
    },

    StoreRule(.insert, "keeps a time in the past as it was asked for") { trial in
      let past = trial.now - .seconds(3_600)
      let job = try await trial.insert(time: .at(past))
      try trial.expect(job.scheduledAt, past, "scheduled_at")
      try trial.expect(job.runAt, past, "run_at")
    },

    StoreRule(.insert, "answers in the order that was asked, however many") { trial in
      let requests = try (0..<1_000).map { try trial.request(args: ["n": .number(JSONNumber($0))]) }
      let jobs = try await trial.store.insert(requests.reversed())
      try trial.expect(jobs.map(\.uuid), requests.reversed().map(\.uuid), "the uuids")
      try trial.expect(
        try await trial.store.jobs(JobQuery(limit: 10_000)).count, 1_000, "the number of jobs")
    },

    StoreRule(.insert, "takes an empty batch") { trial in
      try trial.expect(try await trial.store.insert([]), [], "the answer")
    },

    StoreRule(.insert, "answers a repeated request with the existing job") { trial in
      let request = try trial.request(args: ["n": 1], time: .in(.seconds(60)))
      let first = try await trial.insert(request)
      trial.clock.advance(by: .seconds(10))
      try trial.expect(try await trial.insert(request), first, "the second answer")
      try trial.expect(
        try await trial.store.jobs(JobQuery()).count, 1, "the number of jobs")
    },

    StoreRule(.insert, "answers a repeated request with the job as it now is, finished or not") {
      trial in
      let request = try trial.request()
      try await trial.insert(request)
      let claimed = try await trial.claimOne(by: try await trial.join())
      try trial.expect(try await trial.insert(request), claimed, "the answer while it runs")
      let executed = try await trial.apply(.succeed(result: nil), to: claimed)
      try trial.expect(try await trial.insert(request), executed, "the answer after it ran")
    },

    StoreRule(.insert, "answers a repeated request with a job that was rescheduled since") {
      trial in
      let request = try trial.request(time: .in(.seconds(60)))
      let job = try await trial.insert(request)
      _ = try await trial.store.apply(.reschedule(.in(.seconds(600))), to: job.uuid)
      let answer = try await trial.insert(request)
      try trial.expect(answer.runAt, trial.now + .seconds(600), "run_at")
    },

    StoreRule(.insert, "takes a repeated request from another trace for the same") { trial in
      func request(_ uuid: UUID, _ trace: String) throws -> JobRequest {
        try JobRequest(
          uuid: uuid, jobType: "rule", handlerModule: Trial.handler,
          resource: Resource("post", uuid), traceContext: ["traceparent": trace])
      }
      let uuid = trial.uuid()
      let first = try await trial.insert(request(uuid, "00-aa"))
      try trial.expect(try await trial.insert(request(uuid, "00-bb")), first, "the second answer")
    },

    StoreRule(.insert, "refuses other content for a uuid that exists, whatever differs") { trial in
      let (uuid, resource, by) = (trial.uuid(), Resource("post", trial.uuid()), trial.uuid())
      func request(
        jobType: String = "rule", handler: String = Trial.handler, resource: Resource,
        args: JobArguments = ["n": 1], argsVersion: Int = 1, time: ScheduledTime = .now,
        queue: String = "default", priority: Int = 0, maxAttempts: Int = 3, by: UUID?
      ) throws -> JobRequest {
        try JobRequest(
          uuid: uuid, jobType: jobType, handlerModule: handler, resource: resource, args: args,
          argsVersion: argsVersion, time: time, queue: queue, priority: priority,
          maxAttempts: maxAttempts, createdByUUID: by)
      }
      let stored = try await trial.insert(request(resource: resource, by: by))
      for (what, other) in [
        ("job_type", try request(jobType: "other", resource: resource, by: by)),
        ("handler_module", try request(handler: "Other", resource: resource, by: by)),
        ("resource_type", try request(resource: Resource("page", resource.uuid), by: by)),
        ("resource_uuid", try request(resource: Resource("post", trial.uuid()), by: by)),
        ("args", try request(resource: resource, args: ["n": 2], by: by)),
        ("args_version", try request(resource: resource, argsVersion: 2, by: by)),
        ("time", try request(resource: resource, time: .in(.seconds(1)), by: by)),
        ("queue", try request(resource: resource, queue: "other", by: by)),
        ("priority", try request(resource: resource, priority: 1, by: by)),
        ("max_attempts", try request(resource: resource, maxAttempts: 4, by: by)),
        ("created_by_uuid", try request(resource: resource, by: nil)),
      ] {
        try await trial.expectConflict([other], uuid, "another \(what)")
      }
      try trial.expect(try await trial.job(uuid), stored, "the stored job")
    },

    StoreRule(.insert, "stores nothing of a batch that holds a conflict") { trial in
      let stored = try await trial.insert(args: ["n": 1])
      let conflict = try trial.request(uuid: stored.uuid, args: ["n": 2])
      let others = try (0..<3).map { _ in try trial.request() }
      try await trial.expectConflict(others + [conflict], stored.uuid, "the batch")
      try await trial.expectConflict([conflict] + others, stored.uuid, "the batch in another order")
      try trial.expect(
        try await trial.store.jobs(JobQuery()).map(\.uuid), [stored.uuid], "the stored jobs")
    },

    StoreRule(.insert, "stores one job for a request that stands twice in a batch") { trial in
      let request = try trial.request()
      let jobs = try await trial.store.insert([request, request])
      try trial.expect(jobs.map(\.uuid), [request.uuid, request.uuid], "the answer")
      try trial.expect(
        try await trial.store.jobs(JobQuery()).count, 1, "the number of jobs")
    },

    StoreRule(.insert, "refuses a batch that gives one uuid two contents") { trial in
      let uuid = trial.uuid()
      let resource = Resource("post", trial.uuid())
      try await trial.expectConflict(
        [
          trial.request(uuid: uuid, resource: resource, args: ["n": 1]),
          trial.request(uuid: uuid, resource: resource, args: ["n": 2]),
        ], uuid, "the batch")
      try trial.expect(try await trial.store.jobs(JobQuery()), [], "the stored jobs")
    },

    StoreRule(.insert, "takes new content for the uuid of a job that was deleted") { trial in
      let job = try await trial.insert(args: ["n": 1])
      _ = try await trial.store.apply(.delete, to: job.uuid)
      let again = try await trial.insert(trial.request(uuid: job.uuid, args: ["n": 2]))
      try trial.expect(again.args, ["n": 2], "args")
    },

    StoreRule(.insert, "stores one job when eight tasks insert it at once") { trial in
      let request = try trial.request()
      let answers = try await withThrowingTaskGroup(of: [Job].self) { group in
        for _ in 0..<8 { group.addTask { try await trial.store.insert([request]) } }
        return try await group.reduce(into: [Job]()) { $0 += $1 }
      }
      try trial.expect(Set(answers.map(\.uuid)), [request.uuid], "the answers")
      try trial.expect(
        try await trial.store.jobs(JobQuery()).count, 1, "the number of jobs")
    },
  ]
}

extension Trial {
  fileprivate func expectConflict(
    _ requests: [JobRequest], _ uuid: UUID, _ subject: String, line: UInt = #line
  ) async throws {
    let jobs: [Job]
    do throws(StoreError) {
      jobs = try await store.insert(requests)
    } catch {
      try expect(error, .conflict(uuid: uuid), subject, line: line)
      return
    }
    throw violation(subject, "conflict", "\(jobs.count) jobs", line: line)
  }
}
