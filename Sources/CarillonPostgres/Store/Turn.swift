import Carillon
import Foundation
import Synchronization

/// One exchange within its transaction: what has ended is written, then what is due is taken.
///
/// The usual end is written unread: on condition that its row is as it was claimed, a thousand with
/// one statement. Ends whose rows have changed are settled from the row, as `Settlement.decision`
/// says.
final class Turn {
  let ledger: Ledger
  private let store: PostgresStore
  private let settlements: [Settlement]
  private let node: UUID
  private var known: [SettlementAnswer?]
  /// Candidates that came with an earlier round trip.
  private var prefetched: Prefetched?

  struct Prefetched {
    let take: ReadyJobs.Take
    let rows: Rows
  }

  init(
    _ ledger: Ledger, _ settlements: [Settlement], node: UUID, store: PostgresStore,
    prefetched: Prefetched?
  ) {
    self.prefetched = prefetched
    self.ledger = ledger
    self.settlements = settlements
    self.node = node
    self.store = store
    known = Array(repeating: nil, count: settlements.count)
  }

  /// Whether jobs have come that were not looked at after all.
  var hasGuessedInVain: Bool { prefetched?.rows.first != nil }

  /// One for each settlement, in order.
  var answers: [SettlementAnswer] { known.map { $0 ?? .lost } }

  // MARK: Settling

  /// Writes every end that can be written.
  nonisolated(nonsending) func settle(
    ready: inout ReadyJobs?, _ claim: ClaimRequest?
  ) async throws {
    var unread: [UnreadEnd] = []
    var read: [Int] = []
    var repeated: [Int] = []
    var seen: Set<UUID> = []
    for (index, settlement) in settlements.enumerated() {
      if !seen.insert(settlement.fence.uuid).inserted {
        repeated.append(index)
      } else if !ledger.oneByOne, let end = UnreadEnd(settlement, index, at: ledger.now) {
        unread.append(end)
        ready?.note(end.job, at: store.uptime)
      } else {
        read.append(index)
      }
    }
    var statements = try UnreadEnd.statements(unread, ledger.sql)
    let ends = statements.count
    var next: ReadyJobs.Take?
    if ends > 0, read.isEmpty, repeated.isEmpty, let claim, let ready,
      let first = ready.priorities.first
    {
      next = ready.take(
        priority: first, claim, ClaimSelection(claim), more: store.untouchable.withLock(\.count))
    }
    if let next { statements.append(try next.statement(at: ledger.now, ledger.sql)) }
    if !statements.isEmpty {
      let rows = try await ledger.run(statements)
      read += try note(unread, rows.prefix(ends))
      if let next, let last = rows.last, read.isEmpty {
        prefetched = Prefetched(take: next, rows: last)
      }
    }
    try await settleRead(read, &ready)
    for index in repeated { try await settleRead([index], &ready) }
    // Before the claim, which can then take what has its turn now.
    try await ledger.concludeSchedules()
  }

  /// Takes in which of the unread ends were written; answers with the others.
  private func note(
    _ unread: [UnreadEnd], _ rows: ArraySlice<Rows>
  ) throws(PostgresError) -> [Int] {
    var written: Set<UUID> = []
    for rows in rows { for row in rows { written.insert(try row.uuid(0)) } }
    var missed: [Int] = []
    for end in unread {
      guard written.contains(end.job.uuid) else {
        missed.append(end.index)
        continue
      }
      ledger.changes.move(end.claimed, to: end.job)
      ledger.changes.end(end.attempt, of: end.claimed, at: ledger.now)
      known[end.index] = .applied(end.job)
    }
    return missed
  }

  /// Settles from the rows as they are, and writes at once, for what follows is to see it.
  private nonisolated(nonsending) func settleRead(
    _ indices: [Int], _ ready: inout ReadyJobs?
  ) async throws {
    guard !indices.isEmpty else { return }
    // Attempts that were written unread may be asked for.
    try await flush()
    let fences = indices.map { settlements[$0].fence }
    let locked = try await ledger.run(ledger.locking(fences.map(\.uuid)))
    var jobs: [UUID: Job] = [:]
    var damaged: [UUID: String] = [:]
    for row in locked {
      switch try JobRow.read(row) {
      case .success(let stored): jobs[stored.job.uuid] = stored.job
      case .failure(let damage): damaged[damage.uuid] = damage.description
      }
    }
    let doubtful = fences.filter { jobs[$0.uuid]?.fence != $0 }
    let attempts = try await ledger.attempts(of: doubtful.map { ($0.uuid, $0.claim) })
    for index in indices {
      let settlement = settlements[index]
      let uuid = settlement.fence.uuid
      if let why = damaged[uuid] {
        known[index] = .refused(why)
        continue
      }
      let decision = settlement.decision(
        job: jobs[uuid], recorded: { attempts[uuid] }, at: ledger.now)
      switch decision {
      case .answer(let answer): known[index] = answer
      case .write(let job, let attempt):
        guard let old = jobs[uuid] else { continue }
        known[index] = try await write(job, attempt, of: old)
        if case .applied = known[index] { ready?.note(job, at: store.uptime) }
      }
    }
    try await flush()
  }

