import Carillon
import Foundation
import HTTPTypes

/// Commands on all jobs that a filter means, as resources with progress.
struct OperationRoutes: Sendable {
  let parts: APIParts

  private static let path = "/api/v1/operations"
  private static let members = ["uuid", "action", "filter", "parameters", "dry_run"]

  private var operations: Operations { Operations(store: parts.store) }

  var routes: [Route] {
    [
      Route(
        .post, OperationRoutes.path, role: .operator,
        Operation(
          id: "beginOperation",
          summary: "Carry out a command on all jobs that a filter means.",
          detail: """
            Answers at once; the operation goes on by itself. `delete` is for admins. A `uuid` or an \
            `Idempotency-Key` makes the request repeatable.
            """,
          headers: [.idempotencyKey],
          body: .init(schema: Schemas.reference("NewOperation")),
          responses: [
            .init(
              status: .accepted, summary: "It has begun.", schema: Schemas.reference("Operation"),
              headers: [.init(name: "Location", summary: "Where the operation is.")]),
            .init(
              status: .ok, summary: "With `dry_run`: how many jobs it means. Nothing is changed.",
              schema: Schemas.reference("OperationCount")),
          ],
          problems: [.invalidOperation, .operationConflict, .idempotencyKeyReused]),
        answer: begin),
      Route(
        .get, OperationRoutes.path, role: .viewer,
        Operation(
          id: "listOperations", summary: "List operations, newest first.",
          query: [
            .init(
              name: "unfinished", summary: "`true`: only those that haven't ended.",
              schema: ["type": "string", "enum": ["true", "false"]]),
            .init(
              name: "limit", summary: "At most so many; 100.",
              schema: ["type": "integer", "minimum": 1, "maximum": .number(JSONNumber(500))]),
            .init(name: "cursor", summary: "`next` of an earlier answer."),
          ],
          responses: [
            .init(
              status: .ok, summary: "A page of them.", schema: Schemas.reference("OperationPage"))
          ],
          problems: [.invalidCursor]),
        answer: list),
      Route(
        .get, OperationRoutes.path + "/{uuid}", role: .viewer,
        Operation(
          id: "showOperation", summary: "Show an operation, and how far it has come.",
          responses: [
            .init(status: .ok, summary: "It.", schema: Schemas.reference("Operation"))
          ],
          problems: [.operationNotFound]),
        answer: show),
      Route(
        .post, OperationRoutes.path + "/{uuid}/cancel", role: .operator,
        Operation(
          id: "cancelOperation",
          summary: "Stop an operation; what it has done stays. One that has ended is as it was.",
          body: .init(schema: Schemas.reference("Nothing"), isRequired: false),
          responses: [
            .init(status: .ok, summary: "As it now is.", schema: Schemas.reference("Operation"))
          ],
          problems: [.operationNotFound]),
        answer: cancel),
    ]
  }

  // MARK: Beginning

  @Sendable private func begin(_ call: Call) async throws -> Answer {
    let wish = try await wish(call)
    let filter = try await operations.meaning(of: wish.filter)
    try parts.check(filter, for: call)
    if wish.isDry {
      return .json([
        "action": .string(wish.command.action), "parameters": .object(wish.command.parameters),
        "filter": .string(wish.filter), "dry_run": true,
        "total": JSONValue(try await operations.count(filter)),
      ])
    }
    let operation: JobOperation
    do {
      operation = try await operations.begin(
        wish.command, on: wish.filter, uuid: wish.uuid ?? parts.makeUUID())
    } catch StoreError.operationExists where call.headers[.idempotencyKey] != nil {
      throw Problem(
        .idempotencyKeyReused,
        "This Idempotency-Key was used with another body. Use a new key for a new operation.")
    }
    parts.driver.drive(operation.uuid, by: operations)
    return .json(
      record(operation, call), status: .accepted,
      headers: [.location: "\(call.prefix)\(OperationRoutes.path)/\(operation.uuid.text)"])
  }

  private struct Wish {
    let uuid: UUID?
    let command: JobCommand
    let filter: String
    let isDry: Bool
  }

  private func wish(_ call: Call) async throws -> Wish {
    let members = try await call.options(OperationRoutes.members)
    guard let action = try members.text("action") else {
      throw OperationRoutes.wrong(
        "/action", "action is missing: one of \(JobCommand.actions.joined(separator: ", ")).")
    }
    guard let filter = try members.text("filter"), filter.contains(where: { !$0.isWhitespace })
    else {
      throw OperationRoutes.wrong(
        "/filter",
        "Which jobs? Give a filter, such as status:failed; 'priority:>=0' is all of them.")
    }
    let parameters = members["parameters"] ?? [:]
    guard let parameters = parameters.object else {
      throw OperationRoutes.wrong("/parameters", "parameters should be a JSON object.")
    }
    let command = try JobCommand(action: action, parameters: parameters)
    if command == .delete, call.caller.role != .admin {
      throw Problem(
        .forbidden,
        "Deleting needs the role admin; the token has \(call.caller.role?.rawValue ?? "none").")
    }
    return Wish(
      uuid: try identity(try members.text("uuid"), call), command: command, filter: filter,
      isDry: try members.flag("dry_run") == true)
  }

  private func identity(_ text: String?, _ call: Call) throws(Problem) -> UUID? {
    switch (text, call.headers[.idempotencyKey]) {
    case (nil, nil): return nil
    case (nil, let key?): return try IdempotencyKey.uuid(key, caller: call.caller.id)
    case (let text?, nil):
      guard let uuid = UUID(uuidString: text) else {
        throw OperationRoutes.wrong("/uuid", "uuid: '\(text.prefix(80))' is not a UUID.")
      }
      return uuid
    case (_?, _?):
      throw OperationRoutes.wrong(
        "/uuid", "A uuid and an Idempotency-Key say two identities. Give one of them.")
    }
  }

  private static func wrong(_ pointer: String, _ detail: String) -> Problem {
    Problem(.invalidOperation, detail, faults: [.init(pointer: pointer, detail: detail)])
  }

  // MARK: Reading and stopping

  @Sendable private func list(_ call: Call) async throws -> Answer {
    let limit = try JobRoutes.limit(call.query)
    let isUnfinished = call.query["unfinished"] == "true"
    let list = "operations\n\(isUnfinished)"
    let key = try await parts.cursorKey.key()
    let cursor = try call.query["cursor"].map { text throws(Problem) in
      try Cursor(text, list: list, key: key)
    }
    var found = try await operations.list(
      OperationQuery(isUnfinished: isUnfinished, limit: limit + 1, after: cursor?.after))
    var next: String?
    if found.count > limit, let last = found.prefix(limit).last {
      next = Cursor(after: last.uuid, list: list).text(key: key)
      found.removeLast(found.count - limit)
    }
    return .json([
      "operations": .array(found.map { record($0, call) }), "next": JSONValue(next),
    ])
  }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    .json(record(try await operations.named(try call.uuid()), call))
  }

  @Sendable private func cancel(_ call: Call) async throws -> Answer {
    _ = try await call.options([])
    return .json(record(try await operations.cancel(try call.uuid()), call))
  }

  /// An operation as the caller may see it.
  private func record(_ operation: JobOperation, _ call: Call) -> JSONValue {
    guard call.caller.role != .admin, var members = operation.jsonValue.object else {
      return operation.jsonValue
    }
    members["filter"] = .string(operation.shownFilter(parts.redaction))
    return .object(members)
  }
}
