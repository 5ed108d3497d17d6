import Carillon
import HTTPTypes

/// The system as a whole: handlers, nodes, queues, numbers; the same JSON as the command line's.
struct OverviewRoutes: Sendable {
  let parts: APIParts

  var routes: [Route] {
    [
      overview(
        "handlers", id: "listHandlers", "List this program's handlers.",
        Schemas.array(of: "Handler")
      ) { [catalog = parts.catalog] in
        .array(catalog.descriptions.map(\.jsonValue))
      },
      overview("nodes", id: "listNodes", "List the nodes.", Schemas.array(of: "Node")) {
        let statistics = try await statistics()
        return .array(statistics.nodes.map { $0.jsonValue(at: statistics.now) })
      },
      overview("queues", id: "listQueues", "List the queues.", Schemas.array(of: "Queue")) {
        .array(try await statistics().queues.map(\.jsonValue))
      },
      overview("stats", id: "showStats", "Show the store in numbers.", Schemas.reference("Stats")) {
        let statistics = try await statistics()
        let reason = UnresolvedReason(
          catalog: parts.catalog, nodes: statistics.nodes, now: statistics.now)
        return statistics.jsonValue(reason: reason.text)
      },
    ]
  }

  private func statistics() async throws -> StoreStatistics {
    try await parts.statistics.value()
  }

  private func overview(
    _ name: String, id: String, _ summary: String, _ schema: JSONValue,
    _ value: @escaping @Sendable () async throws -> JSONValue
  ) -> Route {
    Route(
      .get, "/api/v1/\(name)", role: .viewer,
      Operation(
        id: id, summary: summary,
        responses: [.init(status: .ok, summary: "As it is now.", schema: schema)])
    ) { _ in .json(try await value()) }
  }
}
