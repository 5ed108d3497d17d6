import Carillon
import HTTPTypes

/// What failed lately, equal errors together.
struct FailuresPage: Sendable {
  let dashboard: Dashboard

  private static let mostGroups = 100
  private static let ranges: [(label: String, words: String, length: Duration)] = [
    ("1h", "hour", .seconds(3_600)), ("24h", "24 hours", .seconds(86_400)),
    ("7d", "7 days", .seconds(7 * 86_400)),
  ]

  var route: Route { .page(.get, "/failures", role: .viewer, answer: show) }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let store = dashboard.parts.store
    let range =
      FailuresPage.ranges.first { $0.label == call.query["range"] } ?? FailuresPage.ranges[1]
    let now = try await store.now()
    let report = try await store.failures(
      since: now - range.length, limit: FailuresPage.mostGroups)
    let moment = Moment(now: now)
    let view: View = [
      "lead": .text(
        "\(counted(report.attempts, "failed attempt")) in the last \(range.words), "
          + counted(report.groups.count, "kind of error", "kinds of errors")
          + ", \(counted(report.groups.map(\.failedNow).reduce(0, +), "job")) failed now"),
      "rangeWords": .text(range.words),
      "ranges": .list(
        FailuresPage.ranges.map { other in
          [
            "href": .text("\(call.base)/failures?range=\(other.label)"),
            "label": .text(other.label), "current": .flag(other.label == range.label),
          ]
        }),
      "hasGroups": .flag(!report.groups.isEmpty), "hasOlder": .flag(report.hasOlder),
      "attempts": .count(report.attempts),
      "groups": .list(
        report.groups.map { group in
          let shown = ShownFailure(group: group, base: call.base)
          return [
            "id": .text(group.id), "error": .text(shown.error),
            "state": .markup(shown.state), "isSettled": .flag(group.failedNow == 0),
            "failedHref": .optional(group.failedNow > 0 ? shown.failedNow : nil),
            "handler": .text(group.handlerModule), "count": .count(group.count),
            "jobs": .count(group.jobs), "first": .markup(moment.relative(group.firstAt)),
            "last": .markup(moment.relative(group.lastAt)),
            "exampleHref": .text("\(call.base)/jobs/\(group.example.text)"),
            "jobsHref": .text(shown.jobs),
          ]
        }),
    ]
    let main = try await dashboard.render(view, "failures", call)
    return try await dashboard.page(
      call, Page(title: "Failures", main: main, current: .failures))
  }
}
