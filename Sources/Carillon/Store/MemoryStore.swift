public import Foundation
import Synchronization

/// The reference store: everything in this process's memory, and gone with it.
///
/// Its code is the plainest reading of `JobStore`; where another store behaves differently, the
/// other is wrong. Fine for tests and trials, up to some ten thousand live jobs.
public final class MemoryStore: JobStore {
  struct State {
    var jobs: [UUID: Job] = [:]
    /// The order in which they were stored.
    var order: [UUID: Int64] = [:]
    /// Digest of what each job was made from.
    var contents: [UUID: Int64] = [:]
    var attempts: [UUID: [Int64: Attempt]] = [:]
    var nodes: [UUID: Node] = [:]
    var counts: [MinuteCount.Key: MinuteCount] = [:]
    var inserted: Int64 = 0
    /// By name.
    var schedules: [String: Schedule] = [:]
    var occurrences: [UUID: [Instant: OccurrenceRecord]] = [:]
    /// Jobs of schedules that have ended in the present change.
    var endedOfSchedules: [Job] = []
    var tokens: [TokenRecord] = []
    var gates: [GateRow] = []
    var sharedSecret: String?
    var operations: [UUID: JobOperation] = [:]
    /// By job, in the order in which they came.
    var effects: [UUID: [OperationEffect]] = [:]
    /// Oldest first.
    var audit: [AuditEntry] = []

    /// Behind all jobs for nil; before all for a job that isn't there.
    func place(of position: JobPosition?) -> Int64 {
      switch position {
      case nil: .max
      case .place(let place): place
      case .job(let uuid): order[uuid] ?? 0
      }
    }
  }

  let state = Mutex(State())
  let signals = WakeUps()
  let gateMemory = GateMemory()
  private let clock: any SchedulerClock

  public init(clock: any SchedulerClock = SystemClock()) {
    self.clock = clock
  }

  public var location: String { "memory:" }
  public func now() async throws(StoreError) -> Instant { clock.now() }
  public func wakeUps() -> AsyncStream<Void> { signals.stream() }

  /// Runs `body` alone. It must throw before it writes, if at all, so that a change is all or
  /// nothing without a copy of the state.
  func change<Answer: Sendable>(
    _ body: (inout State, Instant) throws(StoreError) -> Answer
  ) throws(StoreError) -> Answer {
    let result: Result<Answer, StoreError> = state.withLock { state in
      do throws(StoreError) {
        let now = clock.now()
        let answer = try body(&state, now)
        state.conclude(at: now)
        return .success(answer)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  func read<Answer: Sendable>(_ body: (State, Instant) -> Answer) -> Answer {
    state.withLock { body($0, clock.now()) }
  }

  // MARK: Scheduling and reading

  public func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    let jobs = try change { state, now throws(StoreError) in
      var new: [UUID: Int64] = [:]
      for request in requests {
        let content = request.contentDigest
        guard (state.contents[request.uuid] ?? new[request.uuid] ?? content) == content else {
          throw .conflict(uuid: request.uuid)
        }
        new[request.uuid] = content
      }
      var stored: [(job: Job, askedBy: AuditActor?)] = []
      let jobs = requests.map { request in
        if let existing = state.jobs[request.uuid] { return existing }
        let job = request.job(at: now)
        state.jobs[job.uuid] = job
        state.contents[job.uuid] = new[job.uuid]
        state.inserted += 1
        state.order[job.uuid] = state.inserted
        stored.append((job, request.askedBy))
        return job
      }
      state.audit += AuditNote.scheduling(stored, by: AuditActor.current, at: now)
      return jobs
    }
    signals.signal()
    return jobs
  }

  public func job(_ uuid: UUID) async throws(StoreError) -> Job? {
    read { state, _ in state.jobs[uuid] }
  }

  public func list(_ query: JobQuery) async throws(StoreError) -> JobList {
    read { state, _ in
      let filter = query.filter.naming(nodes: state.nodes.values.map { ($0.name, $0.uuid) })
      let end = state.place(of: query.after)
      let behind = state.jobs.values.map { (job: $0, place: state.order[$0.uuid] ?? 0) }
        .filter { $0.place < end }.sorted { $0.place > $1.place }
      let looked = behind.prefix(max(query.breadth, 1))
      var list = JobList()
      var last = looked.count < behind.count ? looked.last : nil
      var bytes = 0
      for row in looked where query.means(row.job, filter) {
        guard list.jobs.count < query.limit, bytes < query.mostBytes else {
          last = looked.last { $0.job.uuid == list.jobs.last?.uuid }
          break
        }
        list.jobs.append(row.job)
        bytes += row.job.weight
      }
      list.next = last.map { .init(.place($0.place), lookedBackTo: $0.job.insertedAt) }
      return list
    }
  }

  public func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    read { state, _ in
      var attempts = state.attempts[uuid] ?? [:]
      if let running = state.jobs[uuid].flatMap(Attempt.init(running:)),
        attempts[running.claim] == nil
      {
        attempts[running.claim] = running
      }
      return attempts.values.sorted { $0.claim < $1.claim }
    }
  }

  // MARK: Acting

  public func apply(
    _ command: JobCommand, to uuid: UUID
  ) async throws(StoreError) -> CommandAnswer {
    let answer = try change { state, now throws(StoreError) -> CommandAnswer in
      guard let job = state.jobs[uuid] else { return .refused(.notFound(uuid)) }
      do throws(JobRefusal) {
        let changed = try command.applied(to: job, at: now)
        state.note(.of(command, before: job, after: changed), at: now)
        guard let changed else {
          state.remove(uuid)
          return .done(job)
        }
        state.put(changed)
        return .done(changed)
      } catch {
        return .refused(error)
      }
    }
    signals.signal()
    return answer
  }

  public func cancelJobs(
    for resource: Resource, reason: String
  ) async throws(StoreError) -> [Job] {
    try change { state, now in
      let pending = state.jobs.values.filter {
        $0.resource == resource && $0.status == .pending
      }
      let jobs = pending.sorted { $0.uuid.precedes($1.uuid) }.compactMap { job -> Job? in
        guard let cancelled = try? job.applying(.cancel(reason: reason), at: now) else {
          return nil
        }
        state.put(cancelled)
        return cancelled
      }
      state.note(.cancelled(jobs, of: resource, reason: reason), at: now)
      return jobs
    }
  }
}

extension MemoryStore.State {
  /// Writes a job that is there.
  mutating func put(_ job: Job) {
    if job.scheduleUUID != nil, job.status.isFinal, jobs[job.uuid]?.status.isFinal == false {
      endedOfSchedules.append(job)
    }
    jobs[job.uuid] = job
  }

  mutating func remove(_ uuid: UUID) {
    if let job = jobs[uuid], job.scheduleUUID != nil, !job.status.isFinal {
      endedOfSchedules.append(job)
    }
    jobs[uuid] = nil
    contents[uuid] = nil
    order[uuid] = nil
    attempts[uuid] = nil
  }
}
