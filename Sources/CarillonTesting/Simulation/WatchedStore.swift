import Carillon
import Foundation

/// A write as the store received it.
enum StoreWrite {
  case insert
  case command(JobCommand)
  case cancelJobs
  case exchange([Settlement], by: UUID)
  case join
  case leave(UUID)
  case rescue(UUID)
  case hold
  case giveUp
  case prune(age: Duration)
  case fire
  /// A turn has met it at a closed gate, or freed it at an open one.
  case gate
  /// Another write has ended what it waited for.
  case turn
  /// Found by a look at everything: no write that should have changed it.
  case nothing
}

/// The store itself, with a look at what every single operation did to it.
///
/// @unchecked: touched only by the thread that drives the simulation's executor.
final class WatchedStore: ForwardingStore, @unchecked Sendable {
  let underlying: any JobStore
  private var base: any JobStore { underlying }
  private unowned let world: World
  private var writes = 0

  init(_ base: any JobStore, world: World) {
    underlying = base
    self.world = world
  }

  /// Shows the jobs as they now are; everything, once in a while, so that a change of a job that an
  /// operation had no business with is seen too.
  private func look(at uuids: [UUID], after write: StoreWrite) async throws(StoreError) {
    guard !world.isOver else { return }
    let steps = world.executor.steps
    for uuid in uuids { world.invariants.saw(uuid, try await base.job(uuid), after: write) }
    for uuid in world.invariants.waiting where !uuids.contains(uuid) {
      world.invariants.saw(uuid, try await base.job(uuid), after: .turn)
    }
    writes += 1
    if writes % 50 == 0 { try await lookAtAll(after: .nothing) }
    world.invariants.expect(
      world.executor.steps == steps, "the store was changed while it was looked at")
  }

  func lookAtAll(after write: StoreWrite) async throws(StoreError) {
    let jobs = try await base.jobs(JobQuery(limit: 10_000))
    let found = Dictionary(uniqueKeysWithValues: jobs.map { ($0.uuid, $0) })
    for job in jobs.reversed() { world.invariants.saw(job.uuid, job, after: write) }
    for uuid in world.invariants.uuids where found[uuid] == nil {
      world.invariants.saw(uuid, nil, after: write)
    }
  }

  // MARK: Writes

  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    let jobs = try await base.insert(requests)
    try await look(at: requests.map(\.uuid), after: .insert)
    return jobs
  }

  func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer {
    let answer = try await base.apply(command, to: uuid)
    try await look(at: [uuid], after: .command(command))
    return answer
  }

  func cancelJobs(for resource: Resource, reason: String) async throws(StoreError) -> [Job] {
    let jobs = try await base.cancelJobs(for: resource, reason: reason)
    try await look(at: jobs.map(\.uuid), after: .cancelJobs)
    return jobs
  }

  func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation? {
    let operation = try await base.advance(uuid, limit: limit)
    if let operation, !world.isOver {
      try await lookAtAll(after: .command(operation.command))
    }
    return operation
  }

  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    let exchange = try await base.exchange(settlements, claim: claim, by: node)
    guard !world.isOver else { return exchange }
    world.invariants.answered(settlements, exchange, to: claim, by: node)
    var touched = settlements.map(\.fence.uuid)
    for job in exchange.claimed where !touched.contains(job.uuid) { touched.append(job.uuid) }
    if !touched.isEmpty {
      try await look(at: touched, after: .exchange(settlements, by: node))
    }
    let gated = world.invariants.gated.filter { !touched.contains($0) }
    if !gated.isEmpty { try await look(at: gated, after: .gate) }
    return exchange
  }

  func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer {
    let answer = try await base.apply(command)
    if !world.isOver { world.invariants.answered(command, answer) }
    return answer
  }

  /// - Parameter owner: the process that asks.
  func join(
    _ node: Node, lease: Duration, from owner: SimulatedNode?
  ) async throws(StoreError) {
    try await base.join(node, lease: lease)
    guard !world.isOver else { return }
    if let owner { world.invariants.joined(node, owner) }
    try await lookAtAll(after: .join)
  }

  func join(_ node: Node, lease: Duration) async throws(StoreError) {
    try await join(node, lease: lease, from: nil)
  }

  func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    let answer = try await base.heartbeat(node, lease: lease, draining: draining)
    if answer == .renewed { world.invariants.renewed(node) }
    return answer
  }

  func leave(_ node: UUID) async throws(StoreError) {
    let held = try await base.claims(of: node)
    try await base.leave(node)
    guard !world.isOver else { return }
    world.invariants.left(node)
    try await look(at: held.map(\.uuid), after: .leave(node))
  }

  func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    guard let jobs = try await base.rescue(node, at: beats) else { return nil }
    guard !world.isOver else { return jobs }
    world.invariants.rescued(node)
    try await look(at: jobs.map(\.uuid), after: .rescue(node))
    return jobs
  }

  func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    let held = try await base.holdUnresolved(limit: limit)
    if held > 0, !world.isOver { try await lookAtAll(after: .hold) }
    return held
  }

  func giveUpUnresolved(
    after timeout: Duration, limit: Int
  ) async throws(StoreError) -> [Job] {
    let jobs = try await base.giveUpUnresolved(after: timeout, limit: limit)
    if !jobs.isEmpty { try await look(at: jobs.map(\.uuid), after: .giveUp) }
    return jobs
  }

  func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    let pruned = try await base.prune(olderThan: age, statuses: statuses, limit: limit)
    if pruned > 0, !world.isOver { try await lookAtAll(after: .prune(age: age)) }
    return pruned
  }

  func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    let answers = try await base.fire(firings)
    guard !world.isOver else { return answers }
    let jobs = answers.flatMap { answer -> [Job] in
      switch answer {
      case .fired(let jobs): jobs
      case .lost, .refused: []
      }
    }
    for job in jobs { world.invariants.fired(job) }
    if !jobs.isEmpty { try await look(at: jobs.map(\.uuid), after: .fire) }
    return answers
  }
}
