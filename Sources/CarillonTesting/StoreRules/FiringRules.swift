import Carillon
import Foundation

extension StoreRule {
  static let firingRules = [
    StoreRule(.firing, "gives an occurrence its job, with time, reason and what it says") {
      trial in
      var definition = trial.definition("@every 1m")
      definition.args = ["n": 1]
      definition.queue = "slow"
      definition.priority = 4
      let schedule = try await trial.add("rule", definition)
      let job = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      try trial.expect(job.scheduleUUID, schedule.uuid, "schedule_uuid")
      try trial.expect(job.occurrenceReason, .onTime, "occurrence_reason")
      try trial.expect(
        [job.scheduledAt, job.runAt], [trial.now, trial.now], "scheduled_at, run_at")
      try trial.expect(job.resource, definition.resource, "the resource")
      try trial.expect(job.args, ["n": 1], "args")
      try trial.expect(job.queue, "slow", "queue")
      try trial.expect([job.priority, job.maxAttempts], [4, 1], "priority, max_attempts")
      try trial.expect(try await trial.job(job.uuid), job, "the job as read")
      let claimed = try await trial.claimOne(by: try await trial.join())
      try trial.expect(claimed.uuid, job.uuid, "the claimed job")
      try trial.expect(claimed.occurrenceReason, .onTime, "the claimed job's reason")
    },

    StoreRule(.firing, "advances the schedule with its job") { trial in
      try await trial.add("rule", "@every 1m")
      try await trial.fire(after: .seconds(60))
      let schedule = try await trial.schedule()
      try trial.expect(schedule.lastAt, trial.now, "last_at")
      try trial.expect(schedule.nextAt, trial.now + .seconds(60), "next_at")
      try trial.expect([schedule.runs, Int(schedule.turn)], [1, 2], "runs, turn")
      try trial.expect(schedule.revision, 1, "revision")
    },

    StoreRule(.firing, "fires nothing before its time") { trial in
      try await trial.add("rule", "@every 1m")
      trial.clock.advance(by: .seconds(59))
      let due = try await trial.due()
      try trial.expect(due.schedules, [], "the due schedules")
      try trial.expect(due.nextAt, trial.now + .seconds(1), "when the next is due")
    },

    StoreRule(.firing, "lets one alone of those who fire the same occurrence win") { trial in
      let schedule = try await trial.add("rule", "@every 1m", overlap: .allow)
      trial.clock.advance(by: .seconds(60))
      let firings = try await trial.firings()
      _ = try await trial.store.fire(firings)
      try trial.expect(try await trial.store.fire(firings), [.lost], "the second answer")
      try trial.expect(try await trial.history(schedule).count, 1, "the occurrences")
      try trial.expect(try await trial.store.jobs(JobQuery()).count, 1, "the jobs")
    },

    StoreRule(.firing, "loses to an edit, a pause or a removal that came before") { trial in
      for (name, command) in [
        ("edited", ScheduleCommand.edit(trial.definition("@every 2m"), revision: 1)),
        ("paused", .pause(until: nil, by: nil, why: nil)), ("removed", .remove),
      ] {
        try await trial.add(name, "@every 1m")
        trial.clock.advance(by: .seconds(60))
        let firings = try await trial.firings()
        try trial.expect(firings.count, 1, "the due schedules, \(name)")
        try await trial.command(command, name)
        try trial.expect(try await trial.store.fire(firings), [.lost], "the answer, \(name)")
        if name == "edited" { try await trial.command(.remove, name) }
      }
      try trial.expect(try await trial.store.jobs(JobQuery()), [], "the jobs")
    },

    StoreRule(.firing, "takes one removed and made anew for another") { trial in
      try await trial.add("rule", "@every 1m")
      trial.clock.advance(by: .seconds(60))
      let firings = try await trial.firings()
      try await trial.command(.remove)
      let new = try await trial.add("rule", "@every 1m")
      try trial.expect(try await trial.store.fire(firings), [.lost], "the answer")
      try trial.expect(try await trial.schedule(), new, "the new schedule")
    },

    StoreRule(.firing, "keeps every occurrence in the history, newest first") { trial in
      let schedule = try await trial.add("rule", "@every 1m", overlap: .allow)
      var jobs: [Job] = []
      for _ in 0..<3 { jobs += try await trial.fire(after: .seconds(60)) }
      let history = try await trial.history(schedule)
      try trial.expect(history.map(\.jobUUID), jobs.reversed().map(\.uuid), "the jobs")
      try trial.expect(
        history.map(\.nominalAt), jobs.reversed().map(\.scheduledAt), "the nominal times")
      try trial.expect(Set(history.map(\.outcome)), [.fired], "the outcomes")
      let older = try await trial.store.occurrences(
        of: schedule.uuid, OccurrenceQuery(before: history[1].nominalAt, limit: 1))
      try trial.expect(older, [history[2]], "the page before")
    },

    StoreRule(.firing, "catches up by the misfire policy, and notes what was missed") { trial in
      for (policy, late, missed) in [
        (MisfirePolicy.skip, 0, 8), (.once, 1, 7), (.all(max: 3, window: nil), 3, 5),
        (.all(max: 100, window: .seconds(210)), 2, 6),
      ] {
        let name = "\(policy)"
        let schedule = try await trial.add(
          name, trial.definition("@every 1m", overlap: .allow, misfire: policy))
        // Ten have passed; those of the last minute are on time.
        let jobs = try await trial.fire(after: .seconds(600))
        let caughtUp = jobs.filter { $0.occurrenceReason == .catchUp }
        try trial.expect(caughtUp.count, late, "what is caught up by \(name)")
        try trial.expect(jobs.last?.scheduledAt, trial.now, "the newest by \(name)")
        try trial.expect(jobs.last?.occurrenceReason, .onTime, "its reason by \(name)")
        let note = try await trial.history(schedule).first { $0.outcome == .missed }
        try trial.expect(note?.count, missed, "what is noted as missed by \(name)")
        try await trial.command(.remove, name)
      }
    },

    StoreRule(.firing, "ends a schedule when its runs are used up, or its time is over") { trial in
      try await trial.add(
        "counted", trial.definition("@every 1m", overlap: .allow, maxRuns: 2))
      var ending = trial.definition("@every 1m", overlap: .allow)
      ending.endAt = trial.now + .seconds(150)
      try await trial.add("timed", ending)
      var jobs = 0
      for _ in 0..<5 { jobs += try await trial.fire(after: .seconds(60)).count }
      try trial.expect(jobs, 4, "the jobs")
      for name in ["counted", "timed"] {
        let schedule = try await trial.schedule(name)
        try trial.expect(schedule.nextAt, nil, "next_at of \(name)")
        try trial.expect(schedule.state(at: trial.now), .ended, "the state of \(name)")
      }
    },

    StoreRule(.firing, "hands out no more due schedules than asked for, longest overdue first") {
      trial in
      for name in ["c", "a", "b"] {
        try await trial.add(name, "@every 1m")
        trial.clock.advance(by: .seconds(1))
      }
      try await trial.add("later", "@every 1h")
      trial.clock.advance(by: .seconds(120))
      let first = try await trial.store.dueSchedules(limit: 2, except: [])
      try trial.expect(first.schedules.count, 2, "the first answer")
      try trial.expect(first.nextAt.map { $0 <= trial.now }, true, "more are due")
      let rest = try await trial.store.dueSchedules(
        limit: 2, except: Set(first.schedules.map(\.schedule.name)))
      try trial.expect(rest.schedules.count, 1, "the second answer")
      try trial.expect(
        rest.nextAt, try await trial.schedule("later").nextAt, "when the next is due")
    },

    StoreRule(.firing, "fires by hand whatever the schedule says, and leaves its times as they are")
    {
      trial in
      try await trial.add("rule", "@every 1h")
      let paused = try await trial.command(.pause(until: nil, by: nil, why: nil))
      let (use, now) = try trial.unwrap(
        try await trial.store.scheduleInUse("rule"), "the schedule in use")
      let answers = try await trial.store.fire([ScheduleFiring.manual(use, at: now)])
      guard case .fired(let jobs) = answers.first, let job = jobs.first else {
        throw trial.violation("the answer", "a job", "\(answers)")
      }
      try trial.expect(job.occurrenceReason, .manual, "occurrence_reason")
      try trial.expect(job.scheduledAt, trial.now, "the nominal time")
      let after = try await trial.schedule()
      try trial.expect(
        [after.nextAt, after.lastAt], [paused.nextAt, paused.lastAt], "next_at, last_at")
      try trial.expect(after.runs, 0, "runs")
      try trial.expect(after.pause, paused.pause, "the pause")
    },

    StoreRule(.firing, "backfills a range once, also what was missed in it") { trial in
      let schedule = try await trial.add(
        "rule", trial.definition("@every 1m", overlap: .allow, misfire: .skip))
      let begin = trial.now
      try await trial.fire(after: .seconds(60))
      try await trial.fire(after: .seconds(310))
      for expected in [4, 0] {
        let (use, now) = try trial.unwrap(
          try await trial.store.scheduleInUse("rule"), "the schedule in use")
        let firing = try ScheduleFiring.backfill(
          use, from: begin + .seconds(60), to: begin + .seconds(361), at: now)
        guard case .fired(let jobs) = try await trial.store.fire([firing]).first else {
          throw trial.violation("the answer", "fired", "another")
        }
        try trial.expect(jobs.count, expected, "the new jobs")
        try trial.expect(
          jobs.allSatisfy { $0.occurrenceReason == .backfill }, "they say that they are a backfill")
      }
      let history = try await trial.history(schedule)
      try trial.expect(history.map(\.outcome), Array(repeating: .fired, count: 6), "the history")
    },

    StoreRule(.firing, "deletes old history in parts, and leaves the schedule") { trial in
      let schedule = try await trial.add("rule", "@every 1m", overlap: .allow)
      for _ in 0..<3 { try await trial.fire(after: .seconds(60)) }
      trial.clock.advance(by: .seconds(3_600))
      try await trial.fire()
      let before = try await trial.history(schedule).count
      try trial.expect(
        try await trial.store.pruneOccurrences(olderThan: .seconds(1_800), limit: 2), 2, "deleted")
      try trial.expect(
        try await trial.store.pruneOccurrences(olderThan: .seconds(1_800), limit: 2), 1, "the rest")
      try trial.expect(try await trial.history(schedule).count, before - 3, "the history")
    },
  ]
}
