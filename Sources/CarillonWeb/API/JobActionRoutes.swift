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
        let (at, delay) = (try options.text("scheduled_at"), try options.text("in"))
        guard let time = try ScheduledTime(at: at, in: delay) else {
          throw Problem(
            .invalidJob,
            "When? Give scheduled_at, such as 2027-03-01T09:00:00Z, or in, such as 10m.",
            faults: [.init(pointer: "/scheduled_at", detail: "is missing")])
        }
        return .reschedule(try JobActionRoutes.inRange(time))
      },
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

  private static func apply(
    _ command: JobCommand, to uuid: UUID, _ call: Call, _ parts: APIParts
  ) async throws -> Job {
    if let header = call.headers[.ifMatch] {
      guard let job = try await parts.store.job(uuid) else { throw JobRefusal.notFound(uuid) }
      guard EntityTag.permits(job, header) else {
        throw Problem(
          .preconditionFailed,
          "Job \(uuid.text) is not as it was when you looked. Look again, and decide anew.")
      }
    }
    switch try await parts.store.apply(command, to: uuid) {
    case .done(let job): return job
    case .refused(let refusal): throw refusal
    }
  }

  /// What a new job's time must obey holds for an old one's new time too.
  static func inRange(_ time: ScheduledTime) throws -> ScheduledTime {
    switch time {
    case .now: return time
    case .in(let delay):
      guard delay >= .zero, delay <= .seconds(36_500 * 86_400) else {
        throw JobDraftError(field: "in", JobRequestError.delay(delay).description)
      }
    case .at(let instant):
      guard Instant.representable.contains(instant) else {
        throw JobDraftError(field: "scheduled_at", JobRequestError.time(instant).description)
      }
    }
    return time
  }
}
