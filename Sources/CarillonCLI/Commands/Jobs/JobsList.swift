import ArgumentParser
import Carillon

/// Shows jobs, newest first.
struct JobsList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list",
      abstract: "List jobs, newest first.",
      usage: ProgramName.usage("jobs list [FILTER…] [options]"),
      discussion: """
        FILTER is terms such as status:failed,cancelled, queue:mail*, handler:, type:, \
        resource:post/UUID, error:timeout, args.to.plan:pro, priority:>5, after:2h, before:TIME, \
        node:NAME, hold:, or a UUID. All of them have to hold; a - before one turns it round, and \
        then quotes are due around all of them.

        \(ProgramName.examples(
          "jobs list status:failed after:2h --limit 20", "jobs list resource:post/UUID --json",
          "jobs list 'queue:mail -error:\"timed out\"'"))
        """)
  }

  @Argument(help: ArgumentHelp("Only the jobs that these terms mean.", valueName: "filter"))
  var filter: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only these: \(JobStatus.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "status"))
  var status: String?

  @Option(help: ArgumentHelp("Only the jobs of this resource.", valueName: "type/uuid"))
  var resource: String?

  @Option(help: ArgumentHelp("Only the jobs of this queue.", valueName: "name"))
  var queue: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("At most so many, up to \(JobQuery.mostJobs).", valueName: "n"),
    transform: OptionText.whole)
  var limit = 100

  @Option(help: ArgumentHelp("Go on after this job of an earlier list.", valueName: "uuid"))
  var after: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let query = try query()
    let (jobs, now) = try await session.withStoreToShow(common) { store in
      if case .job(let uuid) = query.after, try await store.job(uuid) == nil {
        // The list would seem to end here.
        throw JobRefusal.notFound(uuid)
      }
      return (try await store.jobs(query), try await store.now())
    }
    if common.json {
      session.print(.array(jobs.map(\.jsonValue)))
    } else if jobs.isEmpty {
      session.say(isFiltered ? "No job matches." : "There is no job yet. `schedule` stores one.")
    } else {
      JobsList.table(of: jobs, now: now, symbols: session.out.hasSymbols).print(on: session.out)
      if jobs.count == query.limit, session.out.isTerminal, let last = jobs.last {
        session.say("The newest \(jobs.count). Older ones: --after \(last.uuid.text)")
      }
    }
    return .done
  }

  private var isFiltered: Bool {
    !filter.isEmpty || status != nil || resource != nil || queue != nil || after != nil
  }

  private func query() throws(UsageError) -> JobQuery {
    guard (1...JobQuery.mostJobs).contains(limit) else {
      throw UsageError(
        "--limit: \(limit) is out of range; it goes from 1 to \(JobQuery.mostJobs).")
    }
    var query = JobQuery(
      status: try status.map { text throws(UsageError) in
        try OptionText.status(text, "--status")
      },
      resource: try resource.map { text throws(UsageError) in
        try OptionText.resource(text, "--resource")
      },
      queue: queue, limit: limit,
      after: try after.map { text throws(UsageError) in
        .job(try OptionText.uuid(text, "--after"))
      })
    query.filter.terms += try OptionText.filter(filter).terms
    return query
  }

  static func table(of jobs: [Job], now: Instant, symbols: Bool) -> Table {
    let time = TimeText(now: now)
    var table = Table([
      .init(title: "STATUS"), .init(title: "UUID"), .init(title: "JOB TYPE", narrowest: 12),
      .init(title: "WHEN", narrowest: 7), .init(title: "TRIES", isNumber: true, leftOut: 1),
      .init(title: "QUEUE", narrowest: 7, leftOut: 2),
      .init(title: "PRIO", isNumber: true, leftOut: 4),
      .init(title: "RESOURCE", leftOut: 3), .init(title: "AT", leftOut: 5),
    ])
    for job in jobs {
      table.add([
        .init(job.status.text(symbols: symbols), job.status.style), .init(job.uuid.text),
        .init(job.jobType), .init(job.whenText(time)),
        .init("\(job.attempts)/\(job.maxAttempts)"), .init(job.queue), .init("\(job.priority)"),
        .init("\(job.resource)"), .init(TimeText.exact(job.shownInstant), .dim),
      ])
    }
    return table
  }
}

extension Hold {
  /// As people say it.
  fileprivate var words: String {
    switch self {
    case .paused: "its handler or resource type is closed"
    default: rawValue
    }
  }
}

extension Job {
  /// The instant that says most about it where it is.
  var shownInstant: Instant {
    switch status {
    case .pending: runAt
    case .processing: claimedAt ?? updatedAt
    case .executed, .failed, .cancelled: finishedAt ?? updatedAt
    }
  }

  /// `in 5m`, `due 3m ago`, `for 3m`, `3m ago`.
  func whenText(_ time: TimeText) -> String {
    switch status {
    case .pending:
      if let hold { return "held: \(hold.words)" }
      guard runAt <= time.now else { return time.relative(runAt) }
      let relative = time.relative(runAt)
      return relative == "now" ? "due now" : "due \(relative)"
    case .processing: return "for \(TimeText.coarse(max(time.now - shownInstant, .zero)))"
    case .executed, .failed, .cancelled: return time.relative(shownInstant)
    }
  }
}
