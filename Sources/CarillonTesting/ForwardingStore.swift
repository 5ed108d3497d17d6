package import Carillon
package import Foundation

/// A store in front of another: what it doesn't say itself, the other does.
///
/// For stores that look on, break in or falsify in tests; each says only what is its own.
package protocol ForwardingStore: JobStore {
  var underlying: any JobStore { get }
}

extension ForwardingStore {
  package var location: String { underlying.location }
  package func now() async throws(StoreError) -> Instant { try await underlying.now() }

  package func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    try await underlying.insert(requests)
  }

  package func job(_ uuid: UUID) async throws(StoreError) -> Job? { try await underlying.job(uuid) }
  package func list(_ query: JobQuery) async throws(StoreError) -> JobList {
    try await underlying.list(query)
  }

  package func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    try await underlying.attempts(of: uuid)
  }

  package func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer
  {
    try await underlying.apply(command, to: uuid)
  }

  package func cancelJobs(for resource: Resource, reason: String) async throws(StoreError) -> [Job]
  {
    try await underlying.cancelJobs(for: resource, reason: reason)
  }

  package func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    try await underlying.exchange(settlements, claim: claim, by: node)
  }

  // MARK: Operations

  package func begin(_ request: OperationRequest) async throws(StoreError) -> JobOperation {
    try await underlying.begin(request)
  }

  package func operation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    try await underlying.operation(uuid)
  }

  package func operations(_ query: OperationQuery) async throws(StoreError) -> [JobOperation] {
    try await underlying.operations(query)
  }

  package func survey(
    _ filter: JobFilter, storedBy instant: Instant, after cursor: UUID?, limit: Int
  ) async throws(StoreError) -> JobSurvey {
    try await underlying.survey(filter, storedBy: instant, after: cursor, limit: limit)
  }

  package func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation? {
    try await underlying.advance(uuid, limit: limit)
  }

  package func cancelOperation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    try await underlying.cancelOperation(uuid)
  }

  package func effects(on job: UUID) async throws(StoreError) -> [OperationEffect] {
    try await underlying.effects(on: job)
  }

  package func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
    try await underlying.audit(query)
  }

  package func pruneAudit(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int {
    try await underlying.pruneAudit(olderThan: age, limit: limit)
  }

  // MARK: Schedules

  package func addSchedules(_ requests: [ScheduleRequest]) async throws(StoreError) -> [Schedule] {
    try await underlying.addSchedules(requests)
  }

  package func schedule(_ name: String) async throws(StoreError) -> Schedule? {
    try await underlying.schedule(name)
  }

  package func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    try await underlying.schedules(query)
  }

  package func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    try await underlying.apply(command, toSchedule: name)
  }

  package func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    try await underlying.dueSchedules(limit: limit, except: except)
  }

  package func scheduleInUse(
    _ name: String
  ) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)? {
    try await underlying.scheduleInUse(name)
  }

  package func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    try await underlying.fire(firings)
  }

  package func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord] {
    try await underlying.occurrences(of: schedule, query)
  }

  package func pruneOccurrences(
    olderThan age: Duration, limit: Int
  ) async throws(StoreError) -> Int {
    try await underlying.pruneOccurrences(olderThan: age, limit: limit)
  }

  package func gates() async throws(StoreError) -> Gates { try await underlying.gates() }

  package func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer {
    try await underlying.apply(command)
  }

  package func claims(of node: UUID) async throws(StoreError) -> [Job] {
    try await underlying.claims(of: node)
  }

  package func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    try await underlying.report(attempts)
  }

  package func join(_ node: Node, lease: Duration) async throws(StoreError) {
    try await underlying.join(node, lease: lease)
  }

  package func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    try await underlying.heartbeat(node, lease: lease, draining: draining)
  }

  package func leave(_ node: UUID) async throws(StoreError) { try await underlying.leave(node) }
  package func nodes() async throws(StoreError) -> [Node] { try await underlying.nodes() }

  package func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    try await underlying.rescue(node, at: beats)
  }

  package func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    try await underlying.holdUnresolved(limit: limit)
  }

  package func giveUpUnresolved(after timeout: Duration, limit: Int) async throws(StoreError)
    -> [Job]
  {
    try await underlying.giveUpUnresolved(after: timeout, limit: limit)
  }

  package func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    try await underlying.prune(olderThan: age, statuses: statuses, limit: limit)
  }

  package func statistics(known: Set<HandlerKey>) async throws(StoreError) -> StoreStatistics {
    try await underlying.statistics(known: known)
  }

  package func minuteCounts(from: Instant, to: Instant) async throws(StoreError) -> [MinuteCount] {
    try await underlying.minuteCounts(from: from, to: to)
  }

  package func failures(since: Instant, limit: Int) async throws(StoreError) -> FailureReport {
    try await underlying.failures(since: since, limit: limit)
  }

  package func maintain() async throws(StoreError) { try await underlying.maintain() }
  package func diagnose() async throws(StoreError) -> [Finding] { try await underlying.diagnose() }
  package func wakeUps() -> AsyncStream<Void> { underlying.wakeUps() }
}
