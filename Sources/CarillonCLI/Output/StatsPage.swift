import Carillon

/// A store's numbers for a person.
struct StatsPage {
  let statistics: StoreStatistics
  let schedules: ScheduleSurvey
  let reason: UnresolvedReason

  func print(on screen: Screen) {
    jobs(on: screen)
    recurring(on: screen)
    queues(on: screen)
    closed(on: screen)
    nodes(on: screen)
    unresolved(on: screen)
  }

  private var time: TimeText { TimeText(now: statistics.now) }

  private func title(_ text: String, on screen: Screen) {
    screen.line()
    screen.line(screen.styled(text, .bold))
  }

  private func jobs(on screen: Screen) {
    let parts = JobStatus.allCases.map { status in
      let text = "\(status.text(symbols: screen.hasSymbols)) \(statistics.jobs[status] ?? 0)"
      return screen.styled(text, (statistics.jobs[status] ?? 0) == 0 ? .dim : status.style)
    }
    screen.line(parts.joined(separator: "   "))
  }

  private func recurring(on screen: Screen) {
    guard schedules.count + schedules.damaged.count > 0 else { return }
    title("Schedules", on: screen)
    var parts = Carillon.Schedule.State.allCases.map { state in
      "\(state.rawValue) \(schedules.counts[state] ?? 0)"
    }
    if !schedules.overdue.isEmpty {
      parts.append(screen.styled("overdue \(schedules.overdue.count)", .yellow))
    }
    if !schedules.broken.isEmpty {
      parts.append(screen.styled("broken \(schedules.broken.count)", .red))
    }
    if !schedules.damaged.isEmpty {
      parts.append(screen.styled("damaged \(schedules.damaged.count)", .red))
    }
    screen.line(parts.joined(separator: "   "))
  }

  private func queues(on screen: Screen) {
    guard !statistics.queues.isEmpty else { return }
    title("Queues", on: screen)
    QueuesList.table(statistics).print(on: screen)
  }

  private func closed(on screen: Screen) {
    guard !statistics.closed.isEmpty else { return }
    title("Closed", on: screen)
    for closure in statistics.closed {
      screen.line(
        "  \(screen.styled("\(closure.scope)".harmless, .yellow)) \(closure.words)".harmlessLines)
    }
  }

  private func nodes(on screen: Screen) {
    guard !statistics.nodes.isEmpty else { return }
    title("Nodes", on: screen)
    var table = Table([
      .init(title: "NODE", narrowest: 12), .init(title: "STATE"), .init(title: "STARTED"),
      .init(title: "HANDLERS", isNumber: true), .init(title: "QUEUES", narrowest: 12, leftOut: 2),
      .init(title: "UUID", leftOut: 1),
    ])
    for node in statistics.nodes {
      let alive = node.isAlive(at: statistics.now)
      let state =
        !alive
        ? Table.Cell("gone \(TimeText.coarse(statistics.now - node.leaseExpiresAt))", .red)
        : node.draining ? .init("draining", .yellow) : .init("alive", .green)
      table.add([
        .init(node.name), state, .init(time.relative(node.startedAt)),
        .init("\(node.catalogue.count)"), .init(node.queues.text), .init(node.uuid.text, .dim),
      ])
    }
    table.print(on: screen)
  }

  private func unresolved(on screen: Screen) {
    guard !statistics.unresolved.isEmpty else { return }
    title("Without a handler", on: screen)
    for entry in statistics.unresolved {
      let name = "\(entry.key.handlerModule) on \(entry.key.resourceType)".harmless
      screen.line("  \(screen.styled(name, .yellow))")
      let text =
        "\(counted(entry.count, "job")), due \(time.relative(entry.dueSince)). "
        + reason.text(entry.key)
      let room = max(20, (screen.width ?? .max) - 4)
      for line in text.harmless.wrapped(to: room) { screen.line("    \(line)") }
    }
  }
}
