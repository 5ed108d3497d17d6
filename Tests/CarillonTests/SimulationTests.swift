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
private struct UnfencedStore: JobStore {
  let base: MemoryStore

  init(_ base: MemoryStore) { self.base = base }

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

  // Everything else as it should be.

  var location: String { base.location }
  func now() async throws(StoreError) -> Instant { try await base.now() }
  func job(_ uuid: UUID) async throws(StoreError) -> Job? { try await base.job(uuid) }
  func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] { try await base.jobs(query) }
  func nodes() async throws(StoreError) -> [Node] { try await base.nodes() }
  func maintain() async throws(StoreError) { try await base.maintain() }
  func diagnose() async throws(StoreError) -> [Finding] { try await base.diagnose() }
  func wakeUps() -> AsyncStream<Void> { base.wakeUps() }

  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    try await base.insert(requests)
  }

  func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    try await base.attempts(of: uuid)
  }

  func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer {
    try await base.apply(command, to: uuid)
  }

  func cancelJobs(for resource: Resource, reason: String) async throws(StoreError) -> [Job] {
    try await base.cancelJobs(for: resource, reason: reason)
  }

  func addSchedules(_ requests: [ScheduleRequest]) async throws(StoreError) -> [Schedule] {
    try await base.addSchedules(requests)
  }

  func schedule(_ name: String) async throws(StoreError) -> Schedule? {
    try await base.schedule(name)
  }

  func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    try await base.schedules(query)
  }

  func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    try await base.apply(command, toSchedule: name)
  }

  func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    try await base.dueSchedules(limit: limit, except: except)
  }

  func scheduleInUse(
    _ name: String
  ) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)? {
    try await base.scheduleInUse(name)
  }

  func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    try await base.fire(firings)
  }

  func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord] {
    try await base.occurrences(of: schedule, query)
  }

  func pruneOccurrences(
    olderThan age: Duration, limit: Int
  ) async throws(StoreError) -> Int {
    try await base.pruneOccurrences(olderThan: age, limit: limit)
  }

  func claims(of node: UUID) async throws(StoreError) -> [Job] {
    try await base.claims(of: node)
  }

  func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    try await base.report(attempts)
  }

  func join(_ node: Node, lease: Duration) async throws(StoreError) {
    try await base.join(node, lease: lease)
  }

  func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    try await base.heartbeat(node, lease: lease, draining: draining)
  }

  func leave(_ node: UUID) async throws(StoreError) { try await base.leave(node) }

  func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    try await base.rescue(node, at: beats)
  }

  func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    try await base.holdUnresolved(limit: limit)
  }

  func giveUpUnresolved(after timeout: Duration, limit: Int) async throws(StoreError) -> [Job] {
    try await base.giveUpUnresolved(after: timeout, limit: limit)
  }

  func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    try await base.prune(olderThan: age, statuses: statuses, limit: limit)
  }

  func statistics(known: Set<HandlerKey>) async throws(StoreError) -> StoreStatistics {
    try await base.statistics(known: known)
  }

  func minuteCounts(from: Instant, to: Instant) async throws(StoreError) -> [MinuteCount] {
    try await base.minuteCounts(from: from, to: to)
  }
}
