public import Carillon
public import Foundation
import GRDB

extension SQLiteStore {
  // MARK: The engine's turn

  public func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    if settlements.isEmpty {
      // Look before locking: an idle node's turn must not make other processes wait.
      let (exchange, isWorthAClaim) = try await read("look for due jobs") {
        [gateMemory] database, now in
        try Ledger(database: database, now: now).look(claim, by: node, gateMemory)
      }
      if !isWorthAClaim { return exchange }
    }
    let exchange = try await settleAndClaim(settlements, claim, node)
    if exchange.answers.contains(where: \.isPendingAgain) { signals.signal() }
    return exchange
  }

  private func settleAndClaim(
    _ settlements: [Settlement], _ claim: ClaimRequest?, _ node: UUID
  ) async throws(StoreError) -> Exchange {
    do {
      do {
        return try await transact { [gateMemory] ledger in
          try ledger.exchange(settlements, claim, node, gateMemory, oneByOne: false)
        }
      } catch  where RowFault(error) != nil {
        // One row has spoiled the batch; each gets a savepoint of its own.
        return try await transact { [gateMemory] ledger in
          try ledger.exchange(settlements, claim, node, gateMemory, oneByOne: true)
        }
      }
    } catch {
      throw StoreError(error, operation: "settle and claim jobs", location: location)
    }
  }

  public func claims(of node: UUID) async throws(StoreError) -> [Job] {
    try await read("read the claims of node \(node.text)") { database, now in
      try Ledger(database: database, now: now).held(by: node).map(\.job)
    }
  }

  public func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    try await write("keep progress") { ledger in
      try attempts.compactMap { attempt in
        let fence = Fence(uuid: attempt.uuid, claim: attempt.claim, node: attempt.node)
        guard try ledger.stored(attempt.uuid)?.job.fence == fence else { return fence }
        try ledger.keep(attempt)
        return nil
      }
    }
  }
}

extension Ledger {
  /// What an exchange without settlements would answer, and whether there is anything to claim.
  fileprivate func look(
    _ claim: ClaimRequest?, by node: UUID, _ memory: GateMemory
  ) throws -> (Exchange, Bool) {
    var exchange = Exchange(now: now)
    exchange.cancelRequests = try cancelRequests(of: node)
    guard let claim else { return (exchange, false) }
    let standing = try standing(of: node)
    guard standing.isRegistered else {
      exchange.nodeIsGone = true
      return (exchange, false)
    }
    let closed = standing.hasGates ? try closedScopes(memory) : .none
    let ready = try ReadyJobs(claim.free, without: closed.queues, in: database)
    let found = try ready.take(claim, closed, at: now)
    exchange.nextDue = [try ready.next(after: now), closed.opensAt].compactMap(\.self).min()
    let isWorthAClaim = try !found.isEmpty || closed.areOver || !openKeys(closed, claim).isEmpty
    return (exchange, isWorthAClaim)
  }

  fileprivate mutating func exchange(
    _ settlements: [Settlement], _ claim: ClaimRequest?, _ node: UUID, _ memory: GateMemory,
    oneByOne: Bool
  ) throws -> Exchange {
    var exchange = Exchange(now: now)
    for settlement in settlements {
      exchange.answers.append(
        oneByOne ? try settleAlone(settlement) : try settle(settlement))
    }
    // Before the claim, which can then take what has its turn now.
    try concludeSchedules()
    exchange.cancelRequests = try cancelRequests(of: node)
    guard let claim else { return exchange }
    let standing = try standing(of: node)
    guard standing.isRegistered else {
      exchange.nodeIsGone = true
      return exchange
    }
    let closed = standing.hasGates ? try closedScopes(memory) : .none
    var isPartial =
      standing.hasGates ? try freePaused(closed, claim, oneByOne: oneByOne) : false
    let ready = try ReadyJobs(claim.free, without: closed.queues, in: database)
    var found = try ready.take(claim, closed, at: now)
    isPartial = isPartial || found.isPartial
    for seq in found.corrupt { try holdCorrupt(seq) }
    for seq in found.met { try hold(.paused, seq, alone: oneByOne) }
    if oneByOne {
      // Rows that can't be written are held, and others may take their places.
      repeat {
        exchange.claimed = try each(found.jobs) { try $0.take($1, by: node) }
        if exchange.claimed.isEmpty, !found.jobs.isEmpty {
          found = try ready.take(claim, closed, at: now)
        }
      } while exchange.claimed.isEmpty && !found.jobs.isEmpty
    } else {
      for stored in found.jobs { exchange.claimed.append(try take(stored, by: node)) }
    }
    if !claim.isFilled(by: exchange.claimed.count) {
      exchange.nextDue =
        isPartial
        ? now : [try ready.next(after: now), closed.opensAt].compactMap(\.self).min()
    }
    return exchange
  }

  private mutating func take(_ stored: JobRow.Stored, by node: UUID) throws -> Job {
    let job = try stored.job.applying(.claim(node: node), at: now)
    try update(stored, to: job)
    return job
  }

  private mutating func settle(_ settlement: Settlement) throws -> SettlementAnswer {
    if let answer = try settleUnread(settlement) { return answer }
    let fence = settlement.fence
    let stored = try stored(fence.uuid)
    let decision = try settlement.decision(
      job: stored?.job, recorded: { try attempt(fence.uuid, fence.claim) }, at: now)
    switch decision {
    case .write(let job, let attempt):
      guard let stored else { return .lost }
      try update(stored, to: job)
      try end(attempt, of: stored.job)
      return .applied(job)
    case .answer(let answer):
      return answer
    }
  }

  /// The usual end, of a job that nobody has touched since its claim; nil when the row has to be read.
  private mutating func settleUnread(_ settlement: Settlement) throws -> SettlementAnswer? {
    guard let claimed = settlement.claimed,
      case .write(let job, let attempt) = settlement.decision(
        job: claimed, recorded: { nil }, at: now),
      try update(unread: claimed, to: job)
    else { return nil }
    try end(attempt, of: claimed)
    return .applied(job)
  }

  /// Settles within a savepoint, so that a row that can't be written leaves the others.
  private mutating func settleAlone(_ settlement: Settlement) throws -> SettlementAnswer {
    switch try alone({ try $0.settle(settlement) }) {
    case .success(let answer): answer
    case .failure(let fault): .refused(fault.why)
    }
  }

  /// The readable jobs that a node holds.
  func held(by node: UUID) throws -> [JobRow.Stored] {
    try all("status = 'processing' AND node = ? ORDER BY uuid", [node])
  }

  private func cancelRequests(of node: UUID) throws -> [Fence] {
    let rows = try SQL(
      database,
      """
      SELECT uuid, claim FROM carillon_jobs INDEXED BY carillon_jobs_cancel_requested
      WHERE status = 'processing' AND cancel_requested_at IS NOT NULL AND node = ?
      """,
      node)
    var fences: [Fence] = []
    while try rows.step() {
      if let uuid = rows.uuid(0) {
        fences.append(Fence(uuid: uuid, claim: rows.int64(1), node: node))
      }
    }
    return fences
  }
}
