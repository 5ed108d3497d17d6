import Carillon
import Foundation

extension StoreRule {
  static let scheduleRules = [
    StoreRule(.schedules, "keeps every column of a schedule, and reads it as it was answered") {
      trial in
      var definition = trial.definition(
        "0 9 * * MON-FRI", overlap: .bufferAll, misfire: .all(max: 5, window: .seconds(7_200)),
        maxRuns: 17, pauseAfterFailures: 3)
      definition.args = try JobArguments(json: #"{"n":9007199254740993,"t":"\u0001'🔔"}"#)
      definition.argsVersion = 4
      definition.queue = "slow"
      definition.priority = 7
      definition.timeZone = "Europe/Paris"
      definition.clockChange = ClockChange(gap: .skip, overlap: .second)
      definition.startAt = trial.now + .seconds(60)
      definition.endAt = trial.now + .seconds(86_400 * 365)
      definition.misfireThreshold = .seconds(30)
      definition.jitter = .milliseconds(1_500)
      let stored = try await trial.add("päge '\"\u{1F514}", definition)
      try trial.expect(stored.definition, definition, "what it says")
      try trial.expect(stored.origin, .added, "origin")
      try trial.expect([stored.revision, stored.turn], [1, 1], "revision, turn")
      try trial.expect(stored.insertedAt, trial.now, "inserted_at")
      try trial.expect(try await trial.schedule(stored.name), stored, "the schedule as read")
    },

    StoreRule(.schedules, "makes a schedule's next time the first after now, by its own clock") {
      trial in
      let schedule = try await trial.add("rule", "@every 1h from 2027-03-01T09:00:00Z")
      try trial.expect(schedule.nextAt, trial.now + .seconds(3_600), "next_at")
      try trial.expect(schedule.lastAt, nil, "last_at")
    },

    StoreRule(.schedules, "answers a repeated request with the schedule that there is") { trial in
      let request = try ScheduleRequest(
        uuid: trial.uuid(), name: "rule", definition: trial.definition("@daily"))
      let first = try await trial.store.addSchedules([request])
      trial.clock.advance(by: .seconds(5))
      try trial.expect(try await trial.store.addSchedules([request]), first, "the answer")
    },

    StoreRule(.schedules, "refuses another schedule of the same name, and stores none beside it") {
      trial in
      let known = try await trial.add("rule", "@daily")
      let other = try ScheduleRequest(
        uuid: trial.uuid(), name: "other", definition: trial.definition("@daily"))
      let same = try ScheduleRequest(
        uuid: trial.uuid(), name: "rule", definition: trial.definition("@hourly"))
      do {
        _ = try await trial.store.addSchedules([other, same])
      } catch let error as StoreError {
        try trial.expect(error, .scheduleExists(name: "rule"), "the error")
        try trial.expect(try await trial.store.schedule("other"), nil, "the other one")
        return try trial.expect(try await trial.schedule(), known, "the schedule")
      }
      throw trial.violation("another schedule of that name", "an error", "none")
    },

    StoreRule(.schedules, "refuses one whose occurrences all lie in the past") { trial in
      var definition = trial.definition("@at 2027-03-01T08:00")
      definition.timeZone = "UTC"
      do {
        try await trial.add("rule", definition)
      } catch let error as StoreError {
        guard case .schedule("rule", .neverFires) = error else { throw error }
        return
      }
      throw trial.violation("a schedule that never fires", "an error", "none")
    },

    StoreRule(.schedules, "lists schedules by name, page by page") { trial in
      for name in ["b", "c", "a", "d"] { try await trial.add(name, "@daily") }
      let first = try await trial.store.schedules(ScheduleQuery(limit: 3))
      try trial.expect(first.map(\.name), ["a", "b", "c"], "the first page")
      let rest = try await trial.store.schedules(ScheduleQuery(limit: 3, after: "c"))
      try trial.expect(rest.map(\.name), ["d"], "the second page")
      let declared = try await trial.store.schedules(ScheduleQuery(origin: .declared))
      try trial.expect(declared, [], "the declared ones")
    },

    StoreRule(.schedules, "pauses a schedule with its why, and fires nothing of it") { trial in
      try await trial.add("rule", "@every 1m")
      let paused = try await trial.command(.pause(until: nil, by: "ada", why: "moving"))
      try trial.expect(
        paused.pause, Schedule.Pause(at: trial.now, by: "ada", why: "moving"), "the pause")
      try trial.expect(paused.nextAt, nil, "next_at")
      try trial.expect(paused.turn, 2, "turn")
      try trial.expect(try await trial.schedule(), paused, "the schedule as read")
      try trial.expect(try await trial.fire(after: .seconds(300)).count, 0, "the jobs")
      let resumed = try await trial.command(.resume)
      try trial.expect(resumed.pause, nil, "the pause")
      try trial.expect(resumed.nextAt, trial.now + .seconds(60), "next_at")
      try trial.expect(try await trial.fire(after: .seconds(60)).count, 1, "the jobs")
    },

    StoreRule(.schedules, "ends a pause at its time, and catches nothing of it up") { trial in
      try await trial.add("rule", "@every 1m")
      let until = trial.now + .seconds(600)
      let paused = try await trial.command(.pause(until: until, by: nil, why: nil))
      try trial.expect(paused.nextAt, until, "next_at")
      try trial.expect(try await trial.fire(after: .seconds(540)).count, 0, "the jobs before")
      let jobs = try await trial.fire(after: .seconds(60))
      try trial.expect(jobs.map(\.scheduledAt), [until], "the nominal times of the jobs")
      try trial.expect(try await trial.schedule().pause, nil, "the pause")
    },

    StoreRule(.schedules, "lets an edit say something else from now on, and counts it") { trial in
      let schedule = try await trial.add("rule", "@every 1h")
      var definition = schedule.definition
      definition.recurrence = "@every 5m"
      definition.priority = 3
      let edited = try await trial.command(
        .edit(definition, revision: schedule.revision))
      try trial.expect(edited.definition, definition, "what it says")
      try trial.expect([edited.revision, edited.turn], [2, 2], "revision, turn")
      try trial.expect(edited.editedAt, trial.now, "edited_at")
      try trial.expect(edited.nextAt, trial.now + .seconds(300), "next_at")
      try trial.expect(try await trial.schedule(), edited, "the schedule as read")
      let late = try await trial.store.apply(
        .edit(schedule.definition, revision: schedule.revision), toSchedule: "rule")
      try trial.expect(late, .refused(.changedMeanwhile("rule")), "an edit of the old revision")
    },

    StoreRule(.schedules, "removes a schedule with its history, and lets its jobs go on") { trial in
      let schedule = try await trial.add("rule", "@every 1m")
      let job = try trial.unwrap(try await trial.fire(after: .seconds(60)).first, "a job")
      try await trial.command(.remove)
      try trial.expect(try await trial.store.schedule("rule"), nil, "the schedule")
      try trial.expect(try await trial.history(schedule), [], "the history")
      try trial.expect(try await trial.job(job.uuid), job, "its job")
      try trial.expect(try await trial.fire(after: .seconds(600)).count, 0, "later jobs")
      let again = try await trial.store.apply(.remove, toSchedule: "rule")
      try trial.expect(again, .refused(.notFound("rule")), "removing it again")
    },

    StoreRule(.schedules, "takes a declaration's word unless somebody has edited since it changed")
    {
      trial in
      let first = trial.definition("@every 1h")
      let request = try ScheduleRequest(
        uuid: trial.uuid(), name: "rule", definition: first, origin: .declared)
      _ = try await trial.store.addSchedules([request])
      var edit = first
      edit.recurrence = "@every 2h"
      let edited = try await trial.command(.edit(edit, revision: 1))
      try trial.expect(
        try await trial.command(.declare(first)), edited, "declared as before")
      var second = first
      second.recurrence = "@every 3h"
      let declared = try await trial.command(.declare(second))
      try trial.expect(declared.definition, second, "declared anew")
      try trial.expect(declared.editedAt, nil, "edited_at")
      try trial.expect(
        try await trial.store.schedules(ScheduleQuery(origin: .declared)), [declared],
        "the declared ones")
    },

    StoreRule(.schedules, "leaves a schedule as it is that its time zone's rules agree with") {
      trial in
      let schedule = try await trial.add("rule", "0 9 * * *")
      trial.clock.advance(by: .seconds(60))
      try trial.expect(try await trial.command(.align), schedule, "the schedule")
    },

    StoreRule(.schedules, "goes on where it stopped when a lost declaration comes back") { trial in
      let definition = trial.definition("@every 1m")
      _ = try await trial.store.addSchedules([
        try ScheduleRequest(
          uuid: trial.uuid(), name: "rule", definition: definition, origin: .declared)
      ])
      let stopped = try await trial.command(.undeclare)
      try trial.expect(stopped.pause?.by, Schedule.Pause.byDeclaration, "paused_by")
      try trial.expect(try await trial.fire(after: .seconds(600)).count, 0, "the jobs meanwhile")
      let back = try await trial.command(.declare(definition))
      try trial.expect(back.pause, nil, "the pause")
      let jobs = try await trial.fire()
      try trial.expect(
        jobs.map(\.occurrenceReason), [.catchUp], "the reasons of the jobs, by policy once")
    },

    StoreRule(.schedules, "leaves a schedule made by hand alone when a program declares its name") {
      trial in
      let schedule = try await trial.add("rule", "@every 1h")
      try trial.expect(
        try await trial.command(.declare(trial.definition("@every 2h"))), schedule,
        "the schedule")
    },
  ]
}
