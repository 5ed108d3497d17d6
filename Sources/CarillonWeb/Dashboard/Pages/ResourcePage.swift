import Carillon
import Foundation
import HTTPTypes

/// All that happened to one resource, and will.
struct ResourcePage: Sendable {
  let dashboard: Dashboard

  /// The attempts of each are read one by one.
  private static let mostJobs = 50

  private var parts: APIParts { dashboard.parts }

  var routes: [Route] {
    [
      .page(.get, "/resource", role: .viewer, answer: show),
      .page(.post, "/resource/cancel", role: .operator, answer: cancel),
    ]
  }

  private static func resource(_ type: String?, _ uuid: String?) throws(Problem) -> Resource {
    guard let type, !type.isEmpty, let uuid, let uuid = UUID(uuidString: uuid) else {
      throw .parameter("uuid", "A resource has a type and a UUID.")
    }
    return Resource(type, uuid)
  }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let resource = try ResourcePage.resource(call.query["type"], call.query["uuid"])
    var jobs = try await parts.store.jobs(
      JobQuery(resource: resource, limit: ResourcePage.mostJobs + 1))
    let isCut = jobs.count > ResourcePage.mostJobs
    jobs = Array(jobs.prefix(ResourcePage.mostJobs))
    var found: [(job: Job, attempts: [Attempt])] = []
    for job in jobs { found.append((job, try await parts.store.attempts(of: job.uuid))) }
    let now = try await parts.store.now()
    let moment = Moment(now: now)
    let closures = try await parts.store.gates().closures(at: now)
    let rows = JobRows(
      jobs: jobs, now: now, base: call.base, selectable: false, closures: closures
    )
    .view(caption: "Jobs of this resource, newest first")
    let filter = JobFilter.all.and(.resource(resource)).description
    let view: View = [
      "type": .text(resource.type), "uuid": .text(resource.uuid.text),
      "mayCancel": .flag(call.mayOperate && jobs.contains { !$0.status.isFinal }),
      "hasJobs": .flag(!jobs.isEmpty), "isCut": .flag(isCut),
      "limit": "\(ResourcePage.mostJobs)",
      "allHref": .text("\(call.base)/jobs?filter=\(Query.encoded(filter))"),
      "rows": .markup(try await dashboard.render(rows, "job-rows", call)),
      "life": .list(
        // The newest first: what is to come stands on top.
        LifeWords.merged(Timeline(found).entries).suffix(300).reversed().map { entry in
          [
            "kind": .text(LifeWords.kind(entry.what)), "what": .text(LifeWords.text(entry)),
            "at": .markup(moment.exact(entry.at)), "job": .text(entry.job.jobType),
            "href": .text("\(call.base)/jobs/\(entry.job.uuid.text)"),
            "detail": .optional(ReasonWords.detail(entry)),
          ]
        }),
    ]
    let main = try await dashboard.render(view, "resource", call)
    return try await dashboard.page(
      call,
      Page(
        title: "\(resource.type) \(resource.uuid.text.prefix(8))", main: main, current: .jobs))
  }

  @Sendable private func cancel(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    let resource = try ResourcePage.resource(form["type"], form["uuid"])
    let reason = form["reason"]
    let jobs = try await ResourceRoutes(parts: parts).cancelJobs(
      of: resource, reason: reason.isEmpty ? Reason.cancelledByHand : StoredText.reason(reason),
      alsoRunning: form["running"] == "yes")
    return try await dashboard.redirect(
      call, to: String(JobRows.address(of: resource, "").dropFirst()),
      saying: jobs.isEmpty
        ? .refused("No job of this resource could be cancelled.")
        : .done("\(counted(jobs.count, "job")) cancelled or asked to end."))
  }
}
