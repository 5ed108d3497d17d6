import Carillon
import Foundation
import HTTPTypes

/// What was done by hand, and by whom.
struct AuditPage: Sendable {
  let dashboard: Dashboard

  private static let pageSize = 50

  private var parts: APIParts { dashboard.parts }

  var route: Route { .page(.get, "/audit", role: .viewer, answer: show) }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let asked = ["target", "actor"].compactMap { name in
      call.query[name].flatMap { $0.isEmpty ? nil : (name, $0) }
    }
    let kept = Dictionary(asked, uniquingKeysWith: { $1 })
    let list = "audit page\n\(kept["target"] ?? "")\n\(kept["actor"] ?? "")"
    let key = try await parts.cursorKey.key()
    let cursor = try call.query["cursor"].map { text throws(Problem) in
      try Cursor(text, list: list, key: key)
    }
    var found = try await parts.store.audit(
      AuditQuery(
        actor: kept["actor"], target: kept["target"], limit: AuditPage.pageSize + 1,
        after: cursor?.after))
    var next: String?
    if found.count > AuditPage.pageSize {
      found.removeLast(found.count - AuditPage.pageSize)
      next = found.last.map {
        let cursor = Cursor(after: $0.uuid, list: list).text(key: key)
        return "\(call.base)/audit?\(Query.text(kept.merging(["cursor": cursor]) { $1 }))"
      }
    }
    let moment = Moment(now: try await parts.store.now())
    let view: View = [
      "target": .optional(kept["target"]), "actor": .optional(kept["actor"]),
      "isFiltered": .flag(!kept.isEmpty), "hasEntries": .flag(!found.isEmpty),
      "next": .optional(next), "entries": .list(found.map { entry($0, moment, call) }),
    ]
    let main = try await dashboard.render(view, "audit", call)
    return try await dashboard.page(call, Page(title: "Audit", main: main, current: .audit))
  }

  private func entry(_ entry: AuditEntry, _ moment: Moment, _ call: Call) -> View {
    let detail = JSONValue.object(entry.note.detail)
    let shown = call.isAdmin ? detail : parts.redaction(detail)
    return [
      "uuid": .text(entry.uuid.text), "at": .markup(moment.relative(entry.at)),
      "who": .text(entry.actor.name), "source": .text(entry.actor.source.rawValue),
      "actorHref": .text("\(call.base)/audit?\(Query.text(["actor": entry.actor.name]))"),
      "action": .text(entry.note.action),
      "kind": .text(entry.note.targetKind.rawValue.replacing("_", with: " ")),
      "name": .text(entry.note.target), "href": .optional(address(of: entry.note, call.base)),
      "detail": .text(AuditPage.words(shown.object ?? [:])),
    ]
  }

  /// What was so before and after, and the rest: `status: failed → pending; reason: moving house`.
  static func words(_ detail: [String: JSONValue]) -> String {
    let (before, after) = (detail["before"]?.object ?? [:], detail["after"]?.object ?? [:])
    var parts: [String] = []
    func text(_ value: JSONValue?) -> String {
      guard let value, !value.isNull else { return "–" }
      return value.string ?? value.json
    }
    for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
      let (old, new) = (text(before[key]), text(after[key]))
      // What something new says that says nothing is left out.
      if old == new || new == "{}" && before.isEmpty { continue }
      parts.append(before.isEmpty ? "\(key): \(new)" : "\(key): \(old) → \(new)")
    }
    for (key, value) in detail.sorted(by: { $0.key < $1.key })
    where key != "before" && key != "after" && !value.isNull {
      parts.append("\(key): \(text(value))")
    }
    return String(parts.joined(separator: "; ").prefix(400))
  }

  /// Where what it was done to is looked at; nil when it has no page.
  private func address(of note: AuditNote, _ base: String) -> String? {
    let name = Query.encoded(note.target)
    switch note.targetKind {
    case .job: return "\(base)/jobs/\(name)"
    case .schedule: return "\(base)/schedule?name=\(name)"
    case .operation: return "\(base)/operation?uuid=\(name)"
    case .resource:
      guard let slash = note.target.lastIndex(of: "/"),
        let uuid = UUID(uuidString: String(note.target[note.target.index(after: slash)...]))
      else { return nil }
      return JobRows.address(of: Resource(String(note.target[..<slash]), uuid), base)
    case .jobs, .token, .queue, .handler, .blackout, .resourceType: return nil
    }
  }
}
