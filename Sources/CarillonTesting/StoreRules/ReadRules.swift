import Carillon
import Foundation

extension StoreRule {
  static let readRules: [StoreRule] = [
    StoreRule(.read, "tells the time of its own clock") { trial in
      try trial.expect(try await trial.store.now(), trial.now, "now")
      trial.clock.advance(by: .microseconds(1))
      try trial.expect(try await trial.store.now(), trial.now, "now, a microsecond later")
    },

    StoreRule(.read, "answers nil for a job that isn't there") { trial in
      try trial.expect(try await trial.store.job(trial.uuid()), nil, "the job")
      try trial.expect(try await trial.store.attempts(of: trial.uuid()), [], "its attempts")
    },

    StoreRule(.read, "lists jobs newest first") { trial in
      var uuids: [UUID] = []
      for _ in 0..<5 { uuids.append(try await trial.insert().uuid) }
      try trial.expect(
        try await trial.store.jobs(JobQuery()).map(\.uuid), uuids.reversed(), "the uuids")
    },

    StoreRule(.read, "lists jobs page by page") { trial in
      var uuids: [UUID] = []
      for _ in 0..<7 { uuids.append(try await trial.insert().uuid) }
      var pages: [[UUID]] = []
      var last: UUID?
      repeat {
        let page = try await trial.store.jobs(JobQuery(limit: 3, after: last.map { .job($0) })).map(
          \.uuid)
        last = page.last
        if !page.isEmpty { pages.append(page) }
      } while last != nil
      try trial.expect(pages.map(\.count), [3, 3, 1], "the sizes of the pages")
      try trial.expect(pages.flatMap(\.self), uuids.reversed(), "the uuids")
    },

    StoreRule(.read, "lists jobs by status, by resource and by queue") { trial in
      let resource = Resource("post", trial.uuid())
      let executed = try await trial.job(in: .executed)
      let one = try await trial.insert(resource: resource)
      let other = try await trial.insert(resource: resource, queue: "slow")
      func uuids(_ query: JobQuery) async throws -> [UUID] {
        try await trial.store.jobs(query).map(\.uuid)
      }
      try trial.expect(
        try await uuids(JobQuery(status: .executed)), [executed.uuid], "the executed")
      try trial.expect(
        try await uuids(JobQuery(resource: resource)), [other.uuid, one.uuid], "the resource's")
      try trial.expect(try await uuids(JobQuery(queue: "slow")), [other.uuid], "the queue's")
      try trial.expect(
        try await uuids(JobQuery(status: .pending, resource: resource, queue: "default")),
        [one.uuid], "all three")
      try trial.expect(
        try await uuids(JobQuery(resource: Resource("page", resource.uuid))), [],
        "those of a resource of another type")
    },

    StoreRule(.read, "lists what is due at a time: pending, not held, run_at reached") { trial in
      _ = try await trial.job(in: .executed)
      let due = try await trial.insert()
      let later = try await trial.insert(time: .in(.seconds(60)))
      try await trial.insert("Unknown")
      _ = try await trial.store.holdUnresolved(limit: 10)
      func uuids(at instant: Instant) async throws -> [UUID] {
        try await trial.store.jobs(JobQuery(dueBy: instant)).map(\.uuid)
      }
      try trial.expect(
        try await uuids(at: trial.now - .microseconds(1)), [], "what was due a microsecond ago")
      try trial.expect(try await uuids(at: trial.now), [due.uuid], "what is due now")
      try trial.expect(
        try await uuids(at: later.runAt), [later.uuid, due.uuid],
        "what is due at the later job's time")
    },

    StoreRule(.read, "lists every attempt, oldest first, the running one included") { trial in
      let job = try await trial.insert()
      let node = try await trial.join()
      let first = try await trial.claimOne(by: node)
      try await trial.apply(.retry(after: .zero, error: "busy"), to: first)
      let second = try await trial.claimOne(by: node)
      let attempts = try await trial.store.attempts(of: job.uuid)
      try trial.expect(attempts.map(\.claim), [1, 2], "the claims")
      try trial.expect(attempts.map(\.number), [1, 2], "the numbers")
      try trial.expect(attempts.map(\.outcome), [.error, nil], "the outcomes")
      try trial.expect(attempts.last, Attempt(running: second), "the running attempt")
    },
  ]
}
