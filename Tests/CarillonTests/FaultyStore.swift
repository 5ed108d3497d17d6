import CarillonTesting
import Foundation
import Synchronization

@testable import Carillon

/// A `MemoryStore` with one fault, each of which some scheduler has had.
struct FaultyStore: ForwardingStore {
  enum Fault: CaseIterable {
    case clockIsFast
    case outcomeIsNotFenced
    case repeatedOutcomeIsLost
    case claimsOneMore
    case claimsForUnknownHandlers
    case claimsForStrangers
    case claimsInReverse
    case runsTheLoneTogether
    case insertsOneByOne
    case insertsEachTime
    case cutsInstantsToMilliseconds
    case roundsNumbers
    case cancelsRunningJobs
    case forgetsCancelRequests
    case countsEachSettlement
    case dropsAttempts
    case rescuesTheLiving
    case rescuesForFree
    case spendsAttemptsOnLeaving
    case holdsEverything
    case givesUpAtOnce
    case prunesTheYoung
    case hidesExpiredNodes
    case failsTheWholeBatch
    case winsEveryRace
    case forgetsOccurrences
    case forgetsPauses
    case neverFreesThePaused
    case ignoresOverlap
    case neverGivesTurns
    case losesPauses
    case firesWhatIsNotDue
    case ignoresVersions
    case operatesOnNewJobs
    case operatesFromTheStart
    case countsOperationsTwice
    case stopsNoOperation
    case keepsNoAudit
    case keepsAuditForEver
    case forgetsPutRight
    case listsAuditWithoutEnd
  }

  let fault: Fault
  let base: MemoryStore
  var underlying: any JobStore { base }
  let clock: ManualClock

  init(_ fault: Fault, clock: ManualClock) {
    self.fault = fault
    self.clock = clock
    base = MemoryStore(clock: fault == .clockIsFast ? FastClock(base: clock) : clock)
  }

