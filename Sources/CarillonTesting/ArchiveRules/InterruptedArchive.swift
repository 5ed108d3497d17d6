import Carillon
import Foundation
import Synchronization

/// How many writes a process gets before it is killed.
final class WriteBudget: Sendable {
  private let left: Mutex<Int>
  /// Whether the last write's answer is heard.
  let answersLastWrite: Bool

  init(_ writes: Int, answersLastWrite: Bool = true) {
    left = Mutex(writes)
    self.answersLastWrite = answersLastWrite
  }

  static let spent = StoreError.failed(operation: "write", why: "the process was killed")

  func spend<Answer>(
    _ write: () async throws(StoreError) -> Answer
  ) async throws(StoreError) -> Answer {
    let left = left.withLock { left in
      left -= 1
      return left
    }
    guard left >= 0 else { throw WriteBudget.spent }
    let answer = try await write()
    guard left > 0 || answersLastWrite else { throw WriteBudget.spent }
    return answer
  }
}

/// An archive that fails once a budget of writes is spent.
struct InterruptedArchive: StoreArchive {
  private let base: any StoreArchive
  private let budget: WriteBudget

  init(_ base: any StoreArchive, _ budget: WriteBudget) {
    self.base = base
    self.budget = budget
  }

  func moveMark() async throws(StoreError) -> MoveMark? { try await base.moveMark() }

  func close(for mark: MoveMark) async throws(StoreError) -> MoveObstacle? {
    try await budget.spend { () async throws(StoreError) in try await base.close(for: mark) }
  }

  func page(
    of part: ArchivePart, after cursor: String?, limit: Int
  ) async throws(StoreError) -> ArchivePage {
    try await base.page(of: part, after: cursor, limit: limit)
  }

  func keep(
    _ page: ArchivePage, replacing old: MoveMark, by new: MoveMark
  ) async throws(StoreError) {
    try await budget.spend { () async throws(StoreError) in
      try await base.keep(page, replacing: old, by: new)
    }
  }

  func finish(_ mark: MoveMark) async throws(StoreError) {
    try await budget.spend { () async throws(StoreError) in try await base.finish(mark) }
  }

  func reopen(from mark: MoveMark) async throws(StoreError) {
    try await budget.spend { () async throws(StoreError) in try await base.reopen(from: mark) }
  }
}

// MARK: What a move doesn't interrupt

extension InterruptedArchive {
  var location: String { base.location }
  func now() async throws(StoreError) -> Instant { try await base.now() }

  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    try await base.insert(requests)
  }

  func job(_ uuid: UUID) async throws(StoreError) -> Job? { try await base.job(uuid) }
  func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] { try await base.jobs(query) }

  func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    try await base.attempts(of: uuid)
  }

  func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer {
    try await base.apply(command, to: uuid)
  }

  func cancelJobs(for resource: Resource, reason: String) async throws(StoreError) -> [Job] {
    try await base.cancelJobs(for: resource, reason: reason)
  }

  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    try await base.exchange(settlements, claim: claim, by: node)
  }

  // MARK: Schedules

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

  func claims(of node: UUID) async throws(StoreError) -> [Job] { try await base.claims(of: node) }

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
  func nodes() async throws(StoreError) -> [Node] { try await base.nodes() }

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

  func maintain() async throws(StoreError) { try await base.maintain() }
  func diagnose() async throws(StoreError) -> [Finding] { try await base.diagnose() }
  func wakeUps() -> AsyncStream<Void> { base.wakeUps() }
}
