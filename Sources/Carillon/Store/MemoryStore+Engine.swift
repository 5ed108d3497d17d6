public import Foundation

extension MemoryStore {
  // MARK: The engine's turn

  public func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    let exchange = try change { state, now in
      var exchange = Exchange(now: now)
      exchange.answers = settlements.map { state.settle($0, at: now) }
      state.conclude(at: now)
      if let claim {
        exchange.nodeIsGone = state.nodes[node] == nil
        let closed = gateMemory.closed(state.gates, at: now)
        var isPartial = false
        if !exchange.nodeIsGone {
          isPartial = state.passGates(closed, claim, at: now)
          exchange.claimed = state.claim(
            claim.passing(closed), without: closed.queues, by: node, at: now)
        }
        exchange.nextDue =
          isPartial ? now : state.nextDue(after: now, in: claim.free, closed)
      }
      exchange.cancelRequests = state.inOrder { $0.node == node && $0.cancelRequestedAt != nil }
        .compactMap(\.fence)
      return exchange
    }
    if exchange.answers.contains(where: \.isPendingAgain) { signals.signal() }
    return exchange
  }

  public func claims(of node: UUID) async throws(StoreError) -> [Job] {
    read { state, _ in state.inOrder { $0.node == node } }
  }

  public func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    try change { state, _ in
      var lost: [Fence] = []
      for attempt in attempts {
        let fence = Fence(uuid: attempt.uuid, claim: attempt.claim, node: attempt.node)
        guard state.jobs[attempt.uuid]?.fence == fence else {
          lost.append(fence)
          continue
        }
        state.attempts[attempt.uuid, default: [:]][attempt.claim] = attempt
      }
      return lost
    }
  }

  // MARK: Nodes

  public func join(_ node: Node, lease: Duration) async throws(StoreError) {
    try change { state, now in
      var node = node
      node.leaseExpiresAt = now + lease
      state.nodes[node.uuid] = node
      let known = Set(node.catalogue.flatMap(\.keys))
      for job in state.jobs.values
      where job.hold == .unresolved && known.contains(job.handlerKey) {
        state.jobs[job.uuid] = job.holding(nil, at: now)
      }
    }
    signals.signal()
  }

  public func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    try change { state, now in
      guard var known = state.nodes[node] else { return .gone }
      known.leaseExpiresAt = now + lease
      known.beats += 1
      known.draining = draining
      state.nodes[node] = known
      return .renewed
    }
  }

  public func leave(_ node: UUID) async throws(StoreError) {
    try change { state, now in
      for job in state.inOrder({ $0.node == node }) { state.end(job, by: .release, at: now) }
      state.nodes[node] = nil
    }
    signals.signal()
  }

  public func nodes() async throws(StoreError) -> [Node] {
    read { state, _ in state.nodesInOrder }
  }

  public func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    let rescued = try change { state, now throws(StoreError) -> [Job]? in
      guard let known = state.nodes[node], known.beats == beats, known.leaseExpiresAt <= now else {
        return nil
      }
      let held = state.inOrder { $0.node == node }
      for job in held { state.end(job, by: Judgement.rescue(of: job), at: now) }
      state.nodes[node] = nil
      return held.compactMap { state.jobs[$0.uuid] }
    }
    signals.signal()
    return rescued
  }

  // MARK: Housekeeping

  public func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    try change { state, now in
      // Every registered node counts: one whose lease has run out may renew it, and a renewal frees
      // nothing. When it is rescued instead, the next look holds its jobs.
      let known = Set(state.nodes.values.flatMap(\.catalogue).flatMap(\.keys))
      let unknown = state.inOrder {
        $0.status == .pending && $0.hold == nil && $0.runAt <= now
          && !known.contains($0.handlerKey)
      }
      for job in unknown.prefix(limit) {
        state.jobs[job.uuid] = job.holding(.unresolved, at: now)
      }
      return min(unknown.count, limit)
    }
  }

  public func giveUpUnresolved(
    after timeout: Duration, limit: Int
  ) async throws(StoreError) -> [Job] {
    try change { state, now in
      guard state.nodes.values.contains(where: { $0.leaseExpiresAt > now && !$0.catalogue.isEmpty })
      else { return [] }
      let expired = state.inOrder {
        $0.hold == .unresolved && ($0.heldAt.map { now - $0 >= timeout } ?? false)
      }
      return expired.prefix(limit).compactMap { job in
        let change = Transition.giveUp(reason: Reason.handlerNotFound)
        guard let failed = try? job.applying(change, at: now) else { return nil }
        state.put(failed)
        return failed
      }
    }
  }

  public func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    try change { state, now in
      let old = state.inOrder { job in
        statuses.contains(job.status) && (job.finishedAt.map { $0 < now - age } ?? false)
      }
      for job in old.prefix(limit) { state.remove(job.uuid) }
      return min(old.count, limit)
    }
  }

  public func statistics(
    known: Set<HandlerKey>
  ) async throws(StoreError) -> StoreStatistics {
    read { state, now in
      var statistics = StoreStatistics(now: now)
      var queues: [String: StoreStatistics.Queue] = [:]
      var unresolved: [HandlerKey: (count: Int, since: Instant)] = [:]
      let resolvable = known.union(state.liveKeys(at: now))
      for job in state.jobs.values {
        statistics.jobs[job.status, default: 0] += 1
        guard !job.status.isFinal else { continue }
        var queue = queues[job.queue] ?? StoreStatistics.Queue(name: job.queue)
        if job.status == .processing { queue.processing += 1 }
        if job.status == .pending { queue.pending += 1 }
        if job.hold != nil { queue.held += 1 }
        if job.status == .pending, job.runAt <= now {
          if job.hold == nil {
            queue.oldestDueAt = min(queue.oldestDueAt ?? job.runAt, job.runAt)
          }
          if !resolvable.contains(job.handlerKey) {
            let entry = unresolved[job.handlerKey] ?? (0, job.runAt)
            unresolved[job.handlerKey] = (entry.count + 1, min(entry.since, job.runAt))
          }
        }
        queues[job.queue] = queue
      }
      statistics.queues = queues.values.sorted { $0.name < $1.name }
      statistics.unresolved = unresolved.sorted { $0.key < $1.key }.map {
        .init(key: $0.key, count: $0.value.count, dueSince: $0.value.since)
      }
      statistics.nodes = state.nodesInOrder
      statistics.note(Gates(state.gates))
      return statistics
    }
  }

  public func minuteCounts(
    from: Instant, to: Instant
  ) async throws(StoreError) -> [MinuteCount] {
    let minutes = from.microseconds / 60_000_000...max(from, to).microseconds / 60_000_000
    return read { state, _ in
      state.counts.values.filter { minutes.contains($0.key.minute) }
        .sorted { $0.key < $1.key }
    }
  }

  public func failures(
    since: Instant, limit: Int
  ) async throws(StoreError) -> FailureReport {
    read { state, _ in
      var failed: [FailedAttempt] = []
      var errors: [UUID: [Int64: String]] = [:]
      for attempt in state.attempts.values.flatMap(\.values) {
        guard let job = state.jobs[attempt.uuid], let fingerprint = attempt.fingerprint,
          let end = attempt.endedAt, end >= since
        else { continue }
        failed.append(
          FailedAttempt(
            uuid: attempt.uuid, claim: attempt.claim, handlerModule: job.handlerModule,
            jobType: job.jobType, status: job.status, fingerprint: fingerprint, endedAt: end))
        errors[attempt.uuid, default: [:]][attempt.claim] = attempt.error
      }
      failed.sort { one, other in
        guard one.endedAt == other.endedAt else { return one.endedAt > other.endedAt }
        return other.uuid == one.uuid
          ? one.claim > other.claim : other.uuid.precedes(one.uuid)
      }
      let newest = failed.prefix(FailureReport.mostAttempts + 1)
      return FailureTally(Array(newest), limit: limit).report(errors: errors)
    }
  }

  public func maintain() async throws(StoreError) {}

  public func diagnose() async throws(StoreError) -> [Finding] {
    let volatile = Finding(
      id: "memory.volatile", severity: .warning,
      message: "Jobs are kept in this process's memory and end with it.",
      advice: "Use --store sqlite:PATH to keep them.")
    return read { state, now in [volatile] + Finding.findings(of: Gates(state.gates), at: now) }
  }
}

