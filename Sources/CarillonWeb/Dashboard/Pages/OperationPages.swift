import Carillon
import Foundation
import HTTPTypes

/// Commands on all jobs that a filter means: looking before, beginning, watching, stopping.
struct OperationPages: Sendable {
  let dashboard: Dashboard

  private static let pageSize = 50
  /// Jobs that are counted before it begins, at most; and how long that may take.
  private static let mostCounted = 10_000
  private static let patience: Duration = .milliseconds(400)

  private var parts: APIParts { dashboard.parts }
  private var operations: Operations { Operations(store: parts.store) }

  var routes: [Route] {
    [
      .page(.get, "/operations", role: .viewer, answer: list),
      .page(.get, "/operations/new", role: .operator, answer: ask),
      .page(.post, "/operations", role: .operator, answer: begin),
      .page(.get, "/operation", role: .viewer, answer: show),
      .page(.post, "/operation/cancel", role: .operator, answer: cancel),
    ]
  }

  /// What the caller may do to many jobs.
  static func actions(for call: Call) -> [String] {
    guard call.mayOperate else { return [] }
    return JobCommand.actions.filter { $0 != "delete" || call.isAdmin }
  }

  private static func check(_ action: String, _ call: Call) throws(Problem) {
    guard JobCommand.actions.contains(action) else {
      throw Problem(
        .malformedRequest,
        "The form doesn't say what is to be done: one of \(JobCommand.actions.joined(separator: ", "))."
      )
    }
    guard actions(for: call).contains(action) else {
      throw Problem(.forbidden, "Only an admin may delete jobs.")
    }
  }

  /// The statuses in which a job may be in a state for it.
  private static func statuses(for action: String) -> [JobStatus] {
    switch action {
    // Running ones only if that is asked for.
    case "cancel": [.pending, .processing]
    case "edit": [.pending]
    case "retry": [.failed, .cancelled]
    case "delete", "reschedule": [.pending, .executed, .failed, .cancelled]
    default: JobStatus.allCases
    }
  }

  static func label(_ action: String) -> String {
    action.prefix(1).uppercased() + action.dropFirst()
  }

  // MARK: Beginning

  @Sendable private func ask(_ call: Call) async throws -> Answer {
    let (action, text) = (call.query["action"] ?? "", call.query["filter"] ?? "")
    try OperationPages.check(action, call)
    return try await dashboard.page(call, try await asking(call, action, text, nil))
  }

  /// The page before it begins.
  ///
  /// - Parameter sent: its form and what is wrong with it, if it couldn't be carried out.
  private func asking(
    _ call: Call, _ action: String, _ text: String, _ sent: (form: Form, problem: Problem)?
  ) async throws -> Page {
    let uuid = sent.flatMap { UUID(uuidString: $0.form["uuid"]) } ?? parts.makeUUID()
    var view: View = [
      "label": .text(OperationPages.label(action)), "action": .text(action),
      "filter": .text(text), "uuid": .text(uuid.text),
      "jobsHref": .text("\(call.base)/jobs?\(Query.text(["filter": text]))"),
      "isTimed": .flag(action == "reschedule"), "isCancel": .flag(action == "cancel"),
      "isEdit": .flag(action == "edit"), "isGrave": .flag(action == "delete"),
      "buttonKind": action == "delete" ? "danger" : "primary", "count": "jobs",
      "statuses": .text(
        OperationPages.statuses(for: action).map(\.rawValue).joined(separator: ", ")),
      "emptyMeans": " (empty: as it is)",
    ]
    view.merge((sent.map(CommandForm.init) ?? CommandForm()).view)
    if let sent {
      view["reason"] = .text(sent.form["reason"])
      view["isRunning"] = .flag(sent.form["running"] == "yes")
    }
    var page = Page(title: "\(OperationPages.label(action)) jobs", main: .none, current: .jobs)
    page.isLive = false
    do {
      let count = try await preview(action, text, call)
      view["count"] = .text(count.words)
      view["isCounted"] = .flag(count.isWhole)
      view["isNone"] = .flag(count.isWhole && count.jobs == 0)
    } catch let problem as Problem {
      view["error"] = .text(problem.detail)
      page.status = problem.kind.status
    }
    return page.holding(try await dashboard.render(view, "operation-new", call))
  }