  private nonisolated(nonsending) func flush() async throws(PostgresError) {
    let rows = try ledger.changes.takeRows(ledger.sql)
    if !rows.isEmpty { _ = try await ledger.run(rows) }
  }

  private nonisolated(nonsending) func write(
    _ job: Job, _ attempt: Attempt, of old: Job
  ) async throws -> SettlementAnswer {
    let now = ledger.now
    do throws(RowFault) {
      try await ledger.alone { (changes) throws(RowFault) in
        changes.change(old, to: job)
        changes.end(attempt, of: old, at: now)
      }
      return .applied(job)
    } catch {
      if let other = error.other { throw other }
      return .refused(error.why)
    }
  }

  // MARK: Claiming

  /// Takes what the request has room for.
  nonisolated(nonsending) func claim(
    _ request: ClaimRequest, from ready: ReadyJobs
  ) async throws -> [Job] {
    while true {
      let candidates = try await candidates(request, from: ready)
      let (now, node) = (ledger.now, node)
      var claimed: [Job] = []
      for stored in candidates {
        do throws(RowFault) {
          claimed.append(
            try await ledger.alone { (changes) throws(RowFault) in
              do throws(IllegalTransition) {
                let job = try stored.job.applying(.claim(node: node), at: now)
                changes.change(stored.job, to: job)
                return job
              } catch {
                throw RowFault(why: error.description)
              }
            })
        } catch {
          if let other = error.other { throw other }
          try await putAside([stored.job.uuid])
        }
      }
      // Rows that can't be written are out of the way, and others may take their places.
      if !claimed.isEmpty || candidates.isEmpty { return claimed }
    }
  }

  private nonisolated(nonsending) func candidates(
    _ request: ClaimRequest, from ready: ReadyJobs
  ) async throws -> [JobRow.Stored] {
    var selection = ClaimSelection(request)
    var taken: [JobRow.Stored] = []
    for priority in ready.priorities where !selection.isFull {
      let found = try await due(priority, request, selection, from: ready)
      for candidate in found where !selection.isFull {
        switch selection.consider(candidate.job) {
        case .take: taken.append(candidate)
        case .skip: continue
        case .stop: return taken
        }
      }
    }
    return taken
  }

  /// Locks due jobs of one priority. Rows that can't be read are put aside, and others looked for.
  private nonisolated(nonsending) func due(
    _ priority: Int, _ request: ClaimRequest, _ selection: ClaimSelection, from ready: ReadyJobs
  ) async throws -> [JobRow.Stored] {
    while true {
      let rows: [Rows]
      let aside = store.untouchable.withLock { $0 }
      let take = ready.take(priority: priority, request, selection, more: aside.count)
      let takeFlooded = try ready.takeFlooded(priority: priority, selection)
      if let prefetched, prefetched.take == take, takeFlooded == nil {
        rows = [prefetched.rows]
        self.prefetched = nil
      } else {
        let takes = [try take?.statement(at: ledger.now, ledger.sql), takeFlooded]
          .compactMap(\.self)
        guard !takes.isEmpty else { return [] }
        rows = try await ledger.run(takes)
      }
      let (jobs, corrupt) = try ReadyJobs.sorted(rows)
      let new = corrupt.filter { !aside.contains($0) }
      if new.isEmpty { return jobs.filter { !aside.contains($0.job.uuid) } }
      try await putAside(new)
    }
  }

  /// Holds damaged rows; where a constraint forbids even that, this process steps over them.
  private nonisolated(nonsending) func putAside(_ uuids: [UUID]) async throws {
    if try await ledger.holdCorrupt(uuids) { return }
    for uuid in uuids where try await !ledger.holdCorrupt([uuid]) {
      store.setAside(uuid)
    }
  }
}

/// An end that may be written without reading its row again.
private struct UnreadEnd {
  let index: Int
  let claimed: Job
  let job: Job
  let attempt: Attempt

  /// Nil if the row has to be read.
  init?(_ settlement: Settlement, _ index: Int, at now: Instant) {
    guard let claimed = settlement.claimed,
      case .write(let job, let attempt) = settlement.decision(
        job: claimed, recorded: { nil }, at: now)
    else { return nil }
    (self.index, self.claimed, self.job, self.attempt) = (index, claimed, job, attempt)
  }

  static func statements(
    _ ends: [UnreadEnd], _ sql: SQL
  ) throws(PostgresError) -> [PostgresStatement] {
    var steps: [(Job, Job)] = []
    var others: [(Job, Job)] = []
    for end in ends {
      if JobRow.isStep(from: end.claimed, to: end.job) {
        steps.append((end.claimed, end.job))
      } else {
        others.append((end.claimed, end.job))
      }
    }
    var statements: [PostgresStatement] = []
    if !steps.isEmpty { statements.append(try UnreadBatch(steps).step(sql.stepUnread)) }
    if !others.isEmpty { statements.append(try UnreadBatch(others).change(sql.changeUnread)) }
    return statements
  }
}
