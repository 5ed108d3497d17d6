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
      let (exchange, isWorthAClaim) = try await read("look for due jobs") { database, now in
        try Ledger(database: database, now: now).look(claim, by: node)
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
      return try await write("settle and claim jobs") { ledger in
        try ledger.exchange(settlements, claim, node, oneByOne: false)
      }
    } catch .failed where !settlements.isEmpty {
      // One row may have spoiled the batch; each gets a savepoint of its own.
      return try await write("settle and claim jobs") { ledger in
        try ledger.exchange(settlements, claim, node, oneByOne: true)
      }
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
  fileprivate func look(_ claim: ClaimRequest?, by node: UUID) throws -> (Exchange, Bool) {
    var exchange = Exchange(now: now)
    exchange.cancelRequests = try cancelRequests(of: node)
    guard let claim else { return (exchange, false) }
    guard try isRegistered(node) else {
      exchange.nodeIsGone = true
      return (exchange, false)
    }
    let ready = try ReadyJobs(claim.free, in: database)
    let found = try ready.take(claim, at: now)
    exchange.nextDue = try ready.next(after: now)
    return (exchange, !found.jobs.isEmpty || !found.corrupt.isEmpty)
  }

  fileprivate mutating func exchange(
    _ settlements: [Settlement], _ claim: ClaimRequest?, _ node: UUID, oneByOne: Bool
  ) throws -> Exchange {
    var exchange = Exchange(now: now)
    for settlement in settlements {
      exchange.answers.append(
        oneByOne ? try settleAlone(settlement) : try settle(settlement))
    }
    exchange.cancelRequests = try cancelRequests(of: node)
    guard let claim else { return exchange }
    guard try isRegistered(node) else {
      exchange.nodeIsGone = true
      return exchange
    }
    let ready = try ReadyJobs(claim.free, in: database)
    let found = try ready.take(claim, at: now)
    for seq in found.corrupt { try holdCorrupt(seq) }
    for stored in found.jobs {
      let job = try stored.job.applying(.claim(node: node), at: now)
      try update(stored, to: job)
      exchange.claimed.append(job)
    }
    exchange.nextDue = try ready.next(after: now)
    return exchange
  }

  private mutating func settle(_ settlement: Settlement) throws -> SettlementAnswer {
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

  /// Settles within a savepoint, so that a row that can't be written leaves the others.
  private mutating func settleAlone(_ settlement: Settlement) throws -> SettlementAnswer {
    let before = self
    var answer = SettlementAnswer.lost
    var after = self
    do {
      try database.inSavepoint {
        answer = try after.settle(settlement)
        return .commit
      }
      self = after
      return answer
    } catch let error as DatabaseError where error.isAboutTheRow {
      self = before
      return .refused(error.message ?? "\(error.resultCode)")
    } catch let error as JobRow.Corrupt {
      self = before
      return .refused("\(error)")
    }
  }

  func isRegistered(_ node: UUID) throws -> Bool {
    try SQL(database, "SELECT 1 FROM carillon_nodes WHERE uuid = ?", node).step()
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

  /// Takes a damaged row out of the way of others; `doctor` shows it.
  private func holdCorrupt(_ seq: Int64) throws {
    try SQL(
      database,
      "UPDATE carillon_jobs SET hold = ?, held_at = ?, updated_at = ? WHERE seq = ?",
      Hold.corrupt.rawValue, now, now, seq
    ).run()
  }
}

extension DatabaseError {
  /// Whether the fault lies in what was to be written, not in the store.
  fileprivate var isAboutTheRow: Bool {
    switch resultCode.primaryResultCode {
    case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE: true
    default: false
    }
  }
}
