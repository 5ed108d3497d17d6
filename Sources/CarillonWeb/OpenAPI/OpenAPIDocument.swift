import Carillon
import HTTPTypes

/// The OpenAPI 3.1 document of the routes that the server has.
struct OpenAPIDocument {
  /// What any route may answer.
  private static let everywhere: [ProblemKind] = [
    .invalidParameter, .notAcceptable, .tooManyRequests, .internalError, .storeUnreachable,
  ]
  private static let behindTheGate: [ProblemKind] = [.unauthenticated, .forbidden]

  let routes: [Route]
  let prefix: String

  var jsonValue: JSONValue {
    var paths: [String: [String: JSONValue]] = [:]
    for route in routes {
      paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(of: route)
    }
    return .object([
      "openapi": "3.1.0",
      "info": [
        "title": "Carillon", "version": "1",
        "description": "Schedules jobs, shows them, and acts on them.",
      ],
      "servers": [["url": .string(prefix.isEmpty ? "/" : prefix)]],
      "paths": .object(paths.mapValues { .object($0) }),
      "components": [
        "schemas": .object(Schemas.components),
        "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
      ],
    ])
  }

  private func operation(of route: Route) -> JSONValue {
    let operation = route.operation
    var members: [String: JSONValue] = [
      "operationId": .string(operation.id),
      "summary": .string(operation.summary),
      "responses": .object(responses(of: route)),
      "parameters": .array(
        pathParameters(of: route)
          + operation.query.map { parameter($0, in: "query") }
          + operation.headers.map { parameter($0, in: "header") }),
    ]
    if !operation.detail.isEmpty { members["description"] = .string(operation.detail) }
    if let body = operation.body {
      members["requestBody"] = .object([
        "required": .bool(body.isRequired),
        "content": .object(
          Dictionary(uniqueKeysWithValues: body.types.map { ($0, ["schema": body.schema]) })),
      ])
    }
    if let role = route.role {
      members["security"] = [["token": []]]
      members["x-role"] = .string(role.rawValue)
    } else {
      members["security"] = []
    }
    return .object(members)
  }

  private func pathParameters(of route: Route) -> [JSONValue] {
    route.segments.compactMap { segment in
      guard case .parameter(let name) = segment else { return nil }
      return .object([
        "name": .string(name), "in": "path", "required": true,
        "schema": name == "uuid" ? Schemas.uuid : Schemas.text,
      ])
    }
  }

  private func parameter(_ parameter: Operation.Parameter, in place: String) -> JSONValue {
    .object([
      "name": .string(parameter.name), "in": .string(place), "required": false,
      "description": .string(parameter.summary), "schema": parameter.schema,
    ])
  }

  private func responses(of route: Route) -> [String: JSONValue] {
    var responses: [String: JSONValue] = [:]
    for response in route.operation.responses {
      var members: [String: JSONValue] = ["description": .string(response.summary)]
      if let type = response.type {
        members["content"] = .object([type: ["schema": response.schema]])
      }
      if !response.headers.isEmpty {
        members["headers"] = .object(
          Dictionary(
            uniqueKeysWithValues: response.headers.map { header in
              (
                header.name,
                ["description": .string(header.summary), "schema": header.schema] as JSONValue
              )
            }))
      }
      responses["\(response.status.code)"] = .object(members)
    }
    for (status, kinds) in Dictionary(grouping: problems(of: route), by: \.status.code)
    where responses["\(status)"] == nil {
      let titles = Set(kinds.map(\.title)).sorted().joined(separator: "; ")
      responses["\(status)"] = [
        "description": .string(titles),
        "content": ["application/problem+json": ["schema": Schemas.reference("Problem")]],
      ]
    }
    return responses
  }

  private func problems(of route: Route) -> [ProblemKind] {
    var problems = OpenAPIDocument.everywhere + route.operation.problems
    if route.role != nil { problems += OpenAPIDocument.behindTheGate }
    if route.operation.body != nil {
      problems += [.malformedRequest, .malformedJSON, .unsupportedMediaType, .tooLarge]
    }
    return problems
  }
}
