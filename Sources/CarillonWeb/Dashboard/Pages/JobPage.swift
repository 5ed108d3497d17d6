import Carillon
import Foundation
import HTTPTypes

/// One job: where it is and why, its life, its attempts, what can be done with it.
struct JobPage: Sendable {
  let dashboard: Dashboard

  private var parts: APIParts { dashboard.parts }

  var routes: [Route] {
    [
      .page(.get, "/jobs/{uuid}", role: .viewer, answer: show),
      action(.cancel), action(.requestCancel), action(.retry), action(.runNow),
      action(.reschedule), action(.delete),
    ]
  }

  // MARK: Showing

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let uuid = try call.uuid()
    guard let job = try await parts.store.job(uuid) else {
      throw Problem.jobNotFound(uuid.text)
    }
    async let attempts = parts.store.attempts(of: uuid)
    async let nodes = parts.store.nodes()
    async let siblings = parts.store.jobs(JobQuery(resource: job.resource, limit: 6))
    let schedule = try await self.schedule(of: job)
    let names = Dictionary(
      try await nodes.map { ($0.uuid, $0.name) }, uniquingKeysWith: { $1 })
    let shown = ShownJob(
      job: job, attempts: try await attempts, nodes: names, now: try await parts.store.now(),
      base: call.base, role: call.caller.role, redaction: parts.redaction)
    var view = shown.view
    let others = try await siblings.filter { $0.uuid != uuid }.prefix(5)
    view["hasSiblings"] = .flag(!others.isEmpty)
    view["siblings"] = .list(others.map(shown.brief))
    if let schedule {
      view["schedule"] = .text(schedule.name)
      view["scheduleHref"] = .text(
        "\(call.base)/schedule?name=\(Query.encoded(schedule.name))")
      view["hasOccurrences"] = .flag(!schedule.jobs.isEmpty)
      view["occurrences"] = .list(schedule.jobs.filter { $0.uuid != uuid }.map(shown.brief))
    }
    let main = try await dashboard.render(view, "job", call)
    return try await dashboard.page(
      call, Page(title: "\(job.jobType) \(uuid.text.prefix(8))", main: main, current: .jobs))
  }

  private func schedule(of job: Job) async throws -> (name: String, jobs: [Job])? {
    guard let uuid = job.scheduleUUID,
      let schedule = try await parts.store.schedules(ScheduleQuery(uuid: uuid, limit: 1)).first
    else { return nil }
    var jobs: [Job] = []
    for record in try await parts.store.occurrences(of: uuid, OccurrenceQuery(limit: 6)) {
      if let uuid = record.jobUUID, let job = try await parts.store.job(uuid) { jobs.append(job) }
    }
    return (schedule.name, jobs)
  }

  // MARK: Acting

  private func action(_ action: JobAction) -> Route {
    .page(.post, "/jobs/{uuid}/\(action.rawValue)", role: action.role) { call in
      let form = try await dashboard.form(call)
      let uuid = try call.uuid()
      let page = "jobs/\(uuid.text)"
      guard let job = try await parts.store.job(uuid) else {
        throw Problem.jobNotFound(uuid.text)
      }
      guard EntityTag.permits(job, form["version"]) else {
        return try await dashboard.redirect(
          call, to: page,
          saying: .refused(
            "The job has changed since you looked: it is now \(job.status.rawValue). Nothing was "
              + "done; look again, and decide anew."))
      }
      let command: JobCommand
      do {
        command = try action.command(form["when"])
      } catch let problem as Problem {
        return try await dashboard.redirect(call, to: page, saying: .refused(problem.detail))
      }
      switch try await parts.store.apply(command, to: uuid) {
      case .refused(let refusal):
        return try await dashboard.redirect(
          call, to: page, saying: .refused("Nothing was done. \(Problem(refusal).detail)"))
      case .done(let job) where action == .delete:
        parts.feed.publish("deleted", ["uuid": .string(uuid.text)])
        return try await dashboard.redirect(
          call, to: "jobs", saying: .done("Job \(job.uuid.text) is deleted."))
      case .done(let job):
        parts.feed.publish("job", job.eventValue)
        return try await dashboard.redirect(call, to: page, saying: .done(action.done(job)))
      }
    }
  }
}

/// What a page lets an operator do with one job.
enum JobAction: String, Sendable, CaseIterable {
  case retry
  case runNow = "run-now"
  case cancel
  case requestCancel = "request-cancel"
  case reschedule
  case delete

  var role: Role {
    switch self {
    case .retry, .runNow, .cancel, .requestCancel, .reschedule: .operator
    case .delete: .admin
    }
  }

  var label: String {
    switch self {
    case .retry: "Retry"
    case .runNow: "Run now"
    case .cancel: "Cancel"
    case .requestCancel: "Ask to end"
    case .reschedule: "Reschedule"
    case .delete: "Delete"
    }
  }

  var explanation: String {
    switch self {
    case .retry: "One more attempt, now."
    case .runNow: "Due now instead of later."
    case .cancel: "Stops it before it starts."
    case .requestCancel:
      "Cancels its task; it ends when its handler heeds that, and isn't tried again."
    case .reschedule: "A new time; a job that has ended begins a new run with all its attempts."
    case .delete: "Removes the job with its attempts and their logs. That can't be undone."
    }
  }

  /// Whether the job can take it now.
  func isLegal(for job: Job, at now: Instant) -> Bool {
    // A job that has ended is run again by a reschedule, which says so.
    if self == .runNow, job.status != .pending || job.runAt <= now { return false }
    if self == .requestCancel, job.status != .processing || job.cancelRequestedAt != nil {
      return false
    }
    do throws(JobRefusal) {
      _ = try sample.applied(to: job, at: now)
      return true
    } catch {
      return false
    }
  }

  private var sample: JobCommand {
    switch self {
    case .retry: .retry
    case .runNow, .reschedule: .reschedule(.now)
    case .cancel: .cancel(reason: Reason.cancelledByHand)
    case .requestCancel: .requestCancel(reason: Reason.cancelledByHand)
    case .delete: .delete
    }
  }

  /// - Parameter when: what was written for a time.
  func command(_ when: String) throws -> JobCommand {
    switch self {
    case .retry, .runNow, .cancel, .requestCancel, .delete: return sample
    case .reschedule:
      do {
        guard
          let time = try when.first?.isNumber == true && !when.contains("-")
            ? ScheduledTime(at: nil, in: when) : ScheduledTime(at: when, in: nil)
        else {
          throw Problem(.invalidJob, "When? Write 10m, or 2027-03-01T09:00:00Z.")
        }
        return .reschedule(try JobActionRoutes.inRange(time))
      } catch {
        throw Problem(error)
      }
    }
  }

  func done(_ job: Job) -> String {
    switch self {
    case .retry, .runNow: "The job is due now."
    case .cancel: "The job is cancelled."
    case .requestCancel: "The job was asked to end."
    case .reschedule: "The job is due at \(Moment.exact(job.runAt))."
    case .delete: "The job is deleted."
    }
  }
}
