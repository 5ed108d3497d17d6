/// How a store's schedules stand.
package struct ScheduleSurvey: Sendable {
  package private(set) var counts: [Schedule.State: Int] = [:]
  /// Those whose time passed unnoticed, longest ago first, and since when.
  package private(set) var overdue: [(name: String, since: Instant)] = []
  /// Those that can't fire as they are, and why.
  package private(set) var broken: [(name: String, why: String)] = []

  /// Those that paused themselves after failures in a row, and why.
  package private(set) var selfPaused: [(name: String, why: String)] = []
  /// Rows that can't be read, and why.
  package private(set) var damaged: [DamagedRow] = []

  /// Looks at every schedule, page by page.
  package init(of store: any JobStore) async throws(StoreError) {
    let now = try await store.now()
    if let archive = store as? any StoreArchive {
      // An archive's pages have what lists leave out: the rows that can't be read.
      var cursor: String?
      repeat {
        let page = try await archive.page(of: .schedules, after: cursor, limit: 1_000)
        add(page.schedules, at: now)
        damaged += page.damaged
        cursor = page.cursor
      } while cursor != nil
    } else {
      var query = ScheduleQuery(limit: 10_000)
      while let last = try await add(store.schedules(query), at: now) { query.after = last }
    }
    overdue.sort { $0.since < $1.since }
  }

  package var count: Int { counts.values.reduce(0, +) }

  /// The last one's name; nil without any.
  @discardableResult
  private mutating func add(_ schedules: [Schedule], at now: Instant) -> String? {
    for schedule in schedules { add(schedule, at: now) }
    return schedules.last?.name
  }

  private mutating func add(_ schedule: Schedule, at now: Instant) {
    let state = schedule.state(at: now)
    counts[state, default: 0] += 1
    if state == .paused, let pause = schedule.pause, pause.by == Schedule.Pause.byItself {
      selfPaused.append((schedule.name, pause.why ?? "it failed again and again"))
    }
    if let problem = schedule.problem {
      broken.append((schedule.name, problem.description))
    } else if schedule.isOverdue(at: now), let since = schedule.nextAt {
      overdue.append((schedule.name, since))
    }
  }

  /// Counts by state, and of those that are overdue, broken or damaged.
  package var jsonValue: JSONValue {
    var members: [String: JSONValue] = [
      "overdue": JSONValue(overdue.count), "broken": JSONValue(broken.count),
      "damaged": JSONValue(damaged.count),
    ]
    for state in Schedule.State.allCases {
      members[state.rawValue] = JSONValue(counts[state] ?? 0)
    }
    return .object(members)
  }

  /// For `doctor`.
  package func findings(at now: Instant) -> [Finding] {
    var findings = broken.prefix(20).map { name, why in
      Finding(
        id: "schedules.broken", severity: .error,
        message: "Schedule '\(name)' can't fire: \(why)",
        advice: "Mend it with `schedules edit`, or remove it; others fire on.",
        subject: .schedule(name))
    }
    findings += damaged.prefix(20).map { row in
      Finding(
        id: "schedules.damaged", severity: .error,
        message: "The \(row.row) can't be read: \(row.why)",
        advice: "Mend or delete it with the database's own tool; others fire on.")
    }
    findings += selfPaused.prefix(20).map { name, why in
      Finding(
        id: "schedules.paused", severity: .warning,
        message: "Schedule '\(name)' has paused itself: \(why)",
        advice: "See to what fails, then `schedules resume` it.", subject: .schedule(name))
    }
    if let longest = overdue.first {
      let since = max(now - longest.since, .zero).coarseText
      findings.append(
        Finding(
          id: "schedules.overdue", severity: .warning,
          message: "\(counted(overdue.count, "schedule is", "schedules are")) overdue, "
            + "'\(longest.name)' for \(since).",
          advice: "Any live node fires them: start `serve`, or run `run-due` from time to time. "
            + "Their misfire policy then decides what is caught up."))
    }
    guard findings.isEmpty else { return findings }
    return [
      Finding(
        id: "schedules.fire", severity: .ok,
        message: count == 0
          ? "There is no schedule."
          : "\(counted(count, "schedule")), none overdue and none broken.")
    ]
  }
}
