import Carillon
import Foundation
import HTTPTypes

/// Schedules as a list, and one of them.
struct SchedulePages: Sendable {
  let dashboard: Dashboard

  private static let pageSize = 50
  /// Marks of a history in a list, and on a schedule's own page.
  private static let marks = 14
  private static let history = 20

  private var parts: APIParts { dashboard.parts }

  var routes: [Route] {
    [
      .page(.get, "/schedules", role: .viewer, answer: list),
      .page(.get, "/schedule", role: .viewer, answer: show),
      .page(.post, "/schedule/pause", role: .operator, answer: pause),
      .page(.post, "/schedule/resume", role: .operator) { call in
        try await act(call) { schedules, name, _ in
          _ = try await schedules.resume(name)
          return "Schedule \(name) is resumed."
        }
      },
      .page(.post, "/schedule/run-now", role: .operator) { call in
        try await act(call) { schedules, name, _ in
          let job = try await schedules.runNow(name)
          parts.feed.publish("job", job.eventValue)
          return job.hold == .overlap
            ? "A job of it is made; it starts when the earlier one has ended."
            : "A job of it is made and due now."
        }
      },
    ]
  }

  private func report(
    of schedule: Schedule, at now: Instant, limit: Int
  ) async throws -> ScheduleReport {
    try await ScheduleRoutes.report(of: schedule, at: now, limit: limit, in: parts.store)
  }

  // MARK: The list

  @Sendable private func list(_ call: Call) async throws -> Answer {
    let after = call.query["after"].flatMap { $0.isEmpty ? nil : $0 }
    var schedules = try await parts.store.schedules(
      ScheduleQuery(limit: SchedulePages.pageSize + 1, after: after))
    let isMore = schedules.count > SchedulePages.pageSize
    schedules = Array(schedules.prefix(SchedulePages.pageSize))
    let now = try await parts.store.now()
    var rows: [View] = []
    for schedule in schedules {
      let report = try await report(of: schedule, at: now, limit: SchedulePages.marks)
      rows.append(row(report, call))
    }
    let next = isMore ? schedules.last.map(\.name) : nil
    let view: View = [
      "lead": .text(
        isMore || after != nil
          ? "by name, \(SchedulePages.pageSize) a page" : counted(schedules.count, "schedule")),
      "hasSchedules": .flag(!schedules.isEmpty), "schedules": .list(rows),
      "mayAct": .flag(call.mayOperate), "exampleType": .text(Examples.jobType(parts.catalog)),
      "back": .text(call.ownTarget),
      "next": .optional(next.map { "\(call.base)/schedules?after=\(Query.encoded($0))" }),
    ]
    let main = try await dashboard.render(view, "schedules", call)
    return try await dashboard.page(
      call, Page(title: "Schedules", main: main, current: .schedules))
  }

  private func row(_ report: ScheduleReport, _ call: Call) -> View {
    let shown = ShownSchedule(report: report, base: call.base)
    let schedule = report.schedule
    var view = shown.summary
    view["handler"] = .text(schedule.definition.handlerModule)
    view["type"] = .text(schedule.definition.jobType)
    view["href"] = .text("\(call.base)/\(SchedulePages.address(of: schedule.name))")
    view["act"] = .text(shown.isPaused ? "resume" : "run-now")
    view["actLabel"] = .text(shown.isPaused ? "Resume" : "Run now")
    return view
  }

  static func address(of name: String) -> String { "schedule?name=\(Query.encoded(name))" }

  // MARK: One

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let name = call.query["name"] ?? ""
    guard let schedule = try await parts.store.schedule(name) else {
      throw Problem(.notFound, ScheduleRefusal.notFound(String(name.prefix(200))).description)
    }
    let now = try await parts.store.now()
    let report = try await report(of: schedule, at: now, limit: SchedulePages.history)
    var view = ShownSchedule(report: report, base: call.base).view
    let args = JSONValue.object(schedule.definition.args.values)
    view["args"] = .text(
      (call.isAdmin ? args : parts.redaction(args)).prettyJSON)
    view["mayAct"] = .flag(call.mayOperate)
    let main = try await dashboard.render(view, "schedule", call)
    return try await dashboard.page(
      call, Page(title: "Schedule \(schedule.name)", main: main, current: .schedules))
  }

  // MARK: Acting

  @Sendable private func pause(_ call: Call) async throws -> Answer {
    try await act(call) { schedules, name, form in
      let now = try await parts.store.now()
      let until = try form.end("until")?.instant(at: now)
      let why = form["why"]
      let by = call.caller.name.isEmpty ? "dashboard" : call.caller.name
      let schedule = try await schedules.pause(
        name, until: until?.date, by: by, why: why.isEmpty ? nil : why)
      return "Schedule \(name) is paused "
        + (schedule.pause?.until.map { "until \(Moment.exact($0))." } ?? "until it is resumed.")
    }
  }

  /// Does something with the schedule that a form names; a refusal is said on its page.
  private func act(
    _ call: Call, _ body: @Sendable (Schedules, String, Form) async throws -> String
  ) async throws -> Answer {
    let form = try await dashboard.form(call)
    let name = form["name"]
    let back =
      SignInPages.isOurs(form["back"]) && !form["back"].isEmpty
      ? form["back"] : SchedulePages.address(of: name)
    let notice: Notice
    do {
      notice = .done(
        try await body(
          Schedules(store: parts.store), name, form))
    } catch let refusal as ScheduleRefusal {
      if case .notFound = refusal { throw Problem(.notFound, refusal.description) }
      notice = .refused("Nothing was done. \(refusal.description)")
    } catch let problem as Problem where problem.kind == .invalidParameter {
      notice = .refused("Nothing was done. \(problem.detail)")
    }
    return try await dashboard.redirect(call, to: back, saying: notice)
  }
}
