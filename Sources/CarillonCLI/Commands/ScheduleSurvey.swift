import Carillon

/// How a store's schedules stand.
struct ScheduleSurvey {
  private(set) var counts: [Carillon.Schedule.State: Int] = [:]
  /// Those whose time passed unnoticed, longest ago first, and since when.
  private(set) var overdue: [(name: String, since: Instant)] = []
  /// Those that can't fire as they are, and why.
  private(set) var broken: [(name: String, why: String)] = []

  /// Looks at every schedule, page by page.
  init(of store: any JobStore) async throws(StoreError) {
    let now = try await store.now()
    var query = ScheduleQuery(limit: 10_000)
    while true {
      let page = try await store.schedules(query)
      for schedule in page { add(ScheduleView(schedule: schedule, now: now)) }
      guard page.count == query.limit, let last = page.last else { break }
      query.after = last.name
    }
    let due = try await store.dueSchedules(limit: 1_000, except: [])
    broken += due.unreadable.map { ($0.name, $0.why) }
    overdue.sort { $0.since < $1.since }
  }

  var count: Int { counts.values.reduce(0, +) }

  private mutating func add(_ view: ScheduleView) {
    counts[view.state, default: 0] += 1
    if let problem = view.schedule.problem {
      broken.append((view.schedule.name, problem.description))
    } else if view.isOverdue, let since = view.schedule.nextAt {
      overdue.append((view.schedule.name, since))
    }
  }

  /// Counts by state, and of those that are overdue or broken.
  var jsonValue: JSONValue {
    var members: [String: JSONValue] = [
      "overdue": JSONValue(overdue.count), "broken": JSONValue(broken.count),
    ]
    for state in Carillon.Schedule.State.allCases {
      members[state.rawValue] = JSONValue(counts[state] ?? 0)
    }
    return .object(members)
  }

  /// For `doctor`.
  func findings(at now: Instant) -> [Finding] {
    var findings = broken.prefix(20).map { name, why in
      Finding(
        id: "schedules.broken", severity: .error,
        message: "Schedule '\(name)' can't fire: \(why)",
        advice: "Mend it with `schedules edit`, or remove it; others fire on.")
    }
    if let longest = overdue.first {
      let since = TimeText.coarse(max(now - longest.since, .zero))
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
