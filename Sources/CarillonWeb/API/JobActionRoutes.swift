import Carillon
import Foundation
import HTTPTypes

/// What can be done with one job.
struct JobActionRoutes: Sendable {
  let parts: APIParts

  var routes: [Route] {
    [
      action(
        "cancel", id: "cancelJob", "Stop a pending job; with `running`, ask a running one to end.",
        body: "Cancel"
      ) { call in
        let options = try await call.options(["running", "reason"])
        let reason = try options.text("reason") ?? Reason.cancelledByHand
        return try options.flag("running") == true
          ? .requestCancel(reason: reason) : .cancel(reason: reason)
      },
      action(
        "retry", id: "retryJob", "Try a failed or cancelled job once more, now.", body: "Nothing"
      ) { call in
        _ = try await call.options([])
        return .retry
      },
      action(
        "reschedule", id: "rescheduleJob",
        "Give a job a new time; one that has ended begins a new run.", body: "Reschedule"
      ) { call in
        let options = try await call.options(["scheduled_at", "in"])
        _ = (try options.text("scheduled_at"), try options.text("in"))
        return try JobActionRoutes.command("reschedule", options)
      },
      Route(
        .patch, "/api/v1/jobs/{uuid}", role: .operator,
        Operation(
          id: "editJob",
          summary: "Give a pending job another priority, queue or number of attempts.",
          headers: [.ifMatch], body: .init(schema: Schemas.reference("JobEdit")),
          responses: [
            .init(
              status: .ok, summary: "The job as it now is.", schema: Schemas.reference("Job"),
              headers: [.eTag])
          ],
          problems: [
            .jobNotFound, .jobState, .preconditionFailed, .invalidParameter, .invalidJob,
          ]),
        answer: edit),
      Route(
        .delete, "/api/v1/jobs/{uuid}", role: .admin,
        Operation(
          id: "deleteJob", summary: "Remove a job that isn't running, with its attempts.",
          headers: [.ifMatch],
          responses: [.init(status: .noContent, summary: "It is gone.", type: nil)],
          problems: [.jobNotFound, .jobState, .preconditionFailed]),
        answer: delete),
    ]
  }

  private func action(
    _ name: String, id: String, _ summary: String, body: String,
    _ command: @escaping @Sendable (Call) async throws -> JobCommand
  ) -> Route {
    let parts = parts
    return Route(
      .post, "/api/v1/jobs/{uuid}/\(name)", role: .operator,
      Operation(
        id: id, summary: summary, headers: [.ifMatch],
        body: .init(schema: Schemas.reference(body), isRequired: body == "Reschedule"),
        responses: [
          .init(
            status: .ok, summary: "The job as it now is.", schema: Schemas.reference("Job"),
            headers: [.eTag])
        ],
        problems: [.jobNotFound, .jobState, .preconditionFailed, .invalidParameter, .invalidJob])
    ) { call in
      let uuid = try call.uuid()
      let command = try await command(call)
      return parts.changed(
        try await JobActionRoutes.apply(command, to: uuid, call, parts), for: call)
    }
  }

  @Sendable private func delete(_ call: Call) async throws -> Answer {
    let uuid = try call.uuid()
    let job = try await JobActionRoutes.apply(.delete, to: uuid, call, parts)
    parts.feed.publish("deleted", ["uuid": .string(job.uuid.text)])
    return Answer(status: .noContent)
  }

  @Sendable private func edit(_ call: Call) async throws -> Answer {
    let uuid = try call.uuid()
    let command = try JobActionRoutes.command("edit", try await call.options(JobEdit.fields))
    return parts.changed(
      try await JobActionRoutes.apply(command, to: uuid, call, parts), for: call)
  }

  private static func apply(
    _ command: JobCommand, to uuid: UUID, _ call: Call, _ parts: APIParts
  ) async throws -> Job {
    let command = EntityTag.condition(command, on: call.headers[.ifMatch])
    switch try await parts.store.apply(command, to: uuid) {
    case .done(let job): return job
    case .refused(let refusal): throw refusal
    }
  }

  /// A command from a body's members; what is wrong with one is a fault of the body.
  static func command(
    _ action: String, _ members: [String: JSONValue]
  ) throws(Problem) -> JobCommand {
    do throws(JobCommandError) {
      return try JobCommand(action: action, parameters: members)
    } catch {
      throw Problem(
        .invalidJob, error.description,
        faults: [
          .init(
            pointer: error.parameter.map { "/\($0.pointerToken)" } ?? "",
            detail: error.description)
        ])
    }
  }
}
