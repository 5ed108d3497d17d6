import Carillon
import Foundation

/// One client's way to the store.
///
/// @unchecked: touched only by the thread that drives the simulation's executor.
final class Link: @unchecked Sendable {
  /// Nothing gets through.
  var isCut = false
}

/// The store as one client sees it: answers take time, get lost, or come for writes that were never
/// made, and some writes are made long after they were given up.
struct FaultyStore: JobStore {
  let world: World
  let link: Link
  /// Nil for a client that runs nothing.
  let node: SimulatedNode?

  var location: String { "simulation:" }

  /// What becomes of a call.
  private struct Fate {
    var before = Duration.zero
    var after = Duration.zero
    var isApplied = true
    var isAnswered = true
    /// It fails first and is applied so much later.
    var lateBy: Duration?
  }

  private func fate() -> Fate {
    if world.isOver { return Fate(isApplied: false, isAnswered: false) }
    if link.isCut || world.isStoreDown {
      let isQuick = world.dice.isLucky(0.5)
      return Fate(
        before: isQuick ? .zero : .milliseconds(1_500), isApplied: false, isAnswered: false)
    }
    let setting = world.setting
    let isRestless = world.isRestless
    return world.dice.roll { dice in
      var fate = Fate()
      if setting.latency.upperBound > 0 {
        fate.before = dice.milliseconds(setting.latency)
        fate.after = dice.milliseconds(setting.latency)
      }
      guard isRestless else { return fate }
      if dice.isLucky(setting.isSlow) { fate.before += dice.milliseconds(200...6_000) }
      if dice.isLucky(setting.isSlow) { fate.after += dice.milliseconds(200...6_000) }
      if dice.isLucky(setting.failsBefore) {
        fate.isApplied = false
        fate.isAnswered = false
      } else if dice.isLucky(setting.failsAfter) {
        fate.isAnswered = false
      } else if dice.isLucky(setting.writesLate) {
        fate.isAnswered = false
        fate.lateBy = dice.milliseconds(0...8_000)
      }
      return fate
    }
  }

  /// Carries a call to the store and its answer back.
  private func call<Answer: Sendable>(
    _ name: StaticString,
    _ body: @escaping @Sendable (WatchedStore) async throws(StoreError) -> Answer
  ) async throws(StoreError) -> Answer {
    let fate = fate()
    world.invariants.called(by: node)
    if fate.before == .zero, fate.after == .zero, fate.isApplied, fate.isAnswered {
      return try await body(world.store)
    }
    let delay = fate.before + fate.after
    if !fate.isAnswered || delay > .milliseconds(400) {
      node?.trouble(until: world.time.elapsed + delay + (fate.lateBy ?? .zero))
      world.trace.note(
        .fault,
        text: """
          \(node?.name ?? "client") \(name): after \(delay)\
          \(fate.isApplied ? "" : ", not applied")\(fate.isAnswered ? "" : ", no answer")\
          \(fate.lateBy.map { ", late by \($0)" } ?? "")
          """)
    }
    // The call goes on outside of the process: a crash doesn't call back what is on its way.
    let result: Result<Answer, StoreError> = await withCheckedContinuation { caller in
      world.outside { [world] in
        await world.pause(fate.before)
        let lost = StoreError.failed(operation: "\(name)", why: "simulated fault")
        if let lateBy = fate.lateBy {
          caller.resume(returning: .failure(lost))
          await world.pause(lateBy)
          if !world.isOver { _ = await Result(body, world.store) }
          return
        }
        var result: Result<Answer, StoreError> = .failure(lost)
        if fate.isApplied, !world.isOver {
          let applied = await Result(body, world.store)
          if fate.isAnswered { result = applied }
        }
        await world.pause(fate.after)
        caller.resume(returning: result)
      }
    }
    return try result.get()
  }

  // MARK: The operations

  func gates() async throws(StoreError) -> Gates {
    try await call("gates") { store throws(StoreError) in try await store.gates() }
  }

  func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer {
    try await call("apply") { store throws(StoreError) in try await store.apply(command) }
  }

