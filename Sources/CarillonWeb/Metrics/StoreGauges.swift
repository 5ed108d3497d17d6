import Carillon

/// The store in numbers, as Prometheus reads them.
struct StoreGauges: Sendable {
  /// Queues beyond are summed up as `other`.
  private static let mostQueues = 200

  let statistics: StoreStatistics

  var text: String {
    gauge(
      "carillon_jobs",
      JobStatus.allCases.map { ([("status", $0.rawValue)], Double(statistics.jobs[$0] ?? 0)) })
      + gauge("carillon_queue_jobs", queueCounts)
      + gauge("carillon_queue_oldest_due_seconds", queueAges)
      + gauge("carillon_nodes", nodes)
      + gauge(
        "carillon_unresolved_jobs",
        [([], Double(statistics.unresolved.reduce(0) { $0.addingSaturated($1.count) }))])
  }

  private func gauge(_ name: String, _ samples: [([(String, String)], Double)]) -> String {
    var text = "# HELP \(name) \(PrometheusText.help(name))\n# TYPE \(name) gauge\n"
    for (labels, value) in samples {
      text += PrometheusText.sample(
        name, PrometheusText.text(of: PrometheusText.labels(labels)), max(value, 0))
    }
    return text
  }

  /// The fullest queues, and the rest as one.
  private var queues: [StoreStatistics.Queue] {
    let sorted = statistics.queues.sorted {
      ($1.pending.addingSaturated($1.processing), $0.name)
        < ($0.pending.addingSaturated($0.processing), $1.name)
    }
    guard sorted.count > StoreGauges.mostQueues else { return sorted }
    var other = StoreStatistics.Queue(name: "other")
    for queue in sorted.dropFirst(StoreGauges.mostQueues) {
      other.pending = other.pending.addingSaturated(queue.pending)
      other.processing = other.processing.addingSaturated(queue.processing)
      other.held = other.held.addingSaturated(queue.held)
      other.oldestDueAt = [other.oldestDueAt, queue.oldestDueAt].compactMap { $0 }.min()
    }
    return sorted.prefix(StoreGauges.mostQueues).filter { $0.name != other.name } + [other]
  }

  private var queueCounts: [([(String, String)], Double)] {
    queues.flatMap { queue in
      [("pending", queue.pending), ("processing", queue.processing), ("held", queue.held)].map {
        ([("queue", queue.name), ("state", $0.0)], Double($0.1))
      }
    }
  }

  private var queueAges: [([(String, String)], Double)] {
    queues.map { queue in
      let waits = queue.oldestDueAt.map { (statistics.now - $0).microseconds } ?? 0
      return ([("queue", queue.name)], Double(waits) / 1_000_000)
    }
  }

  private var nodes: [([(String, String)], Double)] {
    let alive = statistics.nodes.filter { $0.isAlive(at: statistics.now) }
    let draining = alive.count { $0.draining }
    return [
      ([("state", "alive")], Double(alive.count - draining)),
      ([("state", "draining")], Double(draining)),
      ([("state", "lost")], Double(statistics.nodes.count - alive.count)),
    ]
  }
}