extension MemoryStore.State {
  /// The jobs of which `condition` is true, by uuid: whatever picks among jobs must pick the same
  /// ones each time, and a dictionary has another order in every process.
  func inOrder(_ condition: (Job) -> Bool) -> [Job] {
    jobs.values.filter(condition).sorted { $0.uuid.precedes($1.uuid) }
  }

  fileprivate var nodesInOrder: [Node] {
    nodes.values.sorted { one, other in
      if one.startedAt != other.startedAt { return one.startedAt < other.startedAt }
      return one.uuid.precedes(other.uuid)
    }
  }

  fileprivate func liveKeys(at now: Instant) -> Set<HandlerKey> {
    Set(nodes.values.filter { $0.leaseExpiresAt > now }.flatMap(\.catalogue).flatMap(\.keys))
  }

  fileprivate mutating func settle(_ settlement: Settlement, at now: Instant) -> SettlementAnswer {
    let fence = settlement.fence
    let decision = settlement.decision(
      job: jobs[fence.uuid], recorded: { attempts[fence.uuid]?[fence.claim] }, at: now)
    switch decision {
    case .write(let job, let attempt):
      count(jobs[fence.uuid] ?? job, attempt, at: now)
      put(job)
      attempts[job.uuid, default: [:]][attempt.claim] = attempt
      return .applied(job)
    case .answer(let answer):
      return answer
    }
  }