  func now() async throws(StoreError) -> Instant {
    try await call("now") { store throws(StoreError) in try await store.now() }
  }

  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    for request in requests { world.invariants.attempted(request) }
    let jobs = try await call("insert") { store throws(StoreError) in
      try await store.insert(requests)
    }
    for job in jobs { world.invariants.acknowledged(job) }
    return jobs
  }

  func job(_ uuid: UUID) async throws(StoreError) -> Job? {
    try await call("job") { store throws(StoreError) in try await store.job(uuid) }
  }

  func list(_ query: JobQuery) async throws(StoreError) -> JobList {
    try await call("list") { store throws(StoreError) in try await store.list(query) }
  }

  func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    try await call("attempts") { store throws(StoreError) in try await store.attempts(of: uuid) }
  }

  func apply(
    _ command: JobCommand, to uuid: UUID
  ) async throws(StoreError) -> CommandAnswer {
    if command == .delete { world.invariants.deleteAsked(uuid) }
    return try await call("apply") { store throws(StoreError) in
      try await store.apply(command, to: uuid)
    }
  }

  func cancelJobs(
    for resource: Resource, reason: String
  ) async throws(StoreError) -> [Job] {
    try await call("cancelJobs") { store throws(StoreError) in
      try await store.cancelJobs(for: resource, reason: reason)
    }
  }

  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    let isFree = settlements.map { _ in
      !(world.isRestless && world.dice.isLucky(world.setting.locksRow))
    }
    let free = zip(settlements, isFree).filter(\.1).map(\.0)
    var exchange = try await call("exchange") { store throws(StoreError) in
      try await store.exchange(free, claim: claim, by: node)
    }
    var answers = exchange.answers.makeIterator()
    exchange.answers = isFree.map { $0 ? answers.next() ?? .lost : .busy }
    return exchange
  }

  // MARK: Operations

  func begin(_ request: OperationRequest) async throws(StoreError) -> JobOperation {
    try await call("begin") { store throws(StoreError) in try await store.begin(request) }
  }

  func operation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    try await call("operation") { store throws(StoreError) in try await store.operation(uuid) }
  }

  func operations(_ query: OperationQuery) async throws(StoreError) -> [JobOperation] {
    try await call("operations") { store throws(StoreError) in
      try await store.operations(query)
    }
  }

  func survey(
    _ filter: JobFilter, storedBy instant: Instant, after cursor: UUID?, limit: Int
  ) async throws(StoreError) -> JobSurvey {
    try await call("survey") { store throws(StoreError) in
      try await store.survey(filter, storedBy: instant, after: cursor, limit: limit)
    }
  }

  func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation? {
    try await call("advance") { store throws(StoreError) in
      try await store.advance(uuid, limit: limit)
    }
  }

  func cancelOperation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    try await call("cancelOperation") { store throws(StoreError) in
      try await store.cancelOperation(uuid)
    }
  }

  func effects(on job: UUID) async throws(StoreError) -> [OperationEffect] {
    try await call("effects") { store throws(StoreError) in try await store.effects(on: job) }
  }

  func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
    try await call("audit") { store throws(StoreError) in try await store.audit(query) }
  }

  func pruneAudit(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int {
    try await call("pruneAudit") { store throws(StoreError) in
      try await store.pruneAudit(olderThan: age, limit: limit)
    }
  }

  // MARK: Schedules

  func addSchedules(_ requests: [ScheduleRequest]) async throws(StoreError) -> [Schedule] {
    try await call("addSchedules") { store throws(StoreError) in
      try await store.addSchedules(requests)
    }
  }

  func schedule(_ name: String) async throws(StoreError) -> Schedule? {
    try await call("schedule") { store throws(StoreError) in
      try await store.schedule(name)
    }
  }

  func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    try await call("schedules") { store throws(StoreError) in
      try await store.schedules(query)
    }
  }

  func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    try await call("apply") { store throws(StoreError) in
      try await store.apply(command, toSchedule: name)
    }
  }

  func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    try await call("dueSchedules") { store throws(StoreError) in
      try await store.dueSchedules(limit: limit, except: except)
    }
  }

  func scheduleInUse(
    _ name: String
  ) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)? {
    try await call("scheduleInUse") { store throws(StoreError) in
      try await store.scheduleInUse(name)
    }
  }

  func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    try await call("fire") { store throws(StoreError) in
      try await store.fire(firings)
    }
  }

  func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord] {
    try await call("occurrences") { store throws(StoreError) in
      try await store.occurrences(of: schedule, query)
    }
  }

  func pruneOccurrences(
    olderThan age: Duration, limit: Int
  ) async throws(StoreError) -> Int {
    try await call("pruneOccurrences") { store throws(StoreError) in
      try await store.pruneOccurrences(olderThan: age, limit: limit)
    }
  }

  func claims(of node: UUID) async throws(StoreError) -> [Job] {
    try await call("claims") { store throws(StoreError) in try await store.claims(of: node) }
  }

  func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    try await call("report") { store throws(StoreError) in try await store.report(attempts) }
  }

  func join(_ node: Node, lease: Duration) async throws(StoreError) {
    let asked = world.time.elapsed
    self.node?.trouble()
    let owner = self.node
    try await call("join") { store throws(StoreError) in
      try await store.join(node, lease: lease, from: owner)
    }
    self.node?.uuid = node.uuid
    self.node?.renewalAskedAt = asked
  }

  func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    let asked = world.time.elapsed
    let answer = try await call("heartbeat") { store throws(StoreError) in
      try await store.heartbeat(node, lease: lease, draining: draining)
    }
    if answer == .renewed { self.node?.renewalAskedAt = asked }
    return answer
  }

  func leave(_ node: UUID) async throws(StoreError) {
    try await call("leave") { store throws(StoreError) in try await store.leave(node) }
  }

  func nodes() async throws(StoreError) -> [Node] {
    try await call("nodes") { store throws(StoreError) in try await store.nodes() }
  }

  func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    try await call("rescue") { store throws(StoreError) in
      try await store.rescue(node, at: beats)
    }
  }

  func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    try await call("holdUnresolved") { store throws(StoreError) in
      try await store.holdUnresolved(limit: limit)
    }
  }

  func giveUpUnresolved(
    after timeout: Duration, limit: Int
  ) async throws(StoreError) -> [Job] {
    try await call("giveUpUnresolved") { store throws(StoreError) in
      try await store.giveUpUnresolved(after: timeout, limit: limit)
    }
  }

  func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    try await call("prune") { store throws(StoreError) in
      try await store.prune(olderThan: age, statuses: statuses, limit: limit)
    }
  }

  func statistics(known: Set<HandlerKey>) async throws(StoreError) -> StoreStatistics {
    try await call("statistics") { store throws(StoreError) in
      try await store.statistics(known: known)
    }
  }

  func minuteCounts(from: Instant, to: Instant) async throws(StoreError) -> [MinuteCount] {
    try await call("minuteCounts") { store throws(StoreError) in
      try await store.minuteCounts(from: from, to: to)
    }
  }

  func failures(since: Instant, limit: Int) async throws(StoreError) -> FailureReport {
    try await call("failures") { store throws(StoreError) in
      try await store.failures(since: since, limit: limit)
    }
  }

  func maintain() async throws(StoreError) {
    try await call("maintain") { store throws(StoreError) in try await store.maintain() }
  }

  func diagnose() async throws(StoreError) -> [Finding] {
    try await call("diagnose") { store throws(StoreError) in try await store.diagnose() }
  }

  /// The store's signals, without those that get lost on the way.
  func wakeUps() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let signals = world.store.wakeUps()
    let relay = world.outside { [world, link] in
      for await _ in signals {
        let isLost = world.isRestless && world.dice.isLucky(world.setting.dropsWakeUp)
        if !isLost, !link.isCut { continuation.yield() }
      }
    }
    continuation.onTermination = { _ in relay.cancel() }
    return stream
  }
}

extension Result where Failure == StoreError, Success: Sendable {
  fileprivate init(
    _ body: @Sendable (WatchedStore) async throws(StoreError) -> Success, _ store: WatchedStore
  ) async {
    do throws(StoreError) {
      self = .success(try await body(store))
    } catch {
      self = .failure(error)
    }
  }
}
