public import Carillon
import Foundation
import GRDB

/// Rows of `carillon_gates`.
enum GateTable {
  private static let columns = """
    scope, name, blackout, since, until, "by", reason, calendars, time_zone
    """

  /// All rows as a JSON array, in a fixed order.
  static func text(in database: Database) throws -> String {
    let row = try SQL(
      database,
      """
      SELECT json_group_array(json_object(
        'scope', scope, 'name', name, 'blackout', blackout, 'since', since, 'until', until,
        'by', "by", 'reason', reason, 'calendars', calendars, 'time_zone', time_zone))
      FROM (SELECT * FROM carillon_gates ORDER BY scope, name, blackout)
      """)
    return try row.step() ? row.text(0) : "[]"
  }

  static func rows(in database: Database) throws -> [GateRow] {
    try GateRow.rows(text(in: database))
  }

  static func write(_ row: GateRow, to database: Database) throws {
    try SQL(
      database,
      "INSERT OR REPLACE INTO carillon_gates (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.scope, row.name, row.blackout, row.since, row.until, row.by, row.reason, row.calendars,
      row.timeZone
    ).run()
  }

  static func delete(_ row: GateRow, from database: Database) throws {
    try SQL(
      database, "DELETE FROM carillon_gates WHERE scope = ? AND name = ? AND blackout = ?",
      row.scope, row.name, row.blackout
    ).run()
  }
}

extension SQLiteStore {
  // MARK: Gates

  public func gates() async throws(StoreError) -> Gates {
    try await read("read pauses and blackouts") { database, now in
      Gates(try GateTable.rows(in: database)).standing(at: now)
    }
  }

  public func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer {
    let answer = try await write("change a pause or a blackout") { ledger -> GateAnswer in
      do {
        let change = try command.applied(
          to: GateTable.rows(in: ledger.database), at: ledger.now)
        for row in change.removed { try GateTable.delete(row, from: ledger.database) }
        for row in change.put { try GateTable.write(row, to: ledger.database) }
        try ledger.note(AuditNote.of(change.answer))
        return change.answer
      } catch let refusal as GateRefusal {
        return .refused(refusal)
      }
    }
    signals.signal()
    return answer
  }
}

extension Ledger {
  /// Whether the node is registered, and if so whether there are any gates: one question.
  func standing(of node: UUID) throws -> (isRegistered: Bool, hasGates: Bool) {
    let row = try SQL(
      database,
      "SELECT EXISTS (SELECT 1 FROM carillon_gates) FROM carillon_nodes WHERE uuid = ?", node)
    return try row.step() ? (true, row.int(0) != 0) : (false, false)
  }

  func closedScopes(_ memory: GateMemory) throws -> ClosedScopes {
    try memory.closed(GateTable.text(in: database), at: now)
  }

  /// The handlers of held jobs whose gates have opened.
  func openKeys(_ closed: ClosedScopes, _ request: ClaimRequest) throws -> [HandlerKey] {
    guard closed.mayHold else { return [] }
    var open: [HandlerKey] = []
    var key = HandlerKey(handlerModule: "", resourceType: "")
    while let next = try pausedKey(after: key) {
      if request.frees(next, closed) { open.append(next) }
      key = next
    }
    return open
  }

  private func pausedKey(after key: HandlerKey) throws -> HandlerKey? {
    let row = try SQL(
      database,
      """
      SELECT handler_module, resource_type FROM carillon_jobs INDEXED BY carillon_jobs_held
      WHERE hold = 'paused' AND (handler_module, resource_type) > (?, ?)
      ORDER BY handler_module, resource_type LIMIT 1
      """,
      key.handlerModule, key.resourceType)
    guard try row.step() else { return nil }
    return HandlerKey(handlerModule: row.text(0), resourceType: row.text(1))
  }

  /// Frees jobs whose gates have opened, and forgets pauses that have been over for long; answers
  /// whether there are more than one transaction does.
  mutating func freePaused(
    _ closed: ClosedScopes, _ request: ClaimRequest, oneByOne: Bool
  ) throws -> Bool {
    let open = try openKeys(closed, request)
    if open.isEmpty, closed.areOver {
      for row in try GateTable.rows(in: database)
      where row.isOver(at: now - ClosedScopes.linger) {
        try GateTable.delete(row, from: database)
      }
    }
    var room = ClosedScopes.batch
    for key in open where room > 0 {
      let seqs = try paused(key, limit: room)
      for seq in seqs { try hold(nil, seq, alone: oneByOne) }
      room -= seqs.count
    }
    return room <= 0
  }

  private func paused(_ key: HandlerKey, limit: Int) throws -> [Int64] {
    let rows = try SQL(
      database,
      """
      SELECT seq FROM carillon_jobs INDEXED BY carillon_jobs_held
      WHERE hold = 'paused' AND handler_module = ? AND resource_type = ? ORDER BY run_at LIMIT ?
      """,
      key.handlerModule, key.resourceType, limit)
    var seqs: [Int64] = []
    while try rows.step() { seqs.append(rows.int64(0)) }
    return seqs
  }

  /// Holds a pending row, or frees it. One that can't be written is put aside.
  mutating func hold(_ hold: Hold?, _ seq: Int64, alone isAlone: Bool) throws {
    func write(_ ledger: borrowing Ledger) throws {
      try SQL(
        ledger.database,
        "UPDATE carillon_jobs SET hold = ?, held_at = ?, updated_at = ? WHERE seq = ?",
        hold?.rawValue, hold == nil ? nil : ledger.now, ledger.now, seq
      ).run()
    }
    guard isAlone else { return try write(self) }
    if case .failure = try alone({ try write($0) }) { try holdCorrupt(seq) }
  }
}
