import Carillon
import Foundation
import HTTPTypes

/// What is done with a schedule: pausing, resuming, running now, backfilling; and what an expression
/// means.
struct ScheduleActionRoutes: Sendable {
  let parts: APIParts

  private var schedules: Schedules { Schedules(store: parts.store) }

  var routes: [Route] {
    [
      action(
        "pause", id: "pauseSchedule",
        "Fire nothing until it is resumed, or until a time; nothing of the pause is caught up.",
        body: "SchedulePause", answer: "Schedule"
      ) { call, name in
        let options = try await call.options(["until", "for", "reason"])
        let end = try PauseEnd.read(options, or: .invalidSchedule)
        let until = try await end?.instant(at: parts.store.now())
        let by = call.caller.name.isEmpty ? call.caller.id : call.caller.name
        let schedule = try await schedules.pause(
          name, until: until?.date, by: by, why: try options.text("reason"))
        return try await record(schedule, call)
      },
      action(
        "resume", id: "resumeSchedule", "End a pause; it goes on with the next occurrence.",
        body: "Nothing", answer: "Schedule"
      ) { call, name in
        _ = try await call.options([])
        return try await record(try await schedules.resume(name), call)
      },
      action(
        "run-now", id: "runScheduleNow", "Make a job of it now, whatever it says.",
        body: "Nothing", answer: "Job"
      ) { call, name in
        _ = try await call.options([])
        let job = try await schedules.runNow(name)
        parts.feed.publish("job", job.eventValue)
        return parts.record(job, for: call)
      },
      action(
        "backfill", id: "backfillSchedule",
        "Make the jobs of a past range that haven't been made; with `dry_run`, say which.",
        body: "Backfill", answer: "CancelledJobs", needsBody: true
      ) { call, name in
        let options = try await call.options(["from", "to", "dry_run"])
        let (from, to) = (try instant(options, "from"), try instant(options, "to"))
        let jobs: [Job]
        if try options.flag("dry_run") == true {
          jobs = try await schedules.plannedBackfill(name, from: from, to: to)
        } else {
          jobs = try await schedules.backfill(name, from: from.date, to: to.date)
          for job in jobs.prefix(100) { parts.feed.publish("job", job.eventValue) }
        }
        return ["jobs": .array(jobs.map { parts.record($0, for: call) })]
      },
      Route(
        .get, "/api/v1/recurrences/explain", role: .viewer,
        Operation(
          id: "explainRecurrence",
          summary: "Say in plain words what an expression means, and when it fires next.",
          query: [
            .init(name: "recurrence", summary: "Cron, `@every 15m`, `RRULE:…`."),
            .init(name: "tz", summary: "An IANA time zone; UTC."),
            .init(name: "after", summary: "The time to begin after; now.", schema: Schemas.time),
            .init(
              name: "count", summary: "How many times; 10.",
              schema: ["type": "integer", "minimum": 1, "maximum": 500]),
          ],
          responses: [
            .init(
              status: .ok, summary: "What it means.", schema: Schemas.reference("Explanation"))
          ]),
        answer: explain),
    ]
  }

  private func action(
    _ name: String, id: String, _ summary: String, body: String, answer: String,
    needsBody: Bool = false,
    _ act: @escaping @Sendable (Call, String) async throws -> JSONValue
  ) -> Route {
    Route(
      .post, "/api/v1/schedules/{name}/\(name)", role: .operator,
      Operation(
        id: id, summary: summary,
        body: .init(schema: Schemas.reference(body), isRequired: needsBody),
        responses: [
          .init(status: .ok, summary: "What it has come to.", schema: Schemas.reference(answer))
        ],
        problems: [
          .scheduleNotFound, .scheduleState, .invalidSchedule, .invalidParameter,
        ])
    ) { call in .json(try await act(call, call.parameters["name"] ?? "")) }
  }

  private func record(_ schedule: Schedule, _ call: Call) async throws -> JSONValue {
    let now = try await parts.store.now()
    return ScheduleRoutes.record(schedule.jsonValue(at: now), for: call, parts)
  }

  private func instant(_ options: [String: JSONValue], _ name: String) throws -> Instant {
    guard let text = try options.text(name) else {
      throw ScheduleDraft.wrong(name, "is missing. Write a time such as 2027-03-01T09:00:00Z.")
    }
    do {
      return try Instant(rfc3339: text)
    } catch {
      throw ScheduleDraft.wrong(name, error.description)
    }
  }

  // MARK: Explaining

  @Sendable private func explain(_ call: Call) async throws -> Answer {
    guard let text = call.query["recurrence"] else {
      throw Problem.parameter(
        "recurrence", "is missing. Write cron, such as 0 9 * * MON-FRI, or @every 15m.")
    }
    let count = try JobRoutes.limit(
      call.query["count"].map { ["limit": $0] } ?? [:], standard: 10)
    let now = try await parts.store.now()
    let timetable: Timetable
    do {
      timetable = try Timetable(
        try Recurrence(text), in: try ZoneRules.named(call.query["tz"] ?? "UTC"))
    } catch let error as RecurrenceError {
      throw Problem.parameter("recurrence", error.description)
    } catch {
      let question = DidYouMean.question(
        about: call.query["tz"] ?? "", among: TimeZone.knownTimeZoneIdentifiers)
      throw Problem.parameter("tz", "\(error)\(question)")
    }
    var after = now
    if let text = call.query["after"] {
      do {
        after = try Instant(rfc3339: text)
      } catch {
        throw Problem.parameter("after", "\(error)")
      }
    }
    return .json(
      timetable.explanationValue(
        OccurrenceTable(timetable: timetable, after: after, count: count)))
  }
}
