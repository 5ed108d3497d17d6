import Carillon
import Foundation
import HTTPTypes

/// Jobs by a filter, page by page; all of it in the address.
struct JobsPage: Sendable {
  let dashboard: Dashboard

  private static let pageSize = 50

  private var parts: APIParts { dashboard.parts }

  var routes: [Route] {
    [
      .page(.get, "/jobs", role: .viewer, answer: show),
      .page(.post, "/jobs/act", role: .operator, answer: act),
    ]
  }

  // MARK: The list

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let text = call.query["filter"] ?? ""
    let statistics = try await parts.statistics.value()
    var filter: JobFilter?
    var error: String?
    var found = JobSearch.Page(jobs: [])
    do {
      filter = try JobRoutes.filter(text, for: call, parts, now: statistics.now)
      found = try await JobSearch(parts: parts).page(
        JobQuery(filter ?? .all, limit: JobsPage.pageSize), of: "page\n\(text)",
        from: call.query["cursor"])
    } catch let problem as Problem {
      // What is wrong with the filter is said beside it.
      guard [.invalidParameter, .forbidden, .invalidCursor].contains(problem.kind)
      else { throw problem }
      error = problem.detail
    }
    var view = list(found, filter, text, statistics, call)
    view["error"] = .optional(error)
    if let instant = found.lookedBackTo {
      view["lookedBackTo"] = .markup(Moment(now: statistics.now).relative(instant))
    }
    view["rows"] = .markup(
      try await dashboard.render(
        JobRows(
          jobs: found.jobs, now: statistics.now, base: call.base, selectable: call.mayOperate,
          closures: statistics.closures
        )
        .view(caption: "Jobs, newest first"), "job-rows", call))
    let title = text.isEmpty ? "Jobs" : "Jobs: \(text.prefix(60))"
    let main = try await dashboard.render(view, "jobs", call)
    var page = Page(title: title, main: main, current: .jobs)
    page.status = error == nil ? .ok : .badRequest
    return try await dashboard.page(call, page)
  }

  private func list(
    _ found: JobSearch.Page, _ filter: JobFilter?, _ text: String, _ statistics: StoreStatistics,
    _ call: Call
  ) -> View {
    let isLater = call.query["cursor"] != nil
    func address(_ query: [String: String]) -> String {
      query.isEmpty ? "\(call.base)/jobs" : "\(call.base)/jobs?\(Query.text(query))"
    }
    let kept = text.isEmpty ? [:] : ["filter": text]
    let waiting = (statistics.jobs[.pending] ?? 0).addingSaturated(
      statistics.jobs[.processing] ?? 0)
    return [
      "filter": .text(text), "isFiltered": .flag(!text.isEmpty), "isLater": .flag(isLater),
      "counts": .text("in all, \(counted(waiting, "job hasn't", "jobs haven't")) ended"),
      "tabs": .list(tabs(filter, statistics, address)),
      "suggestions": .text(Suggestions(statistics, parts.catalog).json),
      "hasJobs": .flag(!found.jobs.isEmpty), "firstHref": .text(address(kept)),
      "next": .optional(
        found.next.map { address(kept.merging(["cursor": $0]) { $1 }) }),
      // Where there is no job the page itself teaches it.
      "maySchedule": .flag(call.mayOperate && (!found.jobs.isEmpty || !text.isEmpty)),
      "mayAct": .flag(call.mayOperate), "mayDelete": .flag(call.isAdmin),
      "mayBulk": .flag(call.mayOperate && filter.map { !$0.isAll } ?? false),
      "bulk": .list(
        OperationPages.actions(for: call).map { action in
          let query = Query.text(["action": action, "filter": text])
          return [
            "href": .text("\(call.base)/operations/new?\(query)"),
            "label": .text(OperationPages.label(action)),
          ]
        }),
      "back": .text(call.ownTarget), "example": .text(Examples.schedule(parts)),
      "exampleType": .text(Examples.jobType(parts.catalog)),
      "apiExample": .text(
        "http://\(call.authority ?? "127.0.0.1:7117")\(call.prefix)/api/v1/jobs"),
    ]
  }

  private func tabs(
    _ filter: JobFilter?, _ statistics: StoreStatistics,
    _ address: ([String: String]) -> String
  ) -> [View] {
    let terms = filter?.terms ?? []
    let others = terms.filter { !$0.isStatus }
    let current = terms.filter(\.isStatus).flatMap(\.anyOf)
    return ([nil] + JobStatus.allCases.map(Optional.some)).map { status in
      var chosen = JobFilter.all
      chosen.terms = others
      if let status { chosen = JobFilter.all.and(.status(status)) + others }
      let text = chosen.description
      var view: View = [
        "href": .text(address(text.isEmpty ? [:] : ["filter": text])),
        "label": .text(status?.rawValue ?? "all"),
        "current": .flag(status.map { current == [.status($0)] } ?? current.isEmpty),
      ]
      // The kept numbers are of all jobs: beside a filter they would be wrong.
      if others.isEmpty, let status { view["count"] = .count(statistics.jobs[status] ?? 0) }
      return view
    }
  }

  // MARK: Acting

  @Sendable private func act(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    let uuids = form.all("uuid").prefix(1_000).compactMap(UUID.init(uuidString:))
    let back = SignInPages.isOurs(form["back"]) ? form["back"] : "jobs"
    guard !uuids.isEmpty else {
      return try await dashboard.redirect(
        call, to: back, saying: .refused("No job was selected, so nothing was done."))
    }
    let (command, done): (JobCommand, String)
    switch form["action"] {
    case "retry": (command, done) = (.retry, "retried")
    case "cancel":
      (command, done) = (.requestCancel(reason: Reason.cancelledByHand), "cancelled")
    case "delete":
      guard call.isAdmin else {
        throw Problem(.forbidden, "Only an admin may delete jobs.")
      }
      (command, done) = (.delete, "deleted")
    default:
      throw Problem(.malformedRequest, "The form doesn't say what is to be done.")
    }
    var tally = ActionTally()
    for uuid in uuids {
      switch try await parts.store.apply(command, to: uuid) {
      case .done(let job):
        tally.done += 1
        if command == .delete {
          parts.feed.publish("deleted", ["uuid": .string(job.uuid.text)])
        } else {
          parts.feed.publish("job", job.eventValue)
        }
      case .refused(let refusal): tally.skipped[refusal.words, default: 0] += 1
      }
    }
    return try await dashboard.redirect(call, to: back, saying: tally.notice(done))
  }
}

