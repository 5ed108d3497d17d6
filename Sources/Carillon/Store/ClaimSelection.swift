/// Decides, job by job in claim order, what a claim takes: a pure function over a walk.
///
/// The walk goes over due, ready jobs: highest priority first, then `run_at`, then `uuid`. A job
/// that must run alone is a barrier: nothing behind it is taken before it has had its turn, so that
/// it isn't starved, and it is only taken when its node runs nothing else.
package struct ClaimSelection {
  package enum Verdict: Sendable {
    case take
    case skip
    /// Nothing more is to be taken.
    case stop
  }

  private let request: ClaimRequest
  private var taken = 0
  private var takenByQueue: [String: Int] = [:]
  private var isClosed = false

  package init(_ request: ClaimRequest) {
    self.request = request
  }

  /// Whether any slot is left.
  package var isFull: Bool {
    switch request.free {
    case .all(let count): isClosed || taken >= count
    case .each(let counts): counts.keys.allSatisfy { room(in: $0) <= 0 }
    }
  }

  /// Slots left for jobs of `queue`.
  package func room(in queue: String) -> Int {
    guard !isClosed else { return 0 }
    switch request.free {
    case .all(let count): return max(count - taken, 0)
    case .each(let counts): return max((counts[queue] ?? 0) - (takenByQueue[queue] ?? 0), 0)
    }
  }

  package mutating func consider(_ job: Job) -> Verdict {
    guard request.keys.contains(job.handlerKey), room(in: job.queue) > 0 else { return .skip }
    if job.runsAlone {
      guard request.idle, taken == 0 else { return .stop }
      isClosed = true
      return .take
    }
    taken += 1
    takenByQueue[job.queue, default: 0] += 1
    return .take
  }
}
