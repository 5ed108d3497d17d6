import Carillon
import Foundation
import HTTPTypes

/// All about one resource.
struct ResourceRoutes: Sendable {
  let parts: APIParts

  private static let path = "/api/v1/resources/{type}/{uuid}"
  /// The attempts of each are read one by one.
  private static let mostJobs = 100

  var routes: [Route] {
    [
      Route(
        .get, ResourceRoutes.path, role: .viewer,
        Operation(
          id: "showResource", summary: "All that happened to a resource's jobs, and will.",
          query: [
            .init(
              name: "limit", summary: "Its newest jobs, at most so many; 50.",
              schema: ["type": "integer", "minimum": 1, "maximum": 100])
          ],
          responses: [
            .init(
              status: .ok, summary: "Its jobs and their timeline.",
              schema: Schemas.reference("Resource"))
          ]),
        answer: show),
      Route(
        .post, ResourceRoutes.path + "/cancel", role: .operator,
        Operation(
          id: "cancelResource",
          summary: "Stop the pending jobs of a resource; with `running`, ask running ones to end.",
          body: .init(schema: Schemas.reference("Cancel"), isRequired: false),
          responses: [
            .init(
              status: .ok, summary: "The jobs that are concerned.",
              schema: Schemas.reference("CancelledJobs"))
          ],
          problems: [.invalidParameter]),
        answer: cancel),
    ]
  }

  private func resource(_ call: Call) throws -> Resource {
    Resource(call.parameters["type"] ?? "", try call.uuid())
  }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let resource = try resource(call)
    let limit = try JobRoutes.limit(call.query, standard: 50, most: ResourceRoutes.mostJobs)
    var found: [(job: Job, attempts: [Attempt])] = []
    for job in try await parts.store.jobs(JobQuery(resource: resource, limit: limit)) {
      found.append((job, try await parts.store.attempts(of: job.uuid)))
    }
    return .json([
      "resource_type": .string(resource.type),
      "resource_uuid": .string(resource.uuid.text),
      "jobs": .array(found.map { parts.record($0.job, for: call) }),
      "timeline": Timeline(found).jsonValue,
    ])
  }

  @Sendable private func cancel(_ call: Call) async throws -> Answer {
    let resource = try resource(call)
    let options = try await call.options(["running", "reason"])
    let reason = StoredText.reason(try options.text("reason") ?? Reason.cancelledByHand)
    let jobs = try await cancelJobs(
      of: resource, reason: reason, alsoRunning: try options.flag("running") == true)
    return .json(["jobs": .array(jobs.map { parts.record($0, for: call) })])
  }

  /// Stops the pending jobs, and asks running ones to end if that is wanted; answers with them.
  func cancelJobs(of resource: Resource, reason: String, alsoRunning: Bool) async throws -> [Job] {
    var jobs = try await parts.store.cancelJobs(for: resource, reason: reason)
    if alsoRunning {
      let running = JobQuery(status: .processing, resource: resource, limit: 10_000)
      for job in try await parts.store.jobs(running) {
        // One that has ended meanwhile needs no asking.
        if case .done(let job) = try await parts.store.apply(
          .requestCancel(reason: reason), to: job.uuid)
        {
          jobs.append(job)
        }
      }
    }
    for job in jobs { parts.feed.publish("job", job.eventValue) }
    return jobs
  }
}
