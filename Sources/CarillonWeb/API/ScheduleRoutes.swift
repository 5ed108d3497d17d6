import Carillon
import Foundation
import HTTPTypes

/// Recurring schedules: listing, showing, adding, changing, removing.
struct ScheduleRoutes: Sendable {
  let parts: APIParts

  private static let path = "/api/v1/schedules"
  private static let named = "/api/v1/schedules/{name}"

  private var schedules: Schedules { Schedules(store: parts.store) }

  var routes: [Route] {
    [
      Route(
        .get, ScheduleRoutes.path, role: .viewer,
        Operation(
          id: "listSchedules", summary: "List schedules, by name.",
          query: [
            .init(
              name: "limit", summary: "At most so many; 100.",
              schema: ["type": "integer", "minimum": 1, "maximum": 500]),
            .init(name: "after", summary: "Go on after this name: `next` of an earlier answer."),
          ],
          responses: [
            .init(
              status: .ok, summary: "A page of them.",
              schema: Schemas.reference("SchedulePage"))
          ]),
        answer: list),
      Route(
        .post, ScheduleRoutes.path, role: .operator,
        Operation(
          id: "addSchedule", summary: "Store a schedule.",
          detail: "The same name with the same content answers with the schedule that is there.",
          body: .init(schema: Schemas.reference("NewSchedule")),
          responses: [
            .init(
              status: .created, summary: "It is stored.", schema: Schemas.reference("Schedule"),
              headers: [.init(name: "Location", summary: "Where the schedule is.")])
          ],
          problems: [.invalidSchedule, .scheduleConflict]),
        answer: add),
      Route(
        .get, ScheduleRoutes.named, role: .viewer,
        Operation(
          id: "showSchedule", summary: "Show a schedule, what is to come, and its history.",
          query: [
            .init(
              name: "limit", summary: "At most so many occurrences of its history; 10.",
              schema: ["type": "integer", "minimum": 1, "maximum": 500])
          ],
          responses: [
            .init(
              status: .ok, summary: "The schedule.",
              schema: Schemas.reference("ScheduleWithHistory"))
          ],
          problems: [.scheduleNotFound]),
        answer: show),
      Route(
        .patch, ScheduleRoutes.named, role: .operator,
        Operation(
          id: "editSchedule", summary: "Change what a schedule says; what isn't given stays.",
          detail: "With `revision`, only if the schedule still has that one.",
          body: .init(schema: Schemas.reference("ScheduleChange")),
          responses: [
            .init(
              status: .ok, summary: "The schedule as it now is.",
              schema: Schemas.reference("Schedule"))
          ],
          problems: [.scheduleNotFound, .invalidSchedule, .scheduleState]),
        answer: edit),
      Route(
        .delete, ScheduleRoutes.named, role: .admin,
        Operation(
          id: "removeSchedule",
          summary:
            "Remove a schedule with its history; jobs that wait for their turn are cancelled.",
          responses: [.init(status: .noContent, summary: "It is gone.", type: nil)],
          problems: [.scheduleNotFound]),
        answer: remove),
    ]
  }

  /// A schedule's record as the caller may see it.
  static func record(_ value: JSONValue, for call: Call, _ parts: APIParts) -> JSONValue {
    parts.redaction.record(value, for: call.caller.role)
  }

  private func answer(_ schedule: Schedule, _ call: Call) async throws -> JSONValue {
    let now = try await parts.store.now()
    return ScheduleRoutes.record(schedule.jsonValue(at: now), for: call, parts)
  }

  @Sendable private func list(_ call: Call) async throws -> Answer {
    let limit = try JobRoutes.limit(call.query)
    var found = try await parts.store.schedules(
      ScheduleQuery(limit: limit + 1, after: call.query["after"]))
    let isMore = found.count > limit
    found = Array(found.prefix(limit))
    let now = try await parts.store.now()
    return .json([
      "schedules": .array(
        found.map { ScheduleRoutes.record($0.jsonValue(at: now), for: call, parts) }),
      "next": isMore ? found.last.map { .string($0.name) } ?? .null : .null,
    ])
  }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let limit = try JobRoutes.limit(call.query, standard: 10)
    let report = try await ScheduleRoutes.report(
      call.parameters["name"] ?? "", limit: limit, in: parts.store)
    return .json(ScheduleRoutes.record(report.jsonValue, for: call, parts))
  }

  /// A schedule with its history; throws `ScheduleRefusal.notFound`.
  static func report(
    _ name: String, limit: Int, in store: any JobStore
  ) async throws -> ScheduleReport {
    guard let schedule = try await store.schedule(name) else {
      throw ScheduleRefusal.notFound(name)
    }
    return try await report(of: schedule, at: try await store.now(), limit: limit, in: store)
  }

  static func report(
    of schedule: Schedule, at now: Instant, limit: Int, in store: any JobStore
  ) async throws -> ScheduleReport {
    let history = try await store.occurrences(of: schedule.uuid, OccurrenceQuery(limit: limit))
    var statuses: [UUID: JobStatus] = [:]
    for uuid in history.compactMap(\.jobUUID) {
      statuses[uuid] = try await store.job(uuid)?.status
    }
    return ScheduleReport(schedule: schedule, now: now, history: history, statuses: statuses)
  }

  @Sendable private func add(_ call: Call) async throws -> Answer {
    let draft = try ScheduleDraft(
      try await call.json(), knowing: ScheduleDraft.identityFields + ScheduleDraft.fields)
    let name = try draft.name()
    let definition = try draft.definition(named: name, in: parts.catalog)
    let schedule = try await schedules.add(name, definition)
    return .json(
      try await answer(schedule, call), status: .created,
      headers: [.location: "\(call.prefix)\(ScheduleRoutes.path)/\(Query.encoded(name))"])
  }

  @Sendable private func edit(_ call: Call) async throws -> Answer {
    let name = call.parameters["name"] ?? ""
    let draft = try ScheduleDraft(
      try await call.json(), knowing: ["revision"] + ScheduleDraft.fields)
    guard !draft.isEmpty else {
      throw Problem(.invalidSchedule, "What should change? The body says nothing.")
    }
    let schedule: Schedule
    if let revision = try draft.whole("revision") {
      var definition = try await schedules.named(name).definition
      try draft.change(&definition, in: parts.catalog)
      switch try await parts.store.apply(
        .edit(definition, revision: Int64(revision)), toSchedule: name)
      {
      case .done(let changed): schedule = changed
      case .refused(let refusal): throw refusal
      }
    } else {
      schedule = try await schedules.edit(name) { definition in
        try draft.change(&definition, in: parts.catalog)
      }
    }
    return .json(try await answer(schedule, call))
  }

  @Sendable private func remove(_ call: Call) async throws -> Answer {
    _ = try await schedules.remove(call.parameters["name"] ?? "")
    return Answer(status: .noContent)
  }
}