  func now() async throws(StoreError) -> Instant { clock.now() }

  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    switch fault {
    case .insertsOneByOne:
      var jobs: [Job] = []
      for request in requests { jobs += try await base.insert([request]) }
      return jobs
    case .insertsEachTime:
      for request in requests {
        if let job = try await base.job(request.uuid), !job.status.isFinal { continue }
        _ = try await base.apply(.delete, to: request.uuid)
      }
      return try await base.insert(requests)
    default: return try await base.insert(requests)
    }
  }

  func job(_ uuid: UUID) async throws(StoreError) -> Job? {
    var job = try await base.job(uuid)
    switch fault {
    case .cutsInstantsToMilliseconds:
      let millisecond = (job?.runAt.microseconds ?? 0) / 1_000
      job?.runAt = Instant(microseconds: millisecond * 1_000)
    case .roundsNumbers:
      if let args = job?.args, let data = try? JSONEncoder().encode(args),
        let rounded = try? JSONDecoder().decode(JobArguments.self, from: data)
      {
        job?.args = rounded
      }
    default: break
    }
    return job
  }

  func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    fault == .dropsAttempts ? [] : try await base.attempts(of: uuid)
  }

  func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer {
    if fault == .ignoresVersions {
      return try await base.apply(command.unconditional, to: uuid)
    }
    if fault == .cancelsRunningJobs, case .cancel(let reason) = command,
      let job = try await base.job(uuid),
      let stopped = try? job.applying(
        .stop(reason: reason), at: clock.now())
    {
      base.state.withLock { $0.jobs[uuid] = stopped }
      return .done(stopped)
    }
    return try await base.apply(command, to: uuid)
  }

  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    var settlements = settlements
    var claim = claim
    switch fault {
    case .outcomeIsNotFenced:
      // "Where it is running": the claim that it belongs to isn't compared.
      for (index, settlement) in settlements.enumerated() {
        guard let fence = try await base.job(settlement.fence.uuid)?.fence else { continue }
        settlements[index] = Settlement(
          fence: fence, transition: settlement.transition, attempt: settlement.attempt)
      }
    case .claimsOneMore:
      if case .all(let count) = claim?.free { claim?.free = .all(count + 1) }
    case .claimsForUnknownHandlers:
      if claim != nil {
        claim?.keys = Set(try await base.jobs(JobQuery(limit: 10_000)).map(\.handlerKey))
      }
    case .claimsForStrangers:
      if claim != nil, !(try await base.nodes().contains { $0.uuid == node }) {
        try await base.join(
          Node(
            uuid: node, name: "", startedAt: clock.now(), catalogue: [], queues: .all(1),
            leaseExpiresAt: clock.now()), lease: .seconds(18))
      }
    case .runsTheLoneTogether: claim?.idle = true
    case .failsTheWholeBatch:
      for settlement in settlements where settlement.transition == .retryByHand {
        throw .failed(operation: "settle", why: "\(settlement.transition.name) is wrong")
      }
    default: break
    }
    let waiting = try await base.jobs(JobQuery(limit: 10_000)).filter { $0.hold == .overlap }
    var exchange = try await base.exchange(settlements, claim: claim, by: node)
    if fault == .neverGivesTurns {
      base.state.withLock { state in
        for job in waiting where state.jobs[job.uuid]?.status == .pending {
          state.jobs[job.uuid] = job
        }
      }
    }
    switch fault {
    case .repeatedOutcomeIsLost:
      exchange.answers = exchange.answers.map { $0 == .alreadyApplied ? .lost : $0 }
    case .claimsInReverse: exchange.claimed.reverse()
    case .forgetsCancelRequests: exchange.cancelRequests = []
    case .countsEachSettlement:
      for (settlement, answer) in zip(settlements, exchange.answers) where answer == .alreadyApplied
      {
        base.state.withLock { state in
          for key in state.counts.keys where key.queue == "default" {
            state.counts[key]?.count += settlement.attempt.number
          }
        }
      }
    default: break
    }
    return exchange
  }

  // MARK: Operations

  func begin(_ request: OperationRequest) async throws(StoreError) -> JobOperation {
    let began = try await base.begin(request)
    guard fault == .operatesOnNewJobs else { return began }
    // As one that looks at the jobs as they are, whenever they were stored.
    let later = request.operation(
      at: clock.now() + .seconds(86_400), by: AuditActor.current?.name)
    base.state.withLock { $0.operations[began.uuid] = later }
    return began
  }

  func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation? {
    base.state.withLock { state in
      guard let operation = state.operations[uuid], operation.state == .running else { return }
      switch fault {
      case .operatesFromTheStart: state.operations[uuid]?.cursor = nil
      case .countsOperationsTwice: state.operations[uuid]?.done += operation.done
      default: break
      }
    }
    return try await base.advance(uuid, limit: limit)
  }

  func cancelOperation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    fault == .stopsNoOperation
      ? try await base.operation(uuid) : try await base.cancelOperation(uuid)
  }

  func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
    if fault == .keepsNoAudit { return [] }
    var query = query
    if fault == .listsAuditWithoutEnd { query.until = nil }
    return try await base.audit(query)
  }

  func pruneAudit(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int {
    fault == .keepsAuditForEver ? 0 : try await base.pruneAudit(olderThan: age, limit: limit)
  }

  func failures(since: Instant, limit: Int) async throws(StoreError) -> FailureReport {
    var report = try await base.failures(since: since, limit: limit)
    guard fault == .forgetsPutRight else { return report }
    for index in report.groups.indices {
      report.groups[index].failedNow = report.groups[index].jobs
    }
    return report
  }

  // MARK: Gates

  func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer {
    let answer = try await base.apply(command)
    base.state.withLock { state in
      switch fault {
      case .forgetsPauses: state.gates = []
      case .neverFreesThePaused: state.gates.removeAll { $0.isOver(at: clock.now()) }
      default: break
      }
    }
    return answer
  }

  // MARK: Schedules

  func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    let answer = try await base.apply(command, toSchedule: name)
    if fault == .losesPauses { base.state.withLock { $0.schedules[name]?.pause = nil } }
    return answer
  }

  func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    var due = try await base.dueSchedules(limit: limit, except: except)
    if fault == .firesWhatIsNotDue, let next = due.nextAt {
      due.now = next
      due.schedules += try await base.schedules(ScheduleQuery()).filter { $0.nextAt == next }
        .map { ScheduleInUse(schedule: $0, unfinished: []) }
    }
    return due
  }

  func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    if fault == .winsEveryRace {
      base.state.withLock { state in
        for firing in firings where state.schedules[firing.schedule.name] != nil {
          state.schedules[firing.schedule.name]?.turn = firing.schedule.turn
        }
      }
    }
    let answers = try await base.fire(firings)
    if fault == .ignoresOverlap {
      base.state.withLock { state in
        for job in state.jobs.values where job.hold == .overlap {
          state.jobs[job.uuid] = job.holding(nil, at: clock.now())
        }
      }
    }
    return answers
  }

  func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord] {
    fault == .forgetsOccurrences ? [] : try await base.occurrences(of: schedule, query)
  }

  func leave(_ node: UUID) async throws(StoreError) {
    if fault == .spendsAttemptsOnLeaving { charge(node) }
    try await base.leave(node)
  }

  /// Makes what the node holds cost an attempt more.
  private func charge(_ node: UUID) {
    base.state.withLock { state in
      for job in state.jobs.values where job.node == node { state.jobs[job.uuid]?.attempts += 1 }
    }
  }

  func nodes() async throws(StoreError) -> [Node] {
    let now = clock.now()
    return try await base.nodes().filter {
      fault != .hidesExpiredNodes || $0.leaseExpiresAt > now
    }
  }

  func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    switch fault {
    case .rescuesTheLiving:
      let known = try await base.nodes().first { $0.uuid == node }
      return try await base.rescue(node, at: known?.beats ?? beats)
    case .rescuesForFree:
      base.state.withLock { state in
        for job in state.jobs.values where job.node == node {
          state.jobs[job.uuid]?.attempts -= 1
        }
      }
      return try await base.rescue(node, at: beats)
    default: return try await base.rescue(node, at: beats)
    }
  }

  func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    guard fault == .holdsEverything else { return try await base.holdUnresolved(limit: limit) }
    let (nodes, now) = (try await base.nodes(), clock.now())
    for node in nodes {
      var blank = node
      blank.catalogue = []
      try await base.join(blank, lease: node.leaseExpiresAt - now)
    }
    let count = try await base.holdUnresolved(limit: limit)
    base.state.withLock { state in for node in nodes { state.nodes[node.uuid] = node } }
    return count
  }

  func giveUpUnresolved(after timeout: Duration, limit: Int) async throws(StoreError) -> [Job] {
    try await base.giveUpUnresolved(
      after: fault == .givesUpAtOnce ? .zero : timeout, limit: limit)
  }

  func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    try await base.prune(
      olderThan: fault == .prunesTheYoung ? .zero : age, statuses: statuses, limit: limit)
  }

}

/// A second ahead of another clock.
private struct FastClock: SchedulerClock {
  let base: ManualClock

  func now() -> Instant { base.now() + .seconds(1) }
  func uptime() -> Duration { base.uptime() }

  func sleep(until deadline: Duration) async throws(CancellationError) {
    try await base.sleep(until: deadline)
  }
}
