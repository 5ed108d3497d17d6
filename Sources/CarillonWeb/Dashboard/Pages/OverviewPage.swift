import Carillon
import Foundation
import HTTPTypes

/// Whether all is well, in one screen.
struct OverviewPage: Sendable {
  let dashboard: Dashboard

  private var parts: APIParts { dashboard.parts }

  var route: Route { .page(.get, "/", role: .viewer, answer: show) }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let range = call.query["range"].flatMap(Traffic.Range.init) ?? .hour
    async let statistics = parts.statistics.value()
    async let problems = dashboard.examination.problems()
    async let coming = parts.store.schedules(ScheduleQuery(order: .next, limit: 6))
    let numbers = try await statistics
    let now = numbers.now
    async let failures = parts.store.failures(since: now - .seconds(86_400), limit: 5)
    let first = Instant(microseconds: Traffic.start(of: range, at: now) * 60_000_000)
    let traffic = Traffic(
      try await parts.store.minuteCounts(from: first, to: now), range: range, at: now)
    let overview = Overview(
      statistics: numbers, examined: await problems, traffic: traffic,
      schedules: try await coming, failures: try await failures, base: call.base)
    var view = overview.view
    view["location"] = .text(parts.store.location)
    view["example"] = .text(Examples.schedule(parts))
    let main = try await dashboard.render(view, "overview", call)
    return try await dashboard.page(
      call, Page(title: "Overview", main: main, current: .overview))
  }
}

/// Commands that empty places teach.
enum Examples {
  static func jobType(_ catalog: HandlerCatalog) -> String {
    catalog.published.first?.jobType ?? "JOB_TYPE"
  }

  static func schedule(_ parts: APIParts) -> String {
    "\(parts.program) schedule \(jobType(parts.catalog)) --resource 4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34 --in 10s"
  }
}

/// The overview's numbers, and what they say.
struct Overview: Sendable {
  /// How long a due job may wait before its queue is shown as late.
  static let late: Duration = .seconds(60)

  let statistics: StoreStatistics
  /// Nil as long as nothing has been looked at.
  let examined: [Finding]?
  let traffic: Traffic
  let schedules: [Schedule]
  let failures: FailureReport
  let base: String

  private var moment: Moment { Moment(now: statistics.now) }
  private var problems: [Finding] { examined ?? [] }

  var view: View {
    var view: View = [
      "healthKind": .text(healthKind), "health": .text(health), "verdict": .text(verdict),
      "hasFindings": .flag(!problems.isEmpty), "findings": .list(findings),
      "tiles": .list(tiles), "rangeWords": .text(traffic.range.words),
      "chart": .markup(TrafficChart.columns(traffic)), "ranges": .list(ranges),
      "hasClosed": .flag(!closures.isEmpty), "closures": .list(closed),
      "hasQueues": .flag(!statistics.queues.isEmpty), "queues": .list(queues),
      "hasSchedules": .flag(!schedules.isEmpty), "schedules": .list(agenda),
      "hasFailures": .flag(!failures.groups.isEmpty), "failures": .list(errors),
      "hasNodes": .flag(!statistics.nodes.isEmpty), "nodes": .list(nodes),
    ]
    let most = TrafficChart.roundedUp(max(traffic.parts.map(\.all).max() ?? 0, 1))
    view["chartFrom"] = .text(
      traffic.parts.first.map { "\($0.start.rfc3339.dropFirst(11).prefix(5)) UTC" } ?? "")
    let unit = traffic.range.minutesInPart == 1 ? "a minute" : "\(traffic.range.minutesInPart) min"
    view["chartTop"] = .text("top: \(most.grouped) in \(unit)")
    return view
  }

  // MARK: Health

  private var healthKind: String {
    if problems.contains(where: { $0.severity == .error }) { return "bad" }
    guard examined != nil else { return "unknown" }
    return problems.isEmpty ? "good" : "warn"
  }

  private var health: String {
    switch healthKind {
    case "bad": "Something is wrong"
    case "warn": "It runs, with warnings"
    case "unknown": "It runs"
    default: "All is well"
    }
  }

  private var verdict: String {
    guard examined != nil else { return "Its health is being looked at." }
    guard problems.isEmpty else {
      let errors = problems.count { $0.severity == .error }
      let warnings = problems.count - errors
      return [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }
        .map { counted($0.0, $0.1) }.joined(separator: ", ")
    }
    let alive = statistics.nodes.count { $0.isAlive(at: statistics.now) }
    return "\(counted(alive, "node is", "nodes are")) alive, every due job's handler is known."
  }

  private var findings: [View] {
    problems.prefix(8).map { finding in
      [
        "mark": .markup(StatusMark.of(finding.severity)), "message": .text(finding.message),
        "advice": .optional(finding.advice), "subject": .optional(finding.subject?.label),
        "href": .optional(finding.subject.map { "\(base)/\($0.address)" }),
      ]
    }
  }

  // MARK: Tiles