  private struct Count {
    let jobs: Int
    /// Whether these are all, and not only those that could be counted at once.
    let isWhole: Bool

    /// `487 jobs`, `at least 10 000 jobs`.
    var words: String {
      (isWhole ? "" : "at least ") + "\(jobs.grouped) \(jobs == 1 ? "job" : "jobs")"
    }
  }

  /// How many jobs of the filter are in a state for the action, as far as that can be told at once.
  private func preview(_ action: String, _ text: String, _ call: Call) async throws -> Count {
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw Problem(.invalidOperation, "Which jobs? Give a filter, such as status:failed.")
    }
    let filter = try await meaning(of: text)
    try parts.check(filter, for: call)
    let able = JobFilter(
      terms: filter.terms + [.init(anyOf: OperationPages.statuses(for: action).map { .status($0) })]
    )
    let now = try await parts.store.now()
    let deadline = parts.clock.uptime() + OperationPages.patience
    var count = 0
    var cursor: UUID?
    repeat {
      let survey = try await parts.store.survey(
        able, storedBy: now, after: cursor, limit: 1_000)
      count += survey.uuids.count
      cursor = survey.next
    } while cursor != nil && count < OperationPages.mostCounted && parts.clock.uptime() < deadline
    return Count(jobs: count, isWhole: cursor == nil)
  }

  private func meaning(of text: String) async throws -> JobFilter {
    do {
      return try await operations.meaning(of: text)
    } catch let error as JobFilterError {
      throw Problem(.invalidOperation, error.description)
    }
  }

  @Sendable private func begin(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    let (action, text) = (form["action"], form["filter"])
    try OperationPages.check(action, call)
    let back = "operations/new?\(Query.text(["action": action, "filter": text]))"
    do {
      guard text.contains(where: { !$0.isWhitespace }) else {
        throw Problem(.invalidOperation, "Which jobs? Give a filter, such as status:failed.")
      }
      try parts.check(try await meaning(of: text), for: call)
      let command = try OperationPages.command(action, form, at: try await parts.store.now())
      let uuid = UUID(uuidString: form["uuid"]) ?? parts.makeUUID()
      let operation = try await operations.begin(command, on: text, uuid: uuid)
      parts.driver.drive(operation.uuid, by: operations)
      return try await dashboard.redirect(
        call, to: "operation?uuid=\(operation.uuid.text)", saying: .done("It has begun."))
    } catch let problem as Problem {
      let page = try await asking(call, action, text, (form, problem))
      return try await dashboard.page(call, page.after(mistake: problem, at: back))
    }
  }

  private static func command(
    _ action: String, _ form: Form, at now: Instant
  ) throws(Problem) -> JobCommand {
    switch action {
    case "reschedule": return try JobAction.reschedule(form["when"], at: now)
    case "edit": return try JobAction.edit(form)
    case "cancel":
      let reason = form["reason"].isEmpty ? Reason.cancelledByHand : form["reason"]
      return form["running"] == "yes" ? .requestCancel(reason: reason) : .cancel(reason: reason)
    case "delete":
      guard form["sure"] == "yes" else {
        throw Problem(.invalidOperation, "Deleting wants a yes: it can't be undone.")
      }
      return .delete
    default: return try JobActionRoutes.command(action, [:])
    }
  }

  // MARK: Looking and stopping

  @Sendable private func list(_ call: Call) async throws -> Answer {
    let key = try await parts.cursorKey.key()
    let cursor = try call.query["cursor"].map { text throws(Problem) in
      try Cursor(text, list: "operation pages", key: key)
    }
    var found = try await operations.list(
      OperationQuery(limit: OperationPages.pageSize + 1, after: cursor?.after))
    var next: String?
    if found.count > OperationPages.pageSize {
      found.removeLast(found.count - OperationPages.pageSize)
      next = found.last.map {
        let text = Cursor(after: $0.uuid, list: "operation pages").text(key: key)
        return "\(call.base)/operations?cursor=\(text)"
      }
    }
    let moment = Moment(now: try await parts.store.now())
    let view: View = [
      "hasOperations": .flag(!found.isEmpty), "next": .optional(next),
      "operations": .list(
        found.map { operation in
          [
            "uuid": .text(operation.uuid.text), "mark": .markup(OperationPages.mark(operation)),
            "label": .text(OperationPages.label(operation.command.action)),
            "filter": .text(filter(of: operation, call)), "summary": .text(operation.summary),
            "by": .text(operation.startedBy ?? "a program"),
            "begun": .markup(moment.relative(operation.insertedAt)),
            "href": .text("\(call.base)/operation?uuid=\(operation.uuid.text)"),
          ]
        }),
    ]
    let main = try await dashboard.render(view, "operations", call)
    return try await dashboard.page(
      call, Page(title: "Operations", main: main, current: .operations))
  }

  /// The filter as the caller may see it.
  private func filter(of operation: JobOperation, _ call: Call) -> String {
    call.isAdmin ? operation.filterText : operation.shownFilter(parts.redaction)
  }

  private static func mark(_ operation: JobOperation) -> Markup {
    switch operation.state {
    case .counting: StatusMark.mark("processing", word: "counting")
    case .running: StatusMark.mark("processing", word: "running")
    case .done: StatusMark.mark("executed", word: "done")
    case .cancelled: StatusMark.mark("cancelled", word: "stopped")
    }
  }

  private func named(_ text: String?) async throws -> JobOperation {
    guard let uuid = UUID(uuidString: text ?? "") else {
      throw Problem.parameter("uuid", "is missing, or no UUID.")
    }
    return try await operations.named(uuid)
  }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let operation = try await named(call.query["uuid"])
    let moment = Moment(now: try await parts.store.now())
    let seen = operation.done.addingSaturated(operation.skips)
    let share = operation.total > 0 ? Int(Double(seen) * 100 / Double(operation.total)) : 0
    let percent = operation.state == .done ? 100 : min(99, share)
    var facts: [View] = [
      ["label": "Filter", "value": .text(filter(of: operation, call))],
      ["label": "Jobs", "value": .count(operation.total)],
      ["label": "Done", "value": .count(operation.done)],
      ["label": "Skipped", "value": .count(operation.skips)],
      ["label": "Begun", "value": .markup(moment.exact(operation.insertedAt))],
      ["label": "By", "value": .text(operation.startedBy ?? "a program")],
    ]
    for (name, value) in operation.command.parameters.sorted(by: { $0.key < $1.key }) {
      facts.append(["label": .text(name), "value": .text(value.string ?? value.json)])
    }
    if let end = operation.finishedAt {
      facts.append(["label": "Ended", "value": .markup(moment.exact(end))])
    }
    let label = OperationPages.label(operation.command.action)
    let view: View = [
      "label": .text("\(label) jobs"), "uuid": .text(operation.uuid.text),
      "mark": .markup(OperationPages.mark(operation)), "summary": .text(operation.summary),
      "percent": .text("\(percent)"), "facts": .list(facts),
      "mayStop": .flag(call.mayOperate && !operation.state.isFinal),
      "jobsHref": .text("\(call.base)/jobs?\(Query.text(["filter": filter(of: operation, call)]))"),
    ]
    let main = try await dashboard.render(view, "operation", call)
    return try await dashboard.page(
      call, Page(title: "\(label) jobs", main: main, current: .operations))
  }

  @Sendable private func cancel(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    let operation = try await operations.cancel(try await named(form["uuid"]).uuid)
    let notice: Notice =
      operation.state == .cancelled
      ? .done("It is stopped; what it had done stays.") : .refused("It had ended already.")
    return try await dashboard.redirect(
      call, to: "operation?uuid=\(operation.uuid.text)", saying: notice)
  }
}

extension Page {
  func holding(_ main: Markup) -> Page {
    var page = Page(title: title, main: main, current: current)
    page.status = status
    page.isLive = isLive
    page.isBare = isBare
    return page
  }
}
