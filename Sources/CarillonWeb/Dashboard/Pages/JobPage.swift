import Carillon
import Foundation
import HTTPTypes

/// One job: where it is and why, its life, its attempts, what can be done with it.
struct JobPage: Sendable {
  let dashboard: Dashboard

  /// A life with more of what was done by hand would be no timeline; the audit page has all of it.
  private static let mostAudited = 50

  private var parts: APIParts { dashboard.parts }

  var routes: [Route] {
    [
      .page(.get, "/jobs/{uuid}", role: .viewer) { call in
        try await dashboard.page(call, try await show(call))
      },
      action(.cancel), action(.requestCancel), action(.retry), action(.runNow),
      action(.reschedule), action(.edit), action(.delete),
    ]
  }

  // MARK: Showing

  /// - Parameter sent: its form, if that couldn't be carried out.
  private func show(
    _ call: Call, _ sent: (action: JobAction, form: CommandForm)? = nil
  ) async throws -> Page {
    let uuid = try call.uuid()
    guard let job = try await parts.store.job(uuid) else {
      throw Problem.jobNotFound(uuid.text)
    }
    async let attempts = parts.store.attempts(of: uuid)
    async let nodes = parts.store.nodes()
    async let audit = parts.store.audit(
      AuditQuery(target: uuid.text, limit: JobPage.mostAudited))
    async let effects = effects(on: uuid)
    async let siblings = parts.store.jobs(JobQuery(resource: job.resource, limit: 6))
    async let gates = parts.store.gates()
    let schedule = try await self.schedule(of: job)
    let now = try await parts.store.now()
    let published = try await nodes.flatMap(\.catalogue) + parts.catalog.published
    let shown = ShownJob(
      job: job, attempts: try await attempts, nodes: NodeNames(try await nodes, at: now),
      audit: try await audit, effects: try await effects, now: now, base: call.base,
      role: call.caller.role,
      redaction: parts.redaction, closures: try await gates.closures(keeping: job, at: now),
      timeout: published.timeouts[job.handlerKey], sent: sent)
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
    return Page(title: "\(job.jobType) \(uuid.text.prefix(8))", main: main, current: .jobs)
  }

  private func effects(on job: UUID) async throws -> [ShownEffect] {
    var shown: [ShownEffect] = []
    for effect in try await parts.store.effects(on: job).prefix(JobPage.mostAudited) {
      guard let operation = try await parts.store.operation(effect.operation) else { continue }
      shown.append(ShownEffect(operation: operation, at: effect.at))
    }
    return shown
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
      let command: JobCommand
      do {
        command = EntityTag.condition(
          try action.command(form, at: try await parts.store.now()), on: form["version"])
      } catch let problem as Problem {
        let shown = try await show(call, (action, CommandForm(form, problem)))
        return try await dashboard.page(call, shown.after(mistake: problem, at: page))
      }
      switch try await parts.store.apply(command, to: uuid) {
      case .refused(.changedMeanwhile):
        let now = try await parts.store.job(uuid)?.status ?? job.status
        return try await dashboard.redirect(
          call, to: page,
          saying: .refused(
            "The job has changed since you looked: it is now \(now.rawValue). Nothing was "
              + "done; look again, and decide anew."))
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
  case edit
  case delete

  var role: Role {
    switch self {
    case .retry, .runNow, .cancel, .requestCancel, .reschedule, .edit: .operator
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
    case .edit: "Edit"
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
    case .edit: "Another queue, priority or number of attempts. What it does can't be changed."
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
      if self == .edit { return job.status == .pending }
      _ = try sample.applied(to: job, at: now)
      return true
    } catch {
      return false
    }
  }

  private var sample: JobCommand {
    switch self {
    case .retry: .retry
    case .runNow, .reschedule, .edit: .reschedule(.now)
    case .cancel: .cancel(reason: Reason.cancelledByHand)
    case .requestCancel: .requestCancel(reason: Reason.cancelledByHand)
    case .delete: .delete
    }
  }

  /// The command of a form of this action's.
  func command(_ form: Form, at now: Instant) throws(Problem) -> JobCommand {
    switch self {
    case .retry, .runNow, .cancel, .requestCancel, .delete: return sample
    case .reschedule: return try JobAction.reschedule(form["when"], at: now)
    case .edit: return try JobAction.edit(form)
    }
  }

  /// - Parameter when: `10m`, or a time.
  static func reschedule(_ when: String, at now: Instant) throws(Problem) -> JobCommand {
    do throws(Problem) {
      return .reschedule(try TypedTime.coming(when, at: now))
    } catch {
      throw Problem(
        .invalidJob, error.detail, faults: [.init(pointer: "/when", detail: error.detail)])
    }
  }

  /// What isn't filled in stays as it is.
  static func edit(_ form: Form) throws(Problem) -> JobCommand {
    var members: [String: JSONValue] = [:]
    if !form["queue"].isEmpty { members["queue"] = .string(form["queue"]) }
    for name in ["priority", "max_attempts"] where !form[name].isEmpty {
      guard let number = Int(form[name]) else {
        throw Problem(
          .invalidJob, "'\(form[name].prefix(40))' is no number: \(name) should be a whole one.",
          faults: [.init(pointer: "/\(name)", detail: "'\(form[name].prefix(40))' is no number")])
      }
      members[name] = JSONValue(number)
    }
    return try JobActionRoutes.command("edit", members)
  }

  func done(_ job: Job) -> String {
    switch self {
    case .retry, .runNow: "The job is due now."
    case .cancel: "The job is cancelled."
    case .requestCancel: "The job was asked to end."
    case .edit: "The job is changed."
    case .reschedule: "The job is due at \(Moment.exact(job.runAt))."
    case .delete: "The job is deleted."
    }
  }
}
