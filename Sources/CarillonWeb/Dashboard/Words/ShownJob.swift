import Carillon
import Foundation

/// A job's page in values: pure, so that what it shows follows from the rows alone.
struct ShownJob: Sendable {
  let job: Job
  let attempts: [Attempt]
  let nodes: NodeNames
  /// What somebody did to it.
  let audit: [AuditEntry]
  /// What operations did to it.
  var effects: [ShownEffect] = []
  let now: Instant
  let base: String
  let role: Role?
  let redaction: Redaction
  /// What keeps it from starting.
  var closures: [GateClosure] = []
  /// Its handler's, where that is known.
  var timeout: Duration?
  /// A form of its that couldn't be carried out.
  var sent: (action: JobAction, form: CommandForm)?

  private var moment: Moment { Moment(now: now) }

  var view: View {
    let record = redaction.record(job.jsonValue, for: role)
    var view: View = [
      "type": .text(job.jobType), "uuid": .text(job.uuid.text),
      "mark": .markup(StatusMark.of(job.status, hold: job.hold)),
      "version": .text(EntityTag(job, shown: "").header),
      "actions": .list(actions), "whyNoActions": .optional(whyNoActions),
      "life": .list(life), "facts": .list(facts),
      "hasAttempts": .flag(!attempts.isEmpty), "attemptsWords": .text(attemptsWords),
      "attempts": .list(
        attempts.enumerated().reversed().map { index, attempt in
          shown(attempt, isLast: index == attempts.count - 1)
        }),
      "args": .text(record["args"]?.prettyJSON ?? "{}"),
      "redacted": .flag(record["args"] != job.jsonValue["args"]),
      "auditHref": .text("\(base)/audit?target=\(job.uuid.text)"),
      "resourceHref": .text(JobRows.address(of: job.resource, base)),
      "sameTypeHref": .text(jobs(.type(.init(job.jobType)))),
    ]
    if job.result != nil { view["result"] = .optional(record["result"]?.prettyJSON) }
    if job.status == .failed || job.status == .pending, let error = job.lastError {
      view["problemTitle"] = .text(
        job.status == .failed ? "It failed" : "The last attempt failed; it will be tried again")
      view["problemText"] = .text(error)
    } else if job.status.isFinal, job.status != .executed, let reason = job.reason {
      view["problemTitle"] = .text(job.status == .failed ? "It failed" : "It was cancelled")
      view["problemText"] = .text(ReasonWords.text(reason))
    }
    view["hasClosures"] = .flag(!closures.isEmpty)
    view["closures"] = .list(
      closures.map { closure in
        [
          "scope": .text("The \(closure.scope)"),
          "href": .text("\(base)/\(closure.scope.place.page)"), "words": .text(closure.words),
        ]
      })
    if let stuck = StuckJob(job, timeout: timeout, at: now) {
      view["stuckWords"] = .text("It \(stuck.words)")
      view["stuckAdvice"] = .text(StuckJob.advice)
    }
    if job.status == .pending, let hold = job.hold, closures.isEmpty || hold != .paused {
      view["heldWhy"] = .text("It doesn't start because \(StatusMark.words(hold)).")
    }
    if job.status == .processing, let last = attempts.last, let progress = last.progress {
      // A row may hold any number, also an infinite one.
      let percent = progress.isNaN ? 0 : Int((min(max(progress, 0), 1) * 100).rounded())
      view["progress"] = .text("\(percent)")
      let note = last.progressNote.map { ": \($0)" } ?? ""
      view["progressWords"] = .text("\(percent) %\(note)")
    }
    return view
  }

  /// Another job in one line.
  func brief(_ other: Job) -> View {
    [
      "mark": .markup(StatusMark.of(other.status, hold: other.hold)),
      "type": .text(other.jobType), "href": .text("\(base)/jobs/\(other.uuid.text)"),
      "when": .markup(moment.relative(other.shownTime)),
    ]
  }

  private func jobs(_ condition: JobFilter.Condition) -> String {
    "\(base)/jobs?filter=\(Query.encoded(JobFilter.all.and(condition).description))"
  }

  // MARK: Actions

  private var actions: [View] {
    guard let role else { return [] }
    return JobAction.allCases.filter { $0.role <= role && $0.isLegal(for: job, at: now) }
      .map { action in
        let form = sent.flatMap { $0.action == action ? $0.form : nil } ?? CommandForm(of: job)
        var view: View = [
          "name": .text(action.rawValue), "label": .text(action.label),
          "explanation": .text(action.explanation),
          "isSimple": .flag(![.reschedule, .edit, .delete].contains(action)),
          "isEdit": .flag(action == .edit),
          "isTimed": .flag(action == .reschedule), "isGrave": .flag(action == .delete),
          "primary": .flag(action == .retry),
        ]
        view.merge(form.view)
        return view
      }
  }