  fileprivate mutating func claim(
    _ request: ClaimRequest, without closed: Set<String>, by node: UUID, at now: Instant
  ) -> [Job] {
    let due = min(now, request.dueBy ?? now)
    let ready = jobs.values.filter {
      $0.status == .pending && $0.hold == nil && $0.runAt <= due && !closed.contains($0.queue)
    }
    let ordered = ready.sorted { one, other in
      if one.priority != other.priority { return one.priority > other.priority }
      if one.runAt != other.runAt { return one.runAt < other.runAt }
      return one.uuid.precedes(other.uuid)
    }
    var selection = ClaimSelection(request)
    var claimed: [Job] = []
    walk: for job in ordered where !selection.isFull {
      switch selection.consider(job) {
      case .take:
        guard let taken = try? job.applying(.claim(node: node), at: now) else { continue }
        jobs[taken.uuid] = taken
        claimed.append(taken)
      case .skip: continue
      case .stop: break walk
      }
    }
    return claimed
  }

  fileprivate func nextDue(
    after now: Instant, in queues: QueueLimits, _ closed: ClosedScopes
  ) -> Instant? {
    let first = jobs.values.lazy
      .filter { $0.status == .pending && $0.hold == nil && $0.runAt > now }
      .filter { queues.contains($0.queue) && !closed.queues.contains($0.queue) }
      .map(\.runAt).min()
    return [first, closed.opensAt].compactMap(\.self).min()
  }

  /// Ends a claim from outside, with its attempt's record.
  fileprivate mutating func end(_ job: Job, by transition: Transition, at now: Instant) {
    let transition = transition.honouring(cancelRequestOf: job)
    guard let changed = try? job.applying(transition, at: now) else { return }
    put(changed)
    guard let running = attempts[job.uuid]?[job.claim] ?? Attempt(running: job) else { return }
    let ended = running.ended(by: transition, at: now)
    attempts[job.uuid, default: [:]][job.claim] = ended
    count(job, ended, at: now)
  }

  private mutating func count(_ job: Job, _ attempt: Attempt, at now: Instant) {
    guard let outcome = attempt.outcome else { return }
    let addition = MinuteCount(of: job, attempt: attempt, outcome: outcome, at: now)
    counts[addition.key, default: MinuteCount(key: addition.key)].add(addition)
  }
}
