import Carillon
import Foundation
import HTTPTypes

/// Queues, nodes and handlers.
struct SystemPages: Sendable {
  let dashboard: Dashboard

  private var parts: APIParts { dashboard.parts }

  var routes: [Route] {
    [
      .page(.get, "/queues", role: .viewer) { call in
        try await dashboard.page(call, try await queues(call))
      },
      .page(.get, "/nodes", role: .viewer, answer: nodes),
      .page(.get, "/handlers", role: .viewer) { call in
        try await dashboard.page(call, try await handlers(call))
      },
    ]
  }

  private func jobs(_ condition: JobFilter.Condition, _ call: Call) -> String {
    "\(call.base)/jobs?filter=\(Query.encoded(JobFilter.all.and(condition).description))"
  }

  /// Of the last hour: those of a day may be a hundred thousand rows.
  private func counts(at now: Instant) async throws -> [MinuteCount] {
    let first = Instant(microseconds: Traffic.start(of: .hour, at: now) * 60_000_000)
    return try await parts.store.minuteCounts(from: first, to: now)
  }

  // MARK: Queues

  /// - Parameter sent: a form of a row's that couldn't be carried out.
  @Sendable func queues(_ call: Call, _ sent: PauseForm? = nil) async throws -> Page {
    let statistics = try await parts.statistics.value()
    let counts = Dictionary(
      grouping: try await counts(at: statistics.now), by: \.key.queue)
    var known = Dictionary(
      statistics.queues.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for name in counts.keys where known[name] == nil {
      known[name] = StoreStatistics.Queue(name: name)
    }
    let queues = known.values.sorted { $0.name < $1.name }
    let slots = Slots(statistics)
    let gates = try await parts.store.gates()
    var view: View = [
      "lead": .text("\(counted(queues.count, "queue")) with jobs now or in the last hour"),
      "hasQueues": .flag(!queues.isEmpty), "mayPause": .flag(call.mayOperate),
      "example": .text(Examples.schedule(parts)),
      "queues": .list(
        queues.map { queue in
          let traffic = Traffic(counts[queue.name] ?? [], range: .hour, at: statistics.now)
          let waits = queue.oldestDueAt.map { max(statistics.now - $0, .zero) }
          var row = GatePages.row([queue.closure])
          row.merge(PauseForm(for: queue.name, sent: sent).view(at: statistics.now))
          row.merge([
            "name": .text(queue.name), "pending": .count(queue.pending),
            "processing": .count(queue.processing), "held": .count(queue.held),
            "oldest": .text(waits?.coarseText ?? "–"),
            "isLate": .flag(waits.map { $0 > Overview.late } ?? false),
            "slots": .text(slots.text(of: queue.name)), "ended": .count(traffic.total.all),
            "failed": .count(traffic.total.failed),
            "wait": .text(traffic.total.wait.quantileText(0.95)),
            "spark": .markup(
              TrafficChart.line(
                traffic.parts.map { Double($0.all) },
                label: "Attempts a minute of \(queue.name) over the last hour")),
            "href": .text(jobs(.queue(.init(queue.name)), call)),
          ])
          return row
        }),
    ]
    view.merge(
      ShownBlackout.table(of: gates, at: statistics.now, mayRemove: call.mayOperate) {
        $0.kind == "queue"
      })
    view["back"] = "queues"
    let main = try await dashboard.render(view, "queues", call)
    return Page(title: "Queues", main: main, current: .queues)
  }

  // MARK: Nodes

  @Sendable private func nodes(_ call: Call) async throws -> Answer {
    let statistics = try await parts.statistics.value()
    let now = statistics.now
    let running = Dictionary(
      grouping: try await parts.store.jobs(
        JobQuery(status: .processing, limit: JobQuery.mostJobs)), by: \.node)
    let moment = Moment(now: now)
    let alive = statistics.nodes.count { $0.isAlive(at: now) }
    let view: View = [
      "lead": .text("\(alive) of \(counted(statistics.nodes.count, "node")) alive"),
      "hasNodes": .flag(!statistics.nodes.isEmpty),
      "nodes": .list(
        statistics.nodes.map { node in
          let isAlive = node.isAlive(at: now)
          let word = isAlive ? (node.draining ? "draining" : "alive") : "gone"
          let kind = isAlive ? (node.draining ? "paused" : "executed") : "failed"
          return [
            "uuid": .text(node.uuid.text), "short": .text("\(node.uuid.text.prefix(8))…"),
            "mark": .markup(StatusMark.mark(kind, word: word)), "name": .text(node.name),
            "running": .count(running[node.uuid]?.count ?? 0),
            "queues": .text(Slots.text(of: node.queues)), "up": .text(moment.since(node.startedAt)),
            "lease": .text(
              isAlive
                ? "renewed, for \((node.leaseExpiresAt - now).coarseText)"
                : "ran out \(moment.since(node.leaseExpiresAt)) ago"),
            "handlers": .count(node.catalogue.count),
            "handlerNames": .text(
              node.catalogue.map(\.handlerModule).sorted().joined(separator: "\n")),
            "href": .text(jobs(.node(node.uuid), call)),
          ]
        }),
    ]
    let main = try await dashboard.render(view, "nodes", call)
    return try await dashboard.page(call, Page(title: "Nodes", main: main, current: .nodes))
  }

  // MARK: Handlers

  /// - Parameter sent: a form of a row's that couldn't be carried out.
  @Sendable func handlers(_ call: Call, _ sent: PauseForm? = nil) async throws -> Page {
    let statistics = try await parts.statistics.value()
    let now = statistics.now
    let counts = Dictionary(
      grouping: try await counts(at: now), by: \.key.handlerModule)
    let here = parts.catalog.published
    var all = Dictionary(here.map { ($0.handlerModule, $0) }, uniquingKeysWith: { $1 })
    var places: [String: Int] = [:]
    for node in statistics.nodes where node.isAlive(at: now) {
      for handler in node.catalogue {
        places[handler.handlerModule, default: 0] += 1
        if all[handler.handlerModule] == nil { all[handler.handlerModule] = handler }
      }
    }
    let handlers = all.values.sorted {
      ($0.jobType, $0.handlerModule) < ($1.jobType, $1.handlerModule)
    }
    let described = Dictionary(
      parts.catalog.descriptions.map { ($0.handler.handlerModule, $0) },
      uniquingKeysWith: { $1 })
    let closed = Dictionary(
      statistics.closed.map { ($0.scope, $0) }, uniquingKeysWith: { $1 })
    let gates = try await parts.store.gates()
    var view: View = [
      "lead": .text("\(counted(handlers.count, "handler")) in this program and on live nodes"),
      "foreign": .list(foreign(statistics.closed, handlers)),
      "hasHandlers": .flag(!handlers.isEmpty), "mayPause": .flag(call.mayOperate),
      "handlers": .list(
        handlers.map { handler in
          let total = Traffic(counts[handler.handlerModule] ?? [], range: .hour, at: now).total
          let nodes = places[handler.handlerModule] ?? 0
          var row = GatePages.row([
            closed[.handler(handler.handlerModule)], closed[.resourceType(handler.resourceType)],
          ])
          row.merge(PauseForm(for: handler.handlerModule, sent: sent).view(at: now))
          row.merge([
            "type": .text(handler.jobType), "name": .text(handler.handlerModule),
            "summary": .optional(described[handler.handlerModule]?.summary),
            "args": .optional(described[handler.handlerModule]?.argsWords),
            "resource": .text(handler.resourceType), "queue": .text(handler.queue),
            "priority": .text("\(handler.priority)"), "attempts": .text("\(handler.maxAttempts)"),
            "timeout": .text(
              handler.timeoutMilliseconds.map { Duration.milliseconds($0).text } ?? "–"),
            "ended": .count(total.all), "failed": .count(total.failed),
            "median": .text(total.runTime.quantileText(0.5)),
            "most": .text(total.runTime.quantileText(0.95)),
            "where": .markup(
              nodes > 0
                ? StatusMark.mark("executed", word: counted(nodes, "node"))
                : StatusMark.mark("held", word: "on no live node")),
            "href": .text(jobs(.handler(.init(handler.handlerModule)), call)),
          ])
          return row
        }),
    ]
    view.merge(
      ShownBlackout.table(of: gates, at: now, mayRemove: call.mayOperate) { $0.kind != "queue" })
    view["back"] = "handlers"
    let main = try await dashboard.render(view, "handlers", call)
    return Page(title: "Handlers", main: main, current: .handlers)
  }

  /// What is closed that no row shows: of programs that don't run now, or under a name by mistake.
  private func foreign(_ closed: [GateClosure], _ shown: [PublishedHandler]) -> [View] {
    let scopes = Set(
      shown.flatMap { [GateScope.handler($0.handlerModule), .resourceType($0.resourceType)] })
    return closed.filter { !scopes.contains($0.scope) }.map { closure in
      var row = GatePages.row([closure])
      row.merge([
        "scope": .text("\(closure.scope)"), "name": .text(closure.scope.place.name),
        "mayResume": .flag(closure.pause != nil && closure.scope.kind == "handler"),
      ])
      return row
    }
  }
}

/// How many jobs the live nodes run at once, by queue.
struct Slots: Sendable {
  private var ofAll = 0
  private var ofEach: [String: Int] = [:]

  init(_ statistics: StoreStatistics) {
    for node in statistics.nodes where node.isAlive(at: statistics.now) && !node.draining {
      switch node.queues {
      case .all(let count): ofAll = ofAll.addingSaturated(count)
      case .each(let counts):
        for (name, count) in counts { ofEach[name] = (ofEach[name] ?? 0).addingSaturated(count) }
      }
    }
  }

  /// `10`; `10 shared` where all queues share them.
  func text(of queue: String) -> String {
    let own = ofEach[queue] ?? 0
    switch (own, ofAll) {
    case (0, 0): return "none"
    case (_, 0): return own.grouped
    case (0, _): return "\(ofAll.grouped) shared"
    default: return "\(own.grouped) + \(ofAll.grouped) shared"
    }
  }

  static func text(of limits: QueueLimits) -> String {
    switch limits {
    case .all(let count): "\(count.grouped) for all queues"
    case .each(let counts):
      counts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }
  }
}
