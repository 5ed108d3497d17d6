import Carillon
import Foundation

extension StoreRule {
  static let failureRules: [StoreRule] = [
    StoreRule(.statistics, "groups failed attempts by handler and error, the newest first") {
      trial in
      let node = try await trial.join(knowing: ["A", "B"])
      var examples: [String: UUID] = [:]
      for (handler, error) in [
        ("A", "code 17"), ("A", "no space left"), ("B", "code 1"), ("A", "code 2250"),
      ] {
        try await trial.insert(handler)
        let keys: Set = [HandlerKey(handlerModule: handler, resourceType: "post")]
        let claimed = try await trial.exchange(knowing: keys, by: node).claimed
        let job = try trial.unwrap(claimed.first, "a claimed job")
        trial.clock.advance(by: .seconds(10))
        try await trial.apply(.fail(error: error), to: job)
        examples["\(handler) \(error)"] = job.uuid
      }
      let report = try await trial.store.failures(since: ManualClock.start, limit: 10)
      try trial.expect(report.groups.map(\.handlerModule), ["A", "B", "A"], "the handlers")
      try trial.expect(
        report.groups.map(\.error), ["code 2250", "code 1", "no space left"], "the errors")
      try trial.expect(report.groups.map(\.count), [2, 1, 1], "the counts")
      try trial.expect(report.groups.map(\.jobs), [2, 1, 1], "the numbers of jobs")
      try trial.expect(report.attempts, 4, "the number of attempts")
      try trial.expect(!report.hasOlder, "that all were looked at")
      let first = try trial.unwrap(report.groups.first, "a group")
      try trial.expect(first.example, examples["A code 2250"], "the newest one's job")
      try trial.expect(first.firstAt, ManualClock.start + .seconds(10), "the first time")
      try trial.expect(first.lastAt, ManualClock.start + .seconds(40), "the last time")
      let few = try await trial.store.failures(since: ManualClock.start, limit: 1)
      try trial.expect(few.groups, [first], "the only group that was asked for")
    },

    StoreRule(.statistics, "counts every attempt of a job that fails again and again") { trial in
      let (job, node) = try await trial.running()
      try await trial.apply(.retry(after: .seconds(5), error: "busy"), to: job)
      trial.clock.advance(by: .seconds(5))
      try await trial.apply(.fail(error: "busy"), to: try await trial.claimOne(by: node))
      let group = try trial.unwrap(
        try await trial.store.failures(since: ManualClock.start, limit: 10).groups.first, "a group")
      try trial.expect(group.count, 2, "the attempts")
      try trial.expect(group.jobs, 1, "the jobs")
    },

    StoreRule(.statistics, "tells failed jobs that nobody has put right from those that were") {
      trial in
      let node = try await trial.join()
      var jobs: [Job] = []
      for _ in 0..<5 { jobs.append(try await trial.insert()) }
      for job in try await trial.claim(by: node) {
        try await trial.apply(.fail(error: "busy"), to: job)
      }
      for job in jobs.prefix(3) { _ = try await trial.store.apply(.retry, to: job.uuid) }
      // The first is executed, the second runs, the third waits; two are as they were.
      for index in 0..<2 {
        let job = try await trial.claimOne(by: node)
        if index == 0 { try await trial.apply(.succeed(result: nil), to: job) }
      }
      let group = try trial.unwrap(
        try await trial.store.failures(since: ManualClock.start, limit: 10).groups.first, "a group")
      try trial.expect(group.jobs, 5, "the jobs")
      try trial.expect(group.failedNow, 2, "the jobs that are failed now")
      try trial.expect(group.unfinished, 2, "the jobs that are tried again")
    },

    StoreRule(.statistics, "counts a failed job where its newest error stands") { trial in
      let (job, node) = try await trial.running()
      try await trial.apply(.retry(after: .seconds(5), error: "busy"), to: job)
      trial.clock.advance(by: .seconds(5))
      try await trial.apply(.fail(error: "no space left"), to: try await trial.claimOne(by: node))
      let groups = try await trial.store.failures(since: ManualClock.start, limit: 10).groups
      try trial.expect(groups.map(\.error), ["no space left", "busy"], "the errors")
      try trial.expect(groups.map(\.jobs), [1, 1], "the jobs")
      try trial.expect(groups.map(\.failedNow), [1, 0], "the jobs that are failed now")
      try trial.expect(groups.map(\.failedOtherwise), [0, 1], "the jobs with a newer error")
    },

    StoreRule(.statistics, "leaves out attempts that failed before, or didn't fail") { trial in
      for transition in [
        Transition.fail(error: "old"), .succeed(result: nil), .snooze(.seconds(60)),
        .stop(reason: "pointless"),
      ] {
        let (job, _) = try await trial.running()
        try await trial.apply(transition, to: job)
        if case .fail = transition { trial.clock.advance(by: .seconds(60)) }
      }
      let later = try await trial.store.failures(
        since: ManualClock.start + .microseconds(1), limit: 10)
      try trial.expect(later.groups, [], "the groups")
      let all = try await trial.store.failures(since: ManualClock.start, limit: 10)
      try trial.expect(all.groups.map(\.error), ["old"], "the errors")
    },

    StoreRule(.schedules, "lists those that fire by when they do, and finds one by its uuid") {
      trial in
      for (name, recurrence) in [
        ("a", "@every 3h"), ("b", "@every 1h"), ("c", "@every 2h"), ("d", "@every 4h"),
      ] {
        try await trial.add(name, recurrence)
      }
      try await trial.command(.pause(until: nil, by: nil, why: nil), "c")
      let coming = try await trial.store.schedules(ScheduleQuery(order: .next, limit: 2))
      try trial.expect(coming.map(\.name), ["b", "a"], "the soonest")
      let all = try await trial.store.schedules(ScheduleQuery(order: .next))
      try trial.expect(all.map(\.name), ["b", "a", "d"], "those that fire")
      let wanted = try await trial.schedule("c")
      let found = try await trial.store.schedules(ScheduleQuery(uuid: wanted.uuid))
      try trial.expect(found, [wanted], "the one of that uuid")
      let none = try await trial.store.schedules(ScheduleQuery(uuid: trial.uuid()))
      try trial.expect(none, [], "those of another uuid")
    },
  ]
}
