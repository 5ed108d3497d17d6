public import Carillon
public import Foundation
import Synchronization

extension PostgresStore {
  // MARK: The engine's turn

  public func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    let hasNews = claim != nil && news.take()
    if settlements.isEmpty, !hasNews {
      // Look before locking: an idle node's turn writes nothing.
      let (exchange, isWorthAClaim) = try await look(claim, by: node)
      if !isWorthAClaim { return exchange }
    }
    let look = frontier.withLock { $0.look(for: claim, at: uptime, isExact: false) }
    var exchange = try await settleAndClaim(settlements, claim, node, look) {
      () async throws(StoreError) in
      try await self.settleUnlocked(settlements, claim, node, look)
    }
    let again = exchange.answers.compactMap { answer -> Job? in
      guard case .applied(let job) = answer, job.status == .pending else { return nil }
      return job
    }
    if !again.isEmpty { changed(ready: again, at: exchange.now) }
    // A sweep ends when nothing is left. If this fails, what has ended is told again, and known then.
    if let claim, claim.dueBy != nil, look.known != nil, exchange.claimed.isEmpty {
      let exact = frontier.withLock { $0.look(for: claim, at: uptime, isExact: true) }
      let rest = try await settleAndClaim([], claim, node, exact)
      exchange.claimed = rest.claimed
      exchange.nextDue = rest.nextDue
      exchange.nodeIsGone = rest.nodeIsGone
    }
    return exchange
  }

  /// The same, but for ends whose rows somebody else has locked: one open transaction must not keep a
  /// node from all its work.
  private func settleUnlocked(
    _ settlements: [Settlement], _ claim: ClaimRequest?, _ node: UUID, _ look: Frontier.Look
  ) async throws(StoreError) -> Exchange {
    let locked = try await locked(settlements.map(\.fence.uuid))
    let isFree = settlements.map { !locked.contains($0.fence.uuid) }
    let free = zip(settlements, isFree).filter(\.1).map(\.0)
    var exchange = try await settleAndClaim(free, claim, node, look)
    var answers = exchange.answers.makeIterator()
    exchange.answers = isFree.map { $0 ? answers.next() ?? .lost : .busy }
    return exchange
  }

  /// Those of the jobs that somebody else has locked at this moment.
  private func locked(_ uuids: [UUID]) async throws(StoreError) -> Set<UUID> {
    let operation = "look for locked jobs"
    let statements = [
      try statement(operation, "SELECT uuid FROM \(sql.jobs) WHERE uuid = ANY ($1)", uuids),
      try statement(
        operation,
        "SELECT uuid FROM \(sql.jobs) WHERE uuid = ANY ($1) ORDER BY uuid FOR UPDATE SKIP LOCKED",
        uuids),
    ]
    return try await transact(operation, statements: statements) { ledger, opening in
      var locked: Set<UUID> = []
      for row in opening.rows[0] { locked.insert(try row.uuid(0)) }
      for row in opening.rows[1] { locked.remove(try row.uuid(0)) }
      try await ledger.commit()
      return locked
    }
  }

  private func settleAndClaim(
    _ settlements: [Settlement], _ claim: ClaimRequest?, _ node: UUID, _ look: Frontier.Look,
    whenLocked: (() async throws(StoreError) -> Exchange)? = nil
  ) async throws(StoreError) -> Exchange {
    let operation = "settle and claim jobs"
    var before: [PostgresStatement] = []
    var statements: [PostgresStatement] = []
    var guess: ReadyJobs.Take?
    if let claim {
      // Until the end of this transaction nobody takes the node off and looks for what it holds, and
      // nobody closes a gate.
      before = [
        try statement(
          operation, Node.sharedLocks, schema.lock(node.text), schema.lock("gates"))
      ]
      do throws(PostgresError) {
        if look.known == nil { statements = [try ReadyJobs.levels(of: claim.free, sql)] }
        if settlements.isEmpty { guess = guessedTake(claim, look.known) }
        if let guess { statements.append(try guess.statement(at: clock?.now(), sql)) }
      } catch {
        throw StoreError(error, operation: operation)
      }
    }
    return try await transact(
      operation, node: node, before: before, statements: statements, whenLocked: whenLocked
    ) { [guess] ledger, opening in
      var prefetched: Turn.Prefetched?
      if let guess, opening.gates == nil, let rows = opening.rows.last {
        prefetched = Turn.Prefetched(take: guess, rows: rows)
      }
      let turn = Turn(ledger, settlements, node: node, store: self, prefetched: prefetched)
      var exchange = Exchange(now: ledger.now)
      var ready: ReadyJobs?
      var isPartial = false
      let closed = try gateMemory.closed(opening.gates, at: ledger.now)
      if let claim {
        exchange.nodeIsGone = !opening.isRegistered
        if opening.isRegistered, !isNewer(opening.schemaVersion) {
          ready = try await readyJobs(claim, look, closed, opening, ledger)
        }
      }
      try await turn.settle(ready: &ready, opening.gates == nil ? claim : nil)
      if let claim, var open = ready {
        if opening.gates != nil { isPartial = try await turn.passGates(closed, claim, &open) }
        exchange.claimed = try await turn.claim(claim.passing(closed), from: open)
        remember(exchange.claimed)
        ready = open
      }
      exchange.answers = turn.answers
      var last = [try PostgresStatement(sql.cancelRequests, node)]
      if let claim, let ready, !claim.isFilled(by: exchange.claimed.count) {
        last.append(try ready.next(after: ledger.now))
      }
      let asksForTheRest = look.asksForTheRest && opening.gates == nil
      if asksForTheRest, let claim, let ready {
        last.append(try ready.left(claim, at: ledger.now))
      }
      var rows = try await ledger.commit(last)
      if asksForTheRest, let claim, let ready {
        let left = try ready.left(rows.removeLast(), claim, at: ledger.now)
        let uptime = uptime
        let now = ledger.now
        frontier.withLock {
          $0.left(left, for: claim.keys, asOf: now, by: look, at: uptime)
        }
      }
      // Who looked meanwhile has stepped over the jobs that were locked and not taken.
      if turn.hasGuessedInVain, !exchange.claimed.isEmpty { tell() }
      exchange.cancelRequests = try PostgresStore.fences(rows[0], of: node)
      if rows.count > 1 {
        let first = try rows[1].first?.optionalInstant(0)
        exchange.nextDue =
          isPartial ? ledger.now : [first, closed.opensAt].compactMap(\.self).min()
      }
      return exchange
    }
  }

  /// What a claim will most likely take, so that its first round trip brings it.
  private func guessedTake(_ claim: ClaimRequest, _ known: Frontier.Known?) -> ReadyJobs.Take? {
    guard let level = lastLevel.withLock({ $0 }) else { return nil }
    return .guess(level, claim, more: untouchable.withLock(\.count), known: known)
  }

  /// The levels that a claim is to look at, and where to begin on them.
  private nonisolated(nonsending) func readyJobs(
    _ claim: ClaimRequest, _ look: Frontier.Look, _ closed: ClosedScopes, _ opening: Opening,
    _ ledger: Ledger
  ) async throws(PostgresError) -> ReadyJobs {
    if let known = look.known, opening.gates == nil {
      return ReadyJobs(claim.free, known: known, sql)
    }
    let rows =
      look.known == nil
      ? opening.rows[0] : try await ledger.run(ReadyJobs.levels(of: claim.free, sql))
    let (found, cost) = try ReadyJobs.levels(rows)
    frontier.withLock {
      if opening.gates == nil {
        $0.found(found, by: look, cost: cost)
      } else {
        $0.metGates(cost: cost)
      }
    }
    return ReadyJobs(claim.free, without: closed.queues, found, sql)
  }

  private func remember(_ claimed: [Job]) {
    guard let job = claimed.last else { return }
    lastLevel.withLock { $0 = ReadyJobs.Level(queue: job.queue, priority: job.priority) }
  }

  /// What an exchange without settlements would answer, and whether there is anything to claim.
  private func look(
    _ claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> (Exchange, Bool) {
    // The question leaves closed queues out, so it needs to know them: as far as is known here, and
    // once more if the answer brings other ones.
    var known = gateMemory.lastClosed(at: clock?.now() ?? SystemClock().now())
    for _ in 0..<2 {
      let look = try await look(claim, by: node, without: known)
      guard claim != nil, look.closed.queues != known.queues || look.closed.mayHold != known.mayHold
      else { return (look.exchange, look.isWorthAClaim) }
      known = look.closed
    }
    let look = try await look(claim, by: node, without: known)
    return (look.exchange, !look.exchange.nodeIsGone)
  }

  private struct Look {
    var exchange: Exchange
    var isWorthAClaim = false
    var closed = ClosedScopes.none
  }

  private func look(
    _ claim: ClaimRequest?, by node: UUID, without known: ClosedScopes
  ) async throws(StoreError) -> Look {
    let operation = "look for due jobs"
    var statements = [try statement(operation, sql.cancelRequests, node)]
    let begin = frontier.withLock {
      $0.look(for: claim, at: uptime, isExact: claim?.dueBy != nil || known != .none)
    }
    do throws(PostgresError) {
      if let claim {
        statements.append(try looking(claim, without: known.queues, known: begin.known))
      }
      if known.mayHold { statements.append(try PostgresStatement(sql.pausedKeys)) }
    } catch {
      throw StoreError(error, operation: operation)
    }
    return try await read(operation, node: node, statements) { now, opening in
      var look = Look(exchange: Exchange(now: now))
      look.exchange.cancelRequests = try PostgresStore.fences(opening.rows[0], of: node)
      guard let claim else { return look }
      guard !isNewer(opening.schemaVersion) else {
        throw newerSchema("schema \(opening.schemaVersion)")
      }
      guard opening.isRegistered, let row = opening.rows[1].first else {
        look.exchange.nodeIsGone = true
        return look
      }
      look.closed = try gateMemory.closed(opening.gates, at: now)
      look.exchange.nextDue = [try row.optionalInstant(0), look.closed.opensAt]
        .compactMap(\.self).min()
      let held = known.mayHold ? try HandlerKey.read(opening.rows[2]) : []
      look.isWorthAClaim =
        try row.bool(1) || look.closed.areOver
        || held.contains { claim.frees($0, look.closed) }
      if opening.gates == nil, known == .none {
        let isDue = try row.bool(1)
        let (uptime, cost) = (uptime, Duration.microseconds(try row.int64(2)))
        let found = begin.known == nil ? try ReadyJobs.levels(json: row.optionalText(3)) : []
        frontier.withLock { frontier in
          if begin.known == nil { frontier.found(found, by: begin, cost: isDue ? nil : cost) }
          guard begin.asksForTheRest, !isDue else { return }
          frontier.nothingDue(
            at: min(now, claim.dueBy ?? now), claim, by: begin, now: uptime)
        }
      }
      return look
    }
  }

  /// Asks when the next ready job is due, and whether one is that this claim could take.
  private func looking(
    _ claim: ClaimRequest, without closed: Set<String>, known: Frontier.Known?
  ) throws(PostgresError) -> PostgresStatement {
    let keys = claim.keys.map(\.joined).sorted()
    if let known {
      let levels = Array(known.levels(of: claim.free))
      let starts = levels.map { known.start($0, claim.keys) }
      let room = ClaimSelection(claim)
      return try PostgresStatement(
        sql.lookingAtKnown, levels.map(\.queue), levels.map(\.priority),
        starts.map { $0?.runAt }, starts.map { $0?.uuid }, clock?.now(), claim.dueBy, keys,
        Set(levels.map(\.queue)).filter { room.room(in: $0) > 0 }.sorted())
    }
    switch claim.free {
    case .all(let room):
      return try PostgresStatement(
        sql.looking(all: true), clock?.now(), claim.dueBy, keys, room > 0, closed.sorted())
    case .each(let all):
      let counts = all.filter { !closed.contains($0.key) }
      return try PostgresStatement(
        sql.looking(all: false), counts.keys.sorted(), clock?.now(), claim.dueBy, keys,
        counts.filter { $0.value > 0 }.keys.sorted())
    }
  }

  private static func fences(_ rows: Rows, of node: UUID) throws(PostgresError) -> [Fence] {
    var fences: [Fence] = []
    for row in rows {
      fences.append(Fence(uuid: try row.uuid(0), claim: try row.int64(1), node: node))
    }
    return fences
  }

  /// Whether a newer program has changed the tables while this one ran. What this one holds it still
  /// settles; it claims nothing more.
  private func isNewer(_ version: String) -> Bool {
    Int(version).map { $0 > Schema.version } ?? true
  }

  public func claims(of node: UUID) async throws(StoreError) -> [Job] {
    let operation = "read the claims of node \(node.text)"
    return try await read(operation, [try statement(operation, sql.held, node)]) { _, opening in
      try JobRow.readable(opening.rows[0]).map(\.job)
    }
  }

  public func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    guard !attempts.isEmpty else { return [] }
    let operation = "keep progress"
    let uuids = Array(Set(attempts.map(\.uuid)))
    let share = try statement(
      operation,
      "SELECT uuid, claim, node FROM \(sql.jobs) WHERE uuid = ANY ($1) ORDER BY uuid FOR SHARE",
      uuids)
    return try await transact(operation, statements: [share]) { ledger, opening in
      var held: Set<Fence> = []
      for row in opening.rows[0] {
        guard let node = try row.optionalUUID(2) else { continue }
        held.insert(Fence(uuid: try row.uuid(0), claim: try row.int64(1), node: node))
      }
      var lost: [Fence] = []
      for attempt in attempts {
        let fence = Fence(uuid: attempt.uuid, claim: attempt.claim, node: attempt.node)
        guard held.contains(fence) else {
          lost.append(fence)
          continue
        }
        do throws(RowFault) {
          try await ledger.alone { (changes) throws(RowFault) in changes.keep(attempt) }
        } catch {
          // Progress that can't be kept is no reason to stop an attempt.
          if let other = error.other { throw other }
        }
      }
      try await ledger.commit()
      return lost
    }
  }
}

extension Node {
  static let sharedLocks = """
    SELECT pg_advisory_xact_lock_shared($1)::text, pg_advisory_xact_lock_shared($2)::text
    """
  static let lock = "SELECT pg_advisory_xact_lock($1)::text"
}