  private var tiles: [View] {
    let jobs = statistics.jobs
    let failedNow = jobs[.failed] ?? 0
    let total = traffic.total
    let share = traffic.failureShare
    let perMinute = Double(total.all) / Double(traffic.range.minutes)
    return [
      tile(
        "Pending", (jobs[.pending] ?? 0).grouped, oldestWords, jobsLink("status:pending")),
      tile(
        "Running", (jobs[.processing] ?? 0).grouped, "on \(counted(aliveNodes, "node"))",
        jobsLink("status:processing")),
      tile(
        "Failed now", failedNow.grouped,
        failedNow > 0 ? "until retried" : "nothing to put right",
        jobsLink("status:failed"), kind: failedNow > 0 ? "bad" : ""),
      tile(
        "Throughput", "\(Overview.decimal(perMinute))/min",
        counted(total.all, "attempt"), jobsLink("status:executed"),
        spark: traffic.parts.map { Double($0.all) }),
      tile(
        "Failed attempts", total.failed.grouped,
        share.map { "\(Overview.decimal($0 * 100)) % of all" } ?? "no attempt ended",
        "\(base)/failures", kind: total.failed > 0 ? "bad" : "",
        spark: traffic.parts.map { Double($0.failed) }),
      tile(
        "Wait p95", total.wait.quantileText(0.95), "p50 \(total.wait.quantileText(0.5))",
        jobsLink("status:pending"), spark: traffic.parts.map { $0.wait.quantile(0.95) ?? 0 }),
      tile(
        "Run p95", total.runTime.quantileText(0.95), "p50 \(total.runTime.quantileText(0.5))",
        jobsLink("status:processing"),
        spark: traffic.parts.map { $0.runTime.quantile(0.95) ?? 0 }),
    ]
  }

  private func tile(
    _ label: String, _ value: String, _ under: String, _ href: String, kind: String = "",
    spark: [Double] = []
  ) -> View {
    [
      "label": .text(label), "value": .text(value), "under": .text(under), "href": .text(href),
      "kind": .text(kind),
      "spark": .markup(
        TrafficChart.line(spark, label: "\(label) over the last \(traffic.range.words)")),
    ]
  }

  private var aliveNodes: Int { statistics.nodes.count { $0.isAlive(at: statistics.now) } }

  private var oldestWords: String {
    guard let oldest = statistics.queues.compactMap(\.oldestDueAt).min() else {
      return "none is due"
    }
    return "oldest due waits \(moment.since(oldest))"
  }

  /// With one digit after the point, below a hundred.
  static func decimal(_ value: Double) -> String {
    guard value.isFinite, value < 1e15 else { return "∞" }
    if value >= 100 || value == value.rounded() { return Int(value.rounded()).grouped }
    let hundredths = Int((value * 100).rounded())
    if value < 1 { return "0.\(hundredths < 10 ? "0" : "")\(hundredths)" }
    let tenths = Int((value * 10).rounded())
    return "\((tenths / 10).grouped).\(tenths % 10)"
  }

  // MARK: Lists

  private func jobsLink(_ filter: String) -> String {
    "\(base)/jobs?filter=\(Query.encoded(filter))"
  }

  private var ranges: [View] {
    Traffic.Range.allCases.map { range in
      [
        "href": .text("\(base)/?range=\(range.rawValue)"), "label": .text(range.rawValue),
        "current": .flag(range == traffic.range),
      ]
    }
  }

  private var queues: [View] {
    statistics.queues.prefix(12).map { queue in
      let waits = queue.oldestDueAt.map { max(statistics.now - $0, .zero) }
      var row = GatePages.row([queue.closure])
      row.merge([
        "name": .text(queue.name), "pending": .count(queue.pending),
        "processing": .count(queue.processing), "held": .count(queue.held),
        "href": .text(jobsLink(JobFilter.all.and(.queue(.init(queue.name))).description)),
        "oldest": .text(waits?.coarseText ?? "–"),
        "isLate": .flag(waits.map { $0 > Overview.late } ?? false),
      ])
      return row
    }
  }

  private var closures: [GateClosure] {
    statistics.closures
  }

  /// What starts nothing just now, of whatever kind.
  private var closed: [View] {
    closures.prefix(20).map { closure in
      let (page, name) = closure.scope.place
      var row = GatePages.row([closure])
      row.merge([
        "scope": .text("\(closure.scope)"), "href": .text("\(base)/\(page)"), "name": .text(name),
      ])
      return row
    }
  }

  private var agenda: [View] {
    schedules.map { schedule in
      let words = (try? schedule.definition.timetable())?.explanation
      return [
        "name": .text(schedule.name), "next": .markup(moment.relative(schedule.nextAt)),
        "words": .text(words ?? schedule.definition.recurrence),
        "href": .text("\(base)/schedule?name=\(Query.encoded(schedule.name))"),
      ]
    }
  }

  private var errors: [View] {
    failures.groups.map { group in
      let shown = ShownFailure(group: group, base: base)
      return [
        "count": .count(group.count), "error": .text(shown.error),
        "state": .markup(shown.state), "isSettled": .flag(group.failedNow == 0),
        "handler": .text(group.handlerModule), "last": .markup(moment.relative(group.lastAt)),
        "href": .text("\(base)/failures#g-\(group.id)"),
      ]
    }
  }

  private var nodes: [View] {
    statistics.nodes.prefix(8).map { node in
      let isAlive = node.isAlive(at: statistics.now)
      let mark =
        if !isAlive {
          StatusMark.mark("failed", word: "gone")
        } else if node.draining {
          StatusMark.mark("paused", word: "draining")
        } else {
          StatusMark.mark("executed", word: "alive")
        }
      return [
        "mark": .markup(mark), "name": .text(node.name), "up": .text(moment.since(node.startedAt)),
      ]
    }
  }
}

extension Finding.Subject {
  /// Its page.
  fileprivate var address: String {
    switch self {
    case .job(let uuid): "jobs/\(uuid.text)"
    case .schedule(let name): SchedulePages.address(of: name)
    }
  }

  fileprivate var label: String {
    switch self {
    case .job: "Show the job"
    case .schedule: "Show the schedule"
    }
  }
}
