import Carillon
import CarillonTesting
import Foundation
import Testing

@Suite("Simulation")
struct SimulationTests {
  private static let simulation = Simulation()
  private static let environment = ProcessInfo.processInfo.environment

  /// `CARILLON_SEED=S`: that one; `CARILLON_SEEDS=N`: 1…N.
  private static var seeds: ClosedRange<UInt64> {
    if let seed = environment["CARILLON_SEED"].flatMap(UInt64.init) { return seed...seed }
    let count = environment["CARILLON_SEEDS"].flatMap(UInt64.init) ?? 500
    return 1...max(count, 1)
  }

  @Test("every invariant holds, whatever a seed breaks")
  func invariantsHold() async {
    let printsTrace = Self.environment["CARILLON_SEED"] != nil
    for seed in Self.seeds {
      let verdict = await onItsOwnThread {
        Self.simulation.run(seed: seed, lines: printsTrace ? 100_000 : 0)
      }
      if printsTrace {
        print(verdict.trace)
        print("\(verdict.steps) steps, \(verdict.elapsed), hash \(verdict.hash)")
      }
      guard let violation = verdict.violation else { continue }
      let trace = Self.simulation.run(seed: seed, lines: 40).trace
      Issue.record(
        """
        Seed \(seed) breaks an invariant \(violation)
        Repeat it with: CARILLON_SEED=\(seed) swift test --filter SimulationTests
        \(trace)
        """)
    }
  }

  @Test("the same seed gives the same run, another seed another")
  func seedsRepeat() async {
    let hashes = await onItsOwnThread {
      (1...10 as ClosedRange<UInt64>).map { seed in
        let first = Self.simulation.run(seed: seed)
        let second = Self.simulation.run(seed: seed)
        #expect(first.hash == second.hash, "Seed \(seed) went two ways.")
        #expect(first.steps == second.steps)
        return first.hash
      }
    }
    #expect(Set(hashes).count == hashes.count)
  }

  @Test("a store without the fence is caught")
  func missingFenceIsCaught() async {
    let broken = Simulation { UnfencedStore(MemoryStore(clock: $0)) }
    let caught = await onItsOwnThread {
      (1...300).lazy.map { broken.run(seed: $0) }.first { $0.violation != nil }
    }
    #expect(caught != nil)
  }

  /// Off the threads that other tests share, which it would keep busy for seconds.
  private func onItsOwnThread<Answer: Sendable>(
    _ body: @escaping @Sendable () -> Answer
  ) async -> Answer {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: body()) }
      thread.stackSize = 1 << 22
      thread.start()
    }
  }
}

// MARK: A broken store

/// Writes an outcome without asking whose claim the job is in: the mistake that the fence prevents.
private struct UnfencedStore: ForwardingStore {
  let base: MemoryStore

  init(_ base: MemoryStore) { self.base = base }

  var underlying: any JobStore { base }

  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    var unfenced: [Settlement] = []
    for settlement in settlements {
      let fence = try await base.job(settlement.fence.uuid)?.fence ?? settlement.fence
      var attempt = Attempt(
        uuid: fence.uuid, claim: fence.claim, number: settlement.attempt.number, node: fence.node,
        startedAt: settlement.attempt.startedAt)
      attempt.log = settlement.attempt.log
      unfenced.append(
        Settlement(
          fence: fence, transition: settlement.transition, attempt: attempt,
          claimed: settlement.claimed))
    }
    return try await base.exchange(unfenced, claim: claim, by: node)
  }
}
