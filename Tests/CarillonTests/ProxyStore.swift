import Foundation

@testable import Carillon

/// A store in front of another, where a test may look on, break in, or falsify.
struct ProxyStore: JobStore {
  enum Call: Sendable {
    case wakeUps
    case exchange([Settlement])
    case other
  }

  let base: any JobStore
  /// Asked before a call is passed on; what it throws is the answer.
  var before: @Sendable (Call) async throws(StoreError) -> Void = { _ in }
  /// Asked when the call has been carried out; what it throws takes the answer's place.
  var after: @Sendable (Call) async throws(StoreError) -> Void = { _ in }
  var listening: @Sendable () -> Void = {}

  var location: String { base.location }

  func now() async throws(StoreError) -> Instant {
    try await before(.other)
    return try await base.now()
  }

  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    try await before(.other)
    return try await base.insert(requests)
  }

  func job(_ uuid: UUID) async throws(StoreError) -> Job? { try await base.job(uuid) }

  func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] { try await base.jobs(query) }

  func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    try await base.attempts(of: uuid)
  }

  func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer {
    try await before(.other)
    return try await base.apply(command, to: uuid)
  }

  func cancelJobs(for resource: Resource, reason: String) async throws(StoreError) -> [Job] {
    try await before(.other)
    return try await base.cancelJobs(for: resource, reason: reason)
  }

  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    try await before(.exchange(settlements))
    let exchange = try await base.exchange(settlements, claim: claim, by: node)
    try await after(.exchange(settlements))
    return exchange
  }

  // MARK: Schedules

  func addSchedules(_ requests: [ScheduleRequest]) async throws(StoreError) -> [Schedule] {
    try await before(.other)
    return try await base.addSchedules(requests)
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
    try await before(.other)
    return try await base.apply(command, toSchedule: name)
  }

  func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    try await before(.other)
    return try await base.dueSchedules(limit: limit, except: except)
  }

  func scheduleInUse(
    _ name: String
  ) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)? {
    try await base.scheduleInUse(name)
  }

  func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    try await before(.other)
    return try await base.fire(firings)
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
    try await before(.other)
    return try await base.claims(of: node)
  }

  func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    try await before(.other)
    return try await base.report(attempts)
  }

  func join(_ node: Node, lease: Duration) async throws(StoreError) {
    try await before(.other)
    try await base.join(node, lease: lease)
  }

  func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    try await before(.other)
    return try await base.heartbeat(node, lease: lease, draining: draining)
  }

  func leave(_ node: UUID) async throws(StoreError) {
    try await before(.other)
    try await base.leave(node)
  }

  func nodes() async throws(StoreError) -> [Node] { try await base.nodes() }

  func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    try await base.rescue(node, at: beats)
  }

  func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    try await base.holdUnresolved(limit: limit)
  }

  func giveUpUnresolved(
    after timeout: Duration, limit: Int
  ) async throws(StoreError) -> [Job] {
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

  func maintain() async throws(StoreError) { try await base.maintain() }

  func diagnose() async throws(StoreError) -> [Finding] { try await base.diagnose() }

  func wakeUps() -> AsyncStream<Void> {
    listening()
    return base.wakeUps()
  }
}
