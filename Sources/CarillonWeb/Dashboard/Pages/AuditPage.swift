import Carillon
import Foundation
import HTTPTypes

/// What was done by hand, and by whom.
struct AuditPage: Sendable {
  let dashboard: Dashboard

  private static let pageSize = 50
  private static let fields = ["target", "actor", "since", "until"]

  private var parts: APIParts { dashboard.parts }

  var route: Route { .page(.get, "/audit", role: .viewer, answer: show) }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let asked = AuditPage.fields.compactMap { name in
      call.query[name].flatMap { $0.isEmpty ? nil : (name, $0) }
    }
    let kept = Dictionary(asked, uniquingKeysWith: { $1 })
    let now = try await parts.store.now()
    var view: View = ["isFiltered": .flag(!kept.isEmpty)]
    for (name, text) in kept { view[name] = .text(text) }
    var page = Page(title: "Audit", main: .none, current: .audit)
    do {
      let (entries, next) = try await entries(kept, at: now, call)
      let moment = Moment(now: now)
      view["hasEntries"] = .flag(!entries.isEmpty)
      view["next"] = .optional(next)
      view["entries"] = .list(entries.map { entry($0, moment, kept, call) })
    } catch let problem as Problem where problem.kind == .invalidParameter {
      // What is wrong with a time is said beside it.
      view["error"] = .text(problem.detail)
      view["wrong\(problem.faults.first?.pointer ?? "")"] = true
      page.status = .badRequest
    }
    return try await dashboard.page(
      call, page.holding(try await dashboard.render(view, "audit", call)))
  }

  /// A page of the entries that are asked for, and the address of the next one.
  private func entries(
    _ kept: [String: String], at now: Instant, _ call: Call
  ) async throws -> ([AuditEntry], next: String?) {
    let (since, until) = (
      try AuditPage.time("since", in: kept, at: now), try AuditPage.time("until", in: kept, at: now)
    )
    let list = (["audit page"] + AuditPage.fields.map { kept[$0] ?? "" }).joined(separator: "\n")
    let key = try await parts.cursorKey.key()
    let cursor = try call.query["cursor"].map { text throws(Problem) in
      try Cursor(text, list: list, key: key)
    }
    var found = try await parts.store.audit(
      AuditQuery(
        since: since, until: until, actor: kept["actor"], target: kept["target"],
        limit: AuditPage.pageSize + 1, after: cursor?.after))
    guard found.count > AuditPage.pageSize else { return (found, nil) }
    found.removeLast(found.count - AuditPage.pageSize)
    let next = found.last.map {
      let cursor = Cursor(after: $0.uuid, list: list).text(key: key)
      return "\(call.base)/audit?\(Query.text(kept.merging(["cursor": cursor]) { $1 }))"
    }
    return (found, next)
  }

  /// A time as people write it: how long ago, a date (its beginning in UTC), or a time.
  private static func time(
    _ name: String, in kept: [String: String], at now: Instant
  ) throws(Problem) -> Instant? {
    guard let text = kept[name] else { return nil }
    if let instant = try? Instant(rfc3339: text) { return instant }
    if text.utf8.count == 10, let day = try? Instant(rfc3339: "\(text)T00:00:00Z") { return day }
    if let ago = try? Duration(text: text) { return now - ago }
    throw Problem(
      .invalidParameter,
      "'\(text.prefix(60))' is no time; write 2h (that long ago), 2027-03-01, or "
        + "2027-03-01T09:00:00Z.",
      faults: [.init(pointer: name, detail: "is no time")])
  }

  private func entry(
    _ entry: AuditEntry, _ moment: Moment, _ kept: [String: String], _ call: Call
  ) -> View {
    let detail = JSONValue.object(entry.note.detail)
    let shown = call.isAdmin ? detail : parts.redaction(detail)
    let words = AuditWords(note: entry.note, detail: shown.object ?? [:])
    func narrowed(_ name: String, _ value: String) -> String {
      "\(call.base)/audit?\(Query.text(kept.merging([name: value]) { $1 }))"
    }
    return [
      "uuid": .text(entry.uuid.text), "at": .markup(moment.relative(entry.at)),
      "who": .text(entry.actor.name), "source": .text(entry.actor.source.rawValue),
      "actorHref": .text(narrowed("actor", entry.actor.name)), "what": .text(words.sentence),
      "name": .text(words.name), "target": .text(entry.note.target),
      "href": .optional(words.address(call.base)),
      "sameHref": .text(narrowed("target", entry.note.target)), "detail": .text(words.change),
    ]
  }
}
