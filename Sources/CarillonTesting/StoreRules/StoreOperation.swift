import Carillon
import Foundation

/// Something that is asked of a store, as a value, so that it can be asked of two.
enum StoreOperation: Sendable {
  case insert([JobRequest])
  case command(JobCommand, UUID)
  case cancelJobs(Resource)
  /// Begun and driven to its end.
  case operation(OperationRequest)
  case exchange([Settlement], ClaimRequest?, node: UUID)
  case report([Attempt])
  case join(Node)
  case heartbeat(UUID, draining: Bool)
  case leave(UUID)
  case rescue(UUID, beats: Int64)
  case holdUnresolved
  case giveUp(Duration)
  case prune(Duration, Set<JobStatus>)
  case gate(GateCommand)
  /// Nothing is asked; time has passed.
  case wait(Duration)

  /// More rows than a walk makes: what is taken under a limit is the store's choice.
  private static let limit = 10_000

  func perform(on store: any JobStore) async throws -> StoreAnswer {
    switch self {
    case .insert(let requests):
      do throws(StoreError) {
        return .jobs(try await store.insert(requests))
      } catch {
        guard case .conflict = error else { throw error }
        return .refusal(error)
      }
    case .command(let command, let uuid):
      return .command(try await store.apply(command, to: uuid))
    case .cancelJobs(let resource):
      return .jobs(try await store.cancelJobs(for: resource, reason: "walk").sortedByUUID)
    case .operation(let request):
      var operation: JobOperation? = try await store.begin(request)
      while let open = operation, !open.state.isFinal {
        operation = try await store.advance(open.uuid, limit: 3)
      }
      return .operation(operation)
    case .exchange(let settlements, let claim, let node):
      var exchange = try await store.exchange(settlements, claim: claim, by: node)
      exchange.cancelRequests.sort { $0.uuid.precedes($1.uuid) }
      // The contract leaves this open where the claim was full or not granted.
      if !exchange.claimed.isEmpty || exchange.nodeIsGone { exchange.nextDue = nil }
      return .exchange(exchange)
    case .report(let attempts):
      return .fences(Set(try await store.report(attempts)))
    case .join(let node):
      try await store.join(node, lease: Trial.lease)
      return .done
    case .heartbeat(let node, let draining):
      return .heartbeat(
        try await store.heartbeat(node, lease: Trial.lease, draining: draining))
    case .leave(let node):
      try await store.leave(node)
      return .done
    case .rescue(let node, let beats):
      return .rescued(try await store.rescue(node, at: beats)?.sortedByUUID)
    case .holdUnresolved:
      return .count(try await store.holdUnresolved(limit: StoreOperation.limit))
    case .giveUp(let timeout):
      return .jobs(
        try await store.giveUpUnresolved(after: timeout, limit: StoreOperation.limit)
          .sortedByUUID)
    case .prune(let age, let statuses):
      return .count(
        try await store.prune(
          olderThan: age, statuses: statuses, limit: StoreOperation.limit))
    case .gate(let command):
      return .gate(try await store.apply(command))
    case .wait:
      return .done
    }
  }
}

/// What a store answered, with what the contract leaves open taken out.
enum StoreAnswer: Sendable, Equatable {
  case done
  case count(Int)
  case jobs([Job])
  case rescued([Job]?)
  case operation(JobOperation?)
  case command(CommandAnswer)
  case exchange(Exchange)
  case fences(Set<Fence>)
  case heartbeat(HeartbeatAnswer)
  case gate(GateAnswer)
  case refusal(StoreError)
}

/// Everything that can be read from a store.
struct StoreSnapshot: Sendable, Equatable {
  let jobs: [Job]
  let attempts: [UUID: [Attempt]]
  let nodes: [Node]
  let claims: [UUID: [Job]]
  let counts: [MinuteCount.Key: MinuteCount]
  let statistics: StoreStatistics
  let gates: Gates

  init(of store: any JobStore, at now: Instant) async throws {
    jobs = try await store.jobs(JobQuery(limit: 10_000))
    var attempts: [UUID: [Attempt]] = [:]
    for job in jobs { attempts[job.uuid] = try await store.attempts(of: job.uuid) }
    self.attempts = attempts
    nodes = try await store.nodes().sorted { $0.uuid.precedes($1.uuid) }
    var claims: [UUID: [Job]] = [:]
    for node in nodes { claims[node.uuid] = try await store.claims(of: node.uuid).sortedByUUID }
    self.claims = claims
    let counts = try await store.minuteCounts(
      from: ManualClock.start - .seconds(60), to: now + .seconds(60))
    self.counts = Dictionary(counts.map { ($0.key, $0) }, uniquingKeysWith: { one, _ in one })
    var statistics = try await store.statistics(known: [])
    statistics.jobs = statistics.jobs.filter { $0.value != 0 }
    statistics.nodes.sort { $0.uuid.precedes($1.uuid) }
    self.statistics = statistics
    gates = try await store.gates()
  }
}

extension [Job] {
  fileprivate var sortedByUUID: [Job] { sorted { $0.uuid.precedes($1.uuid) } }
}
