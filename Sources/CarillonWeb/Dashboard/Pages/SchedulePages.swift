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
      .page(.get, "/schedules", role: .viewer) { call in
        try await dashboard.page(call, try await list(call, after: call.query["after"]))
      },
      .page(.get, "/schedule", role: .viewer) { call in
        try await dashboard.page(call, try await show(call, call.query["name"] ?? ""))
      },
      .page(.post, "/schedule/pause", role: .operator, answer: pause),
      .page(.post, "/schedule/resume", role: .operator) { call in
        try await act(call) { schedules, name in
          _ = try await schedules.resume(name)
          return "Schedule \(name) is resumed."
        }
      },
      .page(.post, "/schedule/run-now", role: .operator) { call in
        try await act(call) { schedules, name in
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

  /// - Parameter sent: a form of a row's that couldn't be carried out.
  private func list(
    _ call: Call, after: String?, _ sent: PauseForm? = nil
  ) async throws -> Page {
    let after = after.flatMap { $0.isEmpty ? nil : $0 }
    var schedules = try await parts.store.schedules(
      ScheduleQuery(limit: SchedulePages.pageSize + 1, after: after))
    let isMore = schedules.count > SchedulePages.pageSize
    schedules = Array(schedules.prefix(SchedulePages.pageSize))
    let now = try await parts.store.now()
    var rows: [View] = []
    for schedule in schedules {
      let report = try await report(of: schedule, at: now, limit: SchedulePages.marks)
      var row = row(report, call)
      row.merge(PauseForm(for: schedule.name, sent: sent).view(at: now))
      rows.append(row)
    }
    let next = isMore ? schedules.last.map(\.name) : nil
    let view: View = [
      "lead": .text(
        isMore || after != nil
          ? "by name, \(SchedulePages.pageSize) a page" : counted(schedules.count, "schedule")),
      "hasSchedules": .flag(!schedules.isEmpty), "schedules": .list(rows),
      "mayAct": .flag(call.mayOperate), "exampleType": .text(Examples.jobType(parts.catalog)),
      "back": .text(SchedulePages.address(ofListAfter: after)),
      "next": .optional(next.map { "\(call.base)/\(SchedulePages.address(ofListAfter: $0))" }),
    ]
    let main = try await dashboard.render(view, "schedules", call)
    return Page(title: "Schedules", main: main, current: .schedules)
  }

  private func row(_ report: ScheduleReport, _ call: Call) -> View {
    let shown = ShownSchedule(report: report, base: call.base)
    let schedule = report.schedule
    var view = shown.summary
    view["handler"] = .text(schedule.definition.handlerModule)
    view["type"] = .text(schedule.definition.jobType)
    view["href"] = .text("\(call.base)/\(SchedulePages.address(of: schedule.name))")
    let resume: View = ["act": "resume", "label": "Resume"]
    let run: View = ["act": "run-now", "label": "Run now"]
    view["acts"] = .list(shown.isPaused ? [resume, run] : [run])
    view["mayPause"] = .flag(shown.isActive)
    return view
  }

  private static let listPath = "schedules"

  static func address(ofListAfter name: String?) -> String {
    name.map { "\(listPath)?after=\(Query.encoded($0))" } ?? listPath
  }

  static func address(of name: String) -> String { "schedule?name=\(Query.encoded(name))" }

  // MARK: One

  /// - Parameter sent: its form, if that couldn't be carried out.
  private func show(_ call: Call, _ name: String, _ sent: PauseForm? = nil) async throws -> Page {
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
    view.merge(PauseForm(for: schedule.name, sent: sent).view(at: now))
    let main = try await dashboard.render(view, "schedule", call)
    return Page(title: "Schedule \(schedule.name)", main: main, current: .schedules)
  }

  // MARK: Acting

  @Sendable private func pause(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    var sent = PauseForm(form)
    let back = SchedulePages.back(of: form)
    do {
      let until = try sent.end()?.instant(at: try await parts.store.now())
      let by = call.caller.name.isEmpty ? "dashboard" : call.caller.name
      let schedule = try await Schedules(store: parts.store).pause(
        sent.name, until: until?.date, by: by, why: sent.reason.isEmpty ? nil : sent.reason)
      let end = schedule.pause?.until.map { "until \(Moment.exact($0))." } ?? "until it is resumed."
      return try await dashboard.redirect(
        call, to: back, saying: .done("Schedule \(sent.name) is paused \(end)"))
    } catch {
      let problem = Problem(error)
      guard [.invalidParameter, .invalidSchedule].contains(problem.kind) else { throw problem }
      sent.mistake = problem.detail
      let page = try await page(with: sent, at: back, call)
      return try await dashboard.page(call, page.after(mistake: problem, at: back))
    }
  }

  /// The page that a form stands on, with what was typed into it.
  private func page(with sent: PauseForm, at back: String, _ call: Call) async throws -> Page {
    let sides = back.split(separator: "?", maxSplits: 1)
    guard sides.first == Substring(SchedulePages.listPath) else {
      return try await show(call, sent.name, sent)
    }
    let after = sides.count > 1 ? try Query.parse(sides[1])["after"] : nil
    return try await list(call, after: after, sent)
  }

  /// Where a form leads back to: the list that it says, or its schedule.
  private static func back(of form: Form) -> String {
    SignInPages.isOurs(form["back"]) && !form["back"].isEmpty
      ? form["back"] : address(of: form["name"])
  }

  /// Does something with the schedule that a form names; a refusal is said on its page.
  private func act(
    _ call: Call, _ body: @Sendable (Schedules, String) async throws -> String
  ) async throws -> Answer {
    let form = try await dashboard.form(call)
    let back = SchedulePages.back(of: form)
    let notice: Notice
    do {
      notice = .done(try await body(Schedules(store: parts.store), form["name"]))
    } catch let refusal as ScheduleRefusal {
      if case .notFound = refusal { throw Problem(.notFound, refusal.description) }
      notice = .refused("Nothing was done. \(refusal.description)")
    }
    return try await dashboard.redirect(call, to: back, saying: notice)
  }
}
