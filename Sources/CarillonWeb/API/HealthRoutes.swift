import Carillon
import HTTPTypes

/// Whether the process lives, and whether work may be sent to it; open to all, and telling little.
struct HealthRoutes: Sendable {
  let parts: APIParts

  var routes: [Route] {
    [
      Route(
        .get, "/livez", role: nil,
        Operation(
          id: "live", summary: "Tell whether the process answers.",
          responses: [
            .init(status: .ok, summary: "It does.", schema: Schemas.reference("Health"))
          ])
      ) { _ in .json(["status": "ok", "checks": [:]]) },
      Route(
        .get, "/readyz", role: nil,
        Operation(
          id: "ready", summary: "Tell whether the store answers and the process isn't stopping.",
          responses: [
            .init(status: .ok, summary: "It may.", schema: Schemas.reference("Health")),
            .init(
              status: .serviceUnavailable, summary: "It may not, now.",
              schema: Schemas.reference("Health"), headers: []),
          ])
      ) { [parts] _ in await HealthRoutes.readiness(parts) },
    ]
  }

  private static func readiness(_ parts: APIParts) async -> Answer {
    var checks: [String: String] = ["draining": parts.drain.isUp ? "yes" : "no"]
    var isReady = !parts.drain.isUp
    do throws(StoreError) {
      // A look that every store answers from an index, by the way a job is read.
      _ = try await parts.store.jobs(JobQuery(status: .processing, limit: 1))
      checks["store"] = "ok"
    } catch {
      isReady = false
      checks["store"] = "unavailable"
    }
    var answer = Answer.json(
      [
        "status": isReady ? "ok" : "unavailable",
        "checks": .object(checks.mapValues(JSONValue.string)),
      ], status: isReady ? .ok : .serviceUnavailable)
    if !isReady { answer.headers[.retryAfter] = "5" }
    return answer
  }
}
