import Carillon
import Foundation

/// What must be true when the faults are over and everything has had its time.
extension Invariants {
  /// Whether every job has come to its end; one that no node knows may wait.
  var isAtRest: Bool { unsettled.isEmpty }

  var unsettled: [Job] {
    uuids.compactMap { known[$0]?.job }.filter { job in
      !job.status.isFinal
        && !(job.status == .pending && job.handlerModule == Load.unknownModule)
    }
  }

  /// The whole store, once nothing runs any more.
  func checkAtEnd() async throws(StoreError) {
    try await world.store.lookAtAll(after: .nothing)
    for uuid in uuids {
      guard let known = known[uuid] else { continue }
      expect(
        !known.isAcknowledged || known.job != nil || known.isDeleteAsked,
        "\(world.trace.name(uuid)) was acknowledged and is lost")
      if let job = known.job, job.handlerModule == Load.unknownModule {
        expect(job.attempts == 0 && job.claim == 0, "\(name(job)) was claimed though unknown")
      }
      if let job = known.job { try await checkAttempts(of: job, known) }
    }
    try await checkCounts()
    try await checkSchedules()
    let nodes = try await world.store.nodes()
    let staying = nodes.filter { members[$0.uuid]?.process.endedAt == nil }
    expect(staying.isEmpty, "\(staying.map(\.name)) didn't sign off")
  }

  private func checkAttempts(of job: Job, _ known: Known) async throws(StoreError) {
    let attempts = try await world.store.attempts(of: job.uuid)
    expect(
      attempts.map(\.claim) == known.ends.keys.sorted(),
      "\(name(job)) has records of \(attempts.map(\.claim)), not of \(known.ends.keys.sorted())")
    for attempt in attempts {
      let end = known.ends[attempt.claim]
      expect(
        attempt.outcome == end?.outcome && attempt.node == end?.node,
        "attempt \(attempt.claim) of \(name(job)) is recorded as "
          + "\(attempt.outcome.map { "\($0)" } ?? "running")")
    }
    expect(job.claim == Int64(attempts.count), "\(name(job)) has \(attempts.count) attempts")
  }

  private func checkCounts() async throws(StoreError) {
    var expected: [AttemptOutcome: Int] = [:]
    for known in known.values {
      for end in known.formerEnds + known.ends.values { expected[end.outcome, default: 0] += 1 }
    }
    var counted: [AttemptOutcome: Int] = [:]
    let counts = try await world.store.minuteCounts(
      from: VirtualClock.start - .seconds(86_400), to: VirtualClock.start + .seconds(86_400))
    for count in counts {
      counted[count.key.outcome, default: 0] += count.count
      expect(
        count.wait.counts.reduce(0, +) == count.count
          && count.runTime.counts.reduce(0, +) == count.count,
        "a minute's buckets don't add up to its count")
    }
    for outcome in AttemptOutcome.allCases {
      let (right, found) = (expected[outcome] ?? 0, counted[outcome] ?? 0)
      expect(right == found, "\(found) attempts are counted as \(outcome), not \(right)")
    }
  }
}
