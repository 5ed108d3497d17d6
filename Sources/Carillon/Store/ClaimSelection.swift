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
  private var free: QueueLimits
  private var taken = 0

  package init(_ request: ClaimRequest) {
    self.request = request
    free = request.free
  }

  /// Whether any slot is left.
  package var isFull: Bool {
    switch free {
    case .all(let count): count <= 0
    case .each(let counts): counts.values.allSatisfy { $0 <= 0 }
    }
  }

  /// Slots left for jobs of `queue`.
  package func room(in queue: String) -> Int {
    switch free {
    case .all(let count): max(count, 0)
    case .each(let counts): max(counts[queue] ?? 0, 0)
    }
  }

  package mutating func consider(_ job: Job) -> Verdict {
    guard request.keys.contains(job.handlerKey), room(in: job.queue) > 0 else { return .skip }
    if job.runsAlone {
      guard request.idle, taken == 0 else { return .stop }
      free = .all(0)
      taken = 1
      return .take
    }
    taken += 1
    switch free {
    case .all(let count): free = .all(count - 1)
    case .each(var counts):
      counts[job.queue, default: 0] -= 1
      free = .each(counts)
    }
    return .take
  }
}
