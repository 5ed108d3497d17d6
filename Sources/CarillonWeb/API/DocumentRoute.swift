import Carillon
import HTTPTypes

/// The API's description of itself.
struct DocumentRoute: Sendable {
  let others: [Route]

  var route: Route {
    let operation = Operation(
      id: "document", summary: "Show this document.",
      responses: [
        .init(status: .ok, summary: "OpenAPI 3.1.", schema: Schemas.anyObject)
      ])
    let path = "/api/openapi.json"
    let own = Route(.get, path, role: nil, operation) { _ in Answer() }
    let routes = others + [own]
    return Route(.get, path, role: nil, operation) { call in
      .json(OpenAPIDocument(routes: routes, prefix: call.prefix).jsonValue)
    }
  }
}
