import Carillon
import Foundation

/// What handlers are called for, and when they are told to stop.
extension Invariants {
  /// A handler is called; `beside` are the calls that still go on anywhere.
  func started(_ run: RunLedger.Run, beside: [RunLedger.Run], again: Bool) {
    let job = run.job
    expect(!again, "\(name(job)) was executed twice")
    let known = known[job.uuid]
    let isHeld = known?.job?.fence == job.fence
    let end = known?.ends[job.claim]
    // A node that stood still, or whose answer was slow, may start what was taken away meanwhile.
    expect(isHeld || end != nil, "\(name(job)) runs without a claim")
    for other in beside where other.job.uuid == job.uuid {
      // The older one's node was taken for dead; whether rightly is checked at the rescue.
      let earlier = min(other.job.claim, job.claim)
      expect(
        known?.ends[earlier]?.isRescue == true,
        "\(name(job)) runs on \(run.node.name) while \(name(other.job)) runs on \(other.node.name)")
    }
    let neighbours = beside.filter { $0.node === run.node }
    if job.attempts > job.maxAttempts {
      expect(
        neighbours.isEmpty,
        "\(name(job)) must run alone, but runs beside \(neighbours.map { name($0.job) })")
    }
    for other in neighbours where other.job.attempts > other.job.maxAttempts {
      expect(false, "\(name(job)) runs beside \(name(other.job)), which must run alone")
    }
  }

  /// Handlers that should know by now that they are to stop.
  func checkCancellations() {
    let now = world.time.elapsed
    let lease = world.setting.configuration.lease
    // The wake-up brings it at once; one that got lost is made up for by the next turn.
    let isWoken = world.setting.dropsWakeUp == 0
    let recheck = isWoken ? .zero : world.setting.configuration.recheckInterval
    for run in world.runs.active where !run.isCancelled && !run.node.isFrozen {
      if let asked = run.node.renewalAskedAt {
        let late = now - max(asked + lease, run.node.thawedAt, run.startedAt)
        expect(
          late < .seconds(1),
          "\(name(run.job)) goes on \(late) after \(run.node.name)'s lease has run out")
      }
      guard let known = known[run.job.uuid], known.job?.fence == run.job.fence,
        let asked = known.cancelAskedAt, let healthy = run.node.healthySince
      else { continue }
      let late = now - max(asked, healthy) - recheck
      expect(late < .seconds(1), "\(name(run.job)) wasn't told of its cancel for \(late)")
    }
  }
}
