import Carillon
import HTTPTypes

/// Who has done what.
struct AuditRoute: Sendable {
  let parts: APIParts

  var route: Route {
    Route(
      .get, "/api/v1/audit", role: .viewer,
      Operation(
        id: "listAudit", summary: "List what was done and by whom, newest first.",
        query: [
          .init(name: "since", summary: "Only what was done since.", schema: Schemas.time),
          .init(name: "until", summary: "Only what was done before.", schema: Schemas.time),
          .init(name: "actor", summary: "Only what this one did."),
          .init(
            name: "target",
            summary: "Only what was done to this: a uuid, a name, TYPE/UUID of a resource."),
          .init(
            name: "limit", summary: "At most so many; 100.",
            schema: ["type": "integer", "minimum": 1, "maximum": .number(JSONNumber(500))]),
          .init(name: "cursor", summary: "`next` of an earlier answer."),
        ],
        responses: [
          .init(status: .ok, summary: "A page of them.", schema: Schemas.reference("AuditPage"))
        ],
        problems: [.invalidCursor]),
      answer: list)
  }

  @Sendable private func list(_ call: Call) async throws -> Answer {
    let limit = try JobRoutes.limit(call.query)
    let (since, until) = (try AuditRoute.time("since", call), try AuditRoute.time("until", call))
    let list = (["audit"] + ["since", "until", "actor", "target"].map { call.query[$0] ?? "" })
      .joined(separator: "\n")
    let key = try await parts.cursorKey.key()
    let cursor = try call.query["cursor"].map { text throws(Problem) in
      try Cursor(text, list: list, key: key)
    }
    var found = try await parts.store.audit(
      AuditQuery(
        since: since, until: until, actor: call.query["actor"], target: call.query["target"],
        limit: limit + 1, after: cursor?.after))
    var next: String?
    if found.count > limit, let last = found.prefix(limit).last {
      next = Cursor(after: last.uuid, list: list).text(key: key)
      found.removeLast(found.count - limit)
    }
    return .json([
      "entries": .array(found.map { record($0, call) }), "next": JSONValue(next),
    ])
  }

  private static func time(_ name: String, _ call: Call) throws(Problem) -> Instant? {
    guard let text = call.query[name] else { return nil }
    do throws(InstantError) {
      return try Instant(rfc3339: text)
    } catch {
      throw .parameter(name, error.description)
    }
  }

  /// An entry as the caller may see it: also without what is hidden here alone.
  private func record(_ entry: AuditEntry, _ call: Call) -> JSONValue {
    guard call.caller.role != .admin, var members = entry.jsonValue.object else {
      return entry.jsonValue
    }
    members["detail"] = parts.redaction(.object(entry.note.detail))
    return .object(members)
  }
}