  private var whyNoActions: String? {
    guard role.map({ $0 < .operator }) ?? true else { return nil }
    return "Your role is viewer: acting needs an operator's token."
  }

  // MARK: Life

  private var life: [View] {
    let happened = LifeWords.merged(Timeline([(job: job, attempts: attempts)]).entries)
    let entries = LifeWords.told(happened, with: audit, and: effects, of: job)
    var views: [View] = []
    for (index, entry) in entries.enumerated() {
      let next = entries.dropFirst(index + 1).first
      var view: View = [
        "kind": .text(LifeWords.kind(entry.what)), "what": .text(LifeWords.text(entry)),
        "at": .markup(moment.exact(entry.at)), "detail": .optional(ReasonWords.detail(entry)),
        "by": .optional(entry.by),
        "byHref": .text("\(base)/audit?target=\(job.uuid.text)"),
        "operationHref": .optional(
          entry.operation.map { "\(base)/operation?uuid=\($0.text)" }),
      ]
      if let next, next.at - entry.at >= .milliseconds(1) {
        view["gap"] = .text("\(Moment.length(entry.at, next.at)) \(LifeWords.gap(entry, next))")
      }
      views.append(view)
    }
    return views
  }

  // MARK: Attempts

  private var attemptsWords: String {
    let others = [
      (job.failures, "failed"), (job.crashes, "lost with a node"), (job.snoozes, "snoozed"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let spent = "\(job.attempts) of \(job.maxAttempts) spent"
    return others.isEmpty ? spent : "\(spent); \(others.joined(separator: ", "))"
  }

  private func shown(_ attempt: Attempt, isLast: Bool) -> View {
    let end = attempt.endedAt
    var view: View = [
      "claim": .text("\(attempt.claim)"), "number": .text("\(attempt.number)"),
      "mark": .markup(StatusMark.of(attempt.outcome)),
      "start": .markup(moment.exact(attempt.startedAt)),
      "length": .text(
        end.map { "took \(Moment.length(attempt.startedAt, $0))" }
          ?? "for \(moment.since(attempt.startedAt))"),
      "node": .text(nodes.text(attempt.node)), "nodeTitle": .text(nodes.title(attempt.node)),
      "open": .flag(isLast),
      "error": .optional(attempt.error), "hasLog": .flag(!attempt.log.isEmpty),
      "log": .list(
        attempt.log.map { line in
          [
            "at": .markup(moment.timeOfDay(Instant(microseconds: line.at))),
            "level": .text(line.level), "message": .text(line.message),
            "kind": .text(
              ["error", "critical", "warning"].contains(line.level) ? "loud" : ""),
          ]
        }),
    ]
    if let fingerprint = attempt.fingerprint {
      view["fingerprint"] = .text(fingerprint)
      if let error = attempt.error {
        view["sameError"] = .text(jobs(.error(String(error.firstLine.prefix(80)))))
      }
    }
    return view
  }

  // MARK: Facts

  private var facts: [View] {
    var facts: [View] = []
    func add(_ label: String, _ value: ViewValue) {
      facts.append(["label": .text(label), "value": value])
    }
    func time(_ label: String, _ instant: Instant?) {
      if let instant { add(label, .markup(moment.exact(instant))) }
    }
    add("Handler", .link(job.handlerModule, to: jobs(.handler(.init(job.handlerModule)))))
    add("Resource", .link("\(job.resource)", to: JobRows.address(of: job.resource, base)))
    add("Queue", .link(job.queue, to: jobs(.queue(.init(job.queue)))))
    add("Priority", .text("\(job.priority)"))
    time("Scheduled for", job.scheduledAt)
    if job.runAt != job.scheduledAt, !job.status.isFinal { time("Next start", job.runAt) }
    time("Started", job.claimedAt)
    if let node = job.node { add("On node", .link(nodes.text(node), to: jobs(.node(node)))) }
    if let timeout { add("Timeout", .text(timeout.text)) }
    time("Asked to end", job.cancelRequestedAt)
    time(job.status == .executed ? "Executed" : "Ended", job.finishedAt)
    time("Stored", job.insertedAt)
    time("Changed", job.updatedAt)
    if let by = job.createdByUUID { add("Stored by", .text(by.text)) }
    if let reason = job.occurrenceReason { add("Occurrence", .text(reason.words)) }
    if job.run > 1 { add("Run", .text("\(job.run)")) }
    add("Idempotency key", .text(job.idempotencyKey))
    return facts
  }
}

extension OccurrenceReason {
  var words: String {
    switch self {
    case .onTime: "on time"
    case .catchUp: "caught up"
    case .backfill: "backfilled"
    case .manual: "by hand"
    }
  }
}