/// What became of several jobs that one action was for.
struct ActionTally: Sendable, Hashable {
  var done = 0
  /// By why.
  var skipped: [String: Int] = [:]

  /// `487 jobs retried, 13 skipped: 13 were running.`
  func notice(_ word: String) -> Notice {
    let all = skipped.values.reduce(0, +)
    guard all > 0 else { return .done("\(counted(done, "job")) \(word).") }
    let reasons = skipped.sorted { $0.key < $1.key }
      .map { "\($0.value) \($0.value == 1 ? "was" : "were") \($0.key)" }
      .joined(separator: ", ")
    let text = "\(counted(done, "job")) \(word), \(all) skipped: \(reasons)."
    return done > 0 ? .done(text) : .refused(text)
  }
}

extension JobRefusal {
  /// Why, in a word or two, as it stands after a number.
  var words: String {
    switch self {
    case .notFound: "gone"
    case .inProgress: "running"
    case .stillPending: "pending"
    case .alreadyExecuted: "executed already"
    case .alreadyFailed: "failed already"
    case .alreadyCancelled: "cancelled already"
    case .changedMeanwhile: "changed"
    }
  }
}

extension JobFilter.Term {
  /// Whether it asks for statuses, and nothing else.
  var isStatus: Bool {
    !isNegated && !anyOf.isEmpty
      && anyOf.allSatisfy { condition in
        if case .status = condition { true } else { false }
      }
  }
}

extension JobFilter {
  static func + (filter: JobFilter, terms: [Term]) -> JobFilter {
    var filter = filter
    filter.terms += terms
    return filter
  }
}

/// What a filter's fields may be completed with, for the script.
struct Suggestions: Sendable {
  let json: String

  init(_ statistics: StoreStatistics, _ catalog: HandlerCatalog) {
    let handlers = catalog.published + statistics.nodes.flatMap(\.catalogue)
    func texts(_ values: some Sequence<String>) -> JSONValue {
      .array(Set(values).sorted().prefix(200).map(JSONValue.string))
    }
    json =
      JSONValue.object([
        "status": .array(JobStatus.allCases.map { .string($0.rawValue) }),
        "hold": .array(Hold.known.map { .string($0.rawValue) }),
        "queue": texts(statistics.queues.map(\.name) + handlers.map(\.queue)),
        "handler": texts(handlers.map(\.handlerModule)),
        "type": texts(handlers.map(\.jobType)),
        "resource": texts(handlers.map(\.resourceType)),
        "node": texts(statistics.nodes.map(\.name)),
        "priority": [">0", "0"], "after": ["10m", "1h", "24h", "7d"],
        "before": ["10m", "1h", "24h", "7d"], "error": [], "uuid": [], "args.": [],
      ]).json
  }
}
