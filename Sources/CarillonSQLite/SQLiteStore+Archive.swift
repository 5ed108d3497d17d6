package import Carillon
import Foundation
import GRDB

extension SQLiteStore: StoreArchive {
  package func moveMark() async throws(StoreError) -> MoveMark? {
    try await read("look for a move") { database, _ in try Gate.mark(in: database) }
  }

  /// Whoever may write the file may do all with it.
  package func missingRights() async throws(StoreError) -> MoveObstacle? { nil }

  package func close(for mark: MoveMark) async throws(StoreError) -> MoveObstacle? {
    let location = location
    return try await write("close the store for a move") { ledger in
      let database = ledger.database
      if let known = try Gate.mark(in: database) {
        if known == mark { return nil }
        // A store that was filled once is a store like any other.
        if known.role == .source || !known.isComplete {
          return .otherMove(store: location, mark: known)
        }
      }
      let alive = try NodeRow.all(in: database).filter { $0.leaseExpiresAt > ledger.now }
      guard alive.isEmpty else {
        return .liveNodes(store: location, names: alive.map(\.name))
      }
      if mark.role == .target, let contents = try Archive.contents(of: database, location) {
        return contents
      }
      try Gate.put(mark, in: database)
      try Gate.close(database, for: mark)
      return nil
    }
  }

  package func page(
    of part: ArchivePart, after cursor: String?, limit: Int
  ) async throws(StoreError) -> ArchivePage {
    try await read("read \(part.rawValue)") { database, _ in
      switch part {
      case .tokens: try Archive.tokens(database)
      case .jobs: try Archive.jobs(after: cursor, limit, database)
      case .attempts: try Archive.attempts(after: cursor, limit, database)
      case .minuteCounts: try Archive.minuteCounts(after: cursor, limit, database)
      case .schedules: try Archive.schedules(after: cursor, limit, database)
      case .occurrences: try Archive.occurrences(after: cursor, limit, database)
      case .operations: try Archive.operations(after: cursor, limit, database)
      case .audit: try Archive.audit(after: cursor, limit, database)
      case .gates: try Archive.gates(database)
      case .nodes: try Archive.nodes(database)
      }
    }
  }

  package func keep(
    _ page: ArchivePage, replacing old: MoveMark, by new: MoveMark
  ) async throws(StoreError) {
    try await write("write rows of a move") { ledger in
      try Archive.expect(old, in: ledger.database)
      try Gate.pass(ledger.database) {
        for token in page.tokens { _ = try TokenRow.insert(token, into: ledger.database) }
        for job in page.jobs { try ledger.restore(job) }
        for attempt in page.attempts { try ledger.keep(attempt) }
        for count in page.minuteCounts { try MinuteCountRow.write(count, to: ledger.database) }
        for schedule in page.schedules {
          try ScheduleRow.insert(schedule, into: ledger.database)
        }
        for record in page.occurrences {
          _ = try OccurrenceRow.write(record, to: ledger.database)
        }
        for operation in page.operations {
          try OperationRow.write(operation, to: ledger.database)
        }
        for entry in page.audit { try ledger.write(entry) }
        for row in page.gates { try GateTable.write(row, to: ledger.database) }
        for node in page.nodes {
          try NodeRow.write(node, leaseExpiresAt: node.leaseExpiresAt, to: ledger.database)
        }
      }
      try Gate.put(new, in: ledger.database)
    }
  }

  package func finish(_ mark: MoveMark) async throws(StoreError) {
    try await write("complete a move") { ledger in
      try Archive.expect(mark, in: ledger.database)
      try Gate.put(mark, in: ledger.database)
      guard mark.role == .target else { return }
      try Gate.lift(ledger.database)
      for node in try Archive.unknownNodes(ledger.database) {
        try NodeRow.write(
          Node.lost(node), leaseExpiresAt: Instant(microseconds: 0), to: ledger.database)
      }
    }
    signals.signal()
  }

  package func reopen(from mark: MoveMark) async throws(StoreError) {
    try await write("undo a move") { ledger in
      try Archive.expect(mark, in: ledger.database)
      try Gate.lift(ledger.database)
      try Gate.put(nil, in: ledger.database)
      guard mark.role == .target else { return }
      try ledger.database.execute(
        sql: """
          DELETE FROM carillon_jobs; DELETE FROM carillon_attempts; DELETE FROM carillon_nodes;
          DELETE FROM carillon_minute_counts; DELETE FROM carillon_totals;
          DELETE FROM carillon_schedules; DELETE FROM carillon_occurrences;
          DELETE FROM carillon_operations; DELETE FROM carillon_audit;
          DELETE FROM carillon_gates; DELETE FROM carillon_tokens;
          """)
    }
  }
}

/// Reads a store's rows in pages, strictly: what isn't wholly there is damaged.
private enum Archive {
  /// Bytes of texts after which a page ends early.
  static let largestPage = 4 << 20

  /// Throws unless the store has a mark of the same move that isn't complete, or this very one.
  static func expect(_ mark: MoveMark, in database: Database) throws {
    let known = try Gate.mark(in: database)
    var expected = mark
    if known?.isComplete == false { expected.isComplete = false }
    guard known == expected else {
      throw StoreError.failed(
        operation: "go on with the move",
        why: "another `move` works on the store, or has undone this one")
    }
  }

  /// What a target holds, if it isn't empty.
  static func contents(of database: Database, _ location: String) throws -> MoveObstacle? {
    func count(_ table: String) throws -> Int {
      try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
    }
    let jobs = try count("carillon_jobs")
    let attempts = try count("carillon_attempts")
    let minuteCounts = try count("carillon_minute_counts")
    let schedules = try count("carillon_schedules")
    let operations = try count("carillon_operations")
    let audit = try count("carillon_audit")
    let gates = try count("carillon_gates")
    let tokens = try count("carillon_tokens")
    let others = schedules + operations + audit + gates + tokens
    guard jobs + attempts + minuteCounts + others > 0 else { return nil }
    return .notEmpty(
      store: location, jobs: jobs, attempts: attempts, minuteCounts: minuteCounts,
      schedules: schedules, operations: operations, audit: audit, gates: gates,
      tokens: tokens)
  }

  static func jobs(after cursor: String?, _ limit: Int, _ database: Database) throws -> ArchivePage
  {
    let after = cursor.flatMap(Int64.init)
    let rows = try SQL(
      database,
      "SELECT \(JobRow.columns) FROM carillon_jobs WHERE \(after == nil ? "?" : "seq > ?") "
        + "ORDER BY seq LIMIT ?",
      after ?? 1, limit)
    var (page, taken, bytes) = (ArchivePage(), 0, 0)
    while try rows.step() {
      taken += 1
      let seq = rows.int64(33)
      func damaged(_ why: String) {
        page.damaged.append(DamagedRow(row: "row \(seq) of carillon_jobs", why: why))
      }
      do throws(JobRow.Corrupt) {
        let stored = try JobRow.read(rows)
        let job = ArchivedJob(job: stored.job, content: stored.content)
        if let why = JobRow.loss(rows) ?? job.problem {
          damaged(why)
        } else {
          page.jobs.append(job)
        }
      } catch {
        damaged(error.what)
      }
      bytes += rows.size(6) + rows.size(23) + rows.size(24)
      if taken == limit || bytes > largestPage {
        page.cursor = String(seq)
        break
      }
    }
    return page
  }

  static func attempts(
    after cursor: String?, _ limit: Int, _ database: Database
  ) throws -> ArchivePage {
    let after = cursor.flatMap(AttemptCursor.init)
    let rows = try SQL(
      database,
      "SELECT \(AttemptRow.columns) FROM carillon_attempts "
        + "\(after == nil ? "" : "WHERE (uuid, claim) > (?, ?)") ORDER BY uuid, claim LIMIT ?",
      all: (after.map { [$0.uuid, $0.claim] } ?? []) + [limit])
    var (page, taken, bytes) = (ArchivePage(), 0, 0)
    while try rows.step() {
      taken += 1
      let here = AttemptCursor(uuid: rows.blob(0), claim: rows.int64(1))
      let attempt = AttemptRow.read(rows)
      if let why = AttemptRow.loss(rows) ?? attempt?.problem {
        page.damaged.append(
          DamagedRow(row: "row (x'\(here.uuid.hex)', \(here.claim)) of carillon_attempts", why: why)
        )
      } else if let attempt {
        page.attempts.append(attempt)
      }
      bytes += rows.size(7) + rows.size(9) + rows.size(11)
      if taken == limit || bytes > largestPage {
        page.cursor = here.text
        break
      }
    }
    return page
  }

  static func minuteCounts(
    after cursor: String?, _ limit: Int, _ database: Database
  ) throws -> ArchivePage {
    let after = try cursor.map { try JSONValue(json: $0) }
    let place: [any SQLValue] =
      after.map { after in
        [
          after[0]?.int ?? 0, after[1]?.string ?? "", after[2]?.string ?? "",
          after[3]?.string ?? "",
        ]
      } ?? []
    let rows = try SQL(
      database,
      "SELECT \(MinuteCountRow.columns) FROM carillon_minute_counts "
        + (place.isEmpty ? "" : "WHERE (minute, queue, handler_module, outcome) > (?, ?, ?, ?) ")
        + "ORDER BY minute, queue, handler_module, outcome LIMIT ?",
      all: place + [limit])
    var (page, taken) = (ArchivePage(), 0)
    while try rows.step() {
      taken += 1
      let count = MinuteCountRow.read(rows)
      if let why = MinuteCountRow.loss(rows) ?? count?.problem {
        page.damaged.append(
          DamagedRow(
            row:
              "row (\(rows.int64(0)), '\(rows.text(1))', '\(rows.text(2))', '\(rows.text(3))') of "
              + "carillon_minute_counts", why: why))
      } else if let count {
        page.minuteCounts.append(count)
      }
      if taken == limit {
        page.cursor =
          JSONValue.array([
            .number(JSONNumber(rows.int64(0))), .string(rows.text(1)), .string(rows.text(2)),
            .string(rows.text(3)),
          ]).json
      }
    }
    return page
  }

  static func schedules(
    after cursor: String?, _ limit: Int, _ database: Database
  ) throws -> ArchivePage {
    let rows = try SQL(
      database,
      "SELECT \(ScheduleRow.columns) FROM carillon_schedules WHERE name > ? ORDER BY name LIMIT ?",
      cursor ?? "", limit)
    var (page, taken, bytes) = (ArchivePage(), 0, 0)
    while try rows.step() {
      taken += 1
      let name = rows.text(1)
      func damaged(_ why: String) {
        page.damaged.append(DamagedRow(row: "row '\(name)' of carillon_schedules", why: why))
      }
      do throws(ScheduleRow.Corrupt) {
        let schedule = try ScheduleRow.read(rows)
        if let why = ScheduleRow.loss(rows) ?? schedule.archiveProblem {
          damaged(why)
        } else {
          page.schedules.append(schedule)
        }
      } catch {
        damaged(error.what)
      }
      bytes += rows.size(6)
      if taken == limit || bytes > largestPage {
        page.cursor = name
        break
      }
    }
    return page
  }

  static func occurrences(
    after cursor: String?, _ limit: Int, _ database: Database
  ) throws -> ArchivePage {
    let after = cursor.flatMap(AttemptCursor.init)
    let rows = try SQL(
      database,
      "SELECT \(OccurrenceRow.columns) FROM carillon_occurrences "
        + "\(after == nil ? "" : "WHERE (schedule_uuid, nominal_at) > (?, ?)") "
        + "ORDER BY schedule_uuid, nominal_at LIMIT ?",
      all: (after.map { [$0.uuid, $0.claim] } ?? []) + [limit])
    var (page, taken) = (ArchivePage(), 0)
    while try rows.step() {
      taken += 1
      let here = AttemptCursor(uuid: rows.blob(0), claim: rows.int64(1))
      let record = OccurrenceRow.read(rows)
      if let record, record.problem == nil {
        page.occurrences.append(record)
      } else {
        page.damaged.append(
          DamagedRow(
            row: "row (x'\(here.uuid.hex)', \(here.claim)) of carillon_occurrences",
            why: record?.problem ?? "schedule_uuid or outcome can't be read"))
      }
      if taken == limit {
        page.cursor = here.text
        break
      }
    }
    return page
  }

  static func operations(
    after cursor: String?, _ limit: Int, _ database: Database
  ) throws -> ArchivePage {
    var page = ArchivePage()
    page.cursor = try rows(
      of: "carillon_operations", OperationRow.columns, after: cursor, limit, database
    ) { rows in
      guard let operation = OperationRow.read(rows) else { return "it can't be read" }
      page.operations.append(operation)
      return nil
    } damaged: {
      page.damaged.append($0)
    }
    return page
  }

  static func audit(
    after cursor: String?, _ limit: Int, _ database: Database
  ) throws -> ArchivePage {
    var page = ArchivePage()
    page.cursor = try rows(
      of: "carillon_audit", AuditRow.columns, after: cursor, limit, database
    ) { rows in
      guard let entry = AuditRow.read(rows) else { return "it can't be read" }
      page.audit.append(entry)
      return nil
    } damaged: {
      page.damaged.append($0)
    }
    return page
  }

  /// Rows of a table whose key is a uuid, in its order; answers with the page's cursor.
  ///
  /// - Parameter read: takes a row, or says why it can't.
  private static func rows(
    of table: String, _ columns: String, after cursor: String?, _ limit: Int,
    _ database: Database, read: (borrowing SQL) -> String?, damaged: (DamagedRow) -> Void
  ) throws -> String? {
    let last = cursor.flatMap { Blob(hex: $0[...]) } ?? Blob(bytes: [])
    let rows = try SQL(
      database, "SELECT \(columns) FROM \(table) WHERE uuid > ? ORDER BY uuid LIMIT ?", last,
      limit)
    var (taken, bytes) = (0, 0)
    while try rows.step() {
      taken += 1
      let uuid = rows.blob(0).hex
      if let why = read(rows) {
        damaged(DamagedRow(row: "row x'\(uuid)' of \(table)", why: why))
      }
      bytes += rows.size(2) + rows.size(3) + rows.size(7)
      if taken == limit || bytes > largestPage { return uuid }
    }
    return nil
  }

  /// Few enough for one page.
  static func tokens(_ database: Database) throws -> ArchivePage {
    let rows = try SQL(
      database, "SELECT \(TokenRow.columns) FROM carillon_tokens ORDER BY id")
    var page = ArchivePage()
    while try rows.step() {
      let token = TokenRow.read(rows)
      if let why = TokenRow.loss(rows) ?? token?.problem {
        page.damaged.append(
          DamagedRow(row: "row '\(rows.text(0))' of carillon_tokens", why: why))
      } else if let token {
        page.tokens.append(token)
      }
    }
    return page
  }

  /// Few enough for one page.
  static func gates(_ database: Database) throws -> ArchivePage {
    var page = ArchivePage()
    page.gates = try GateTable.rows(in: database)
    return page
  }

  static func nodes(_ database: Database) throws -> ArchivePage {
    var page = ArchivePage()
    page.nodes = try NodeRow.all(in: database)
    return page
  }

  /// Nodes of running jobs that aren't registered.
  static func unknownNodes(_ database: Database) throws -> [UUID] {
    let rows = try SQL(
      database,
      """
      SELECT DISTINCT node FROM carillon_jobs WHERE status = 'processing'
        AND NOT EXISTS (SELECT 1 FROM carillon_nodes WHERE uuid = carillon_jobs.node)
      """)
    var nodes: [UUID] = []
    while try rows.step() {
      if let node = rows.uuid(0) { nodes.append(node) }
    }
    return nodes
  }
}

/// A place in `carillon_attempts`, or in `carillon_occurrences`, whose keys have the same shape.
private struct AttemptCursor {
  let uuid: Blob
  let claim: Int64

  init(uuid: Blob, claim: Int64) {
    self.uuid = uuid
    self.claim = claim
  }

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let uuid = Blob(hex: parts[0]), let claim = Int64(parts[1]) else {
      return nil
    }
    self.init(uuid: uuid, claim: claim)
  }

  var text: String { "\(uuid.hex)/\(claim)" }
}

extension Blob {
  fileprivate var hex: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  fileprivate init?(hex: Substring) {
    let digits = Array(hex)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(digits[index...index + 1]), radix: 16) else { return nil }
      bytes.append(byte)
    }
    self.init(bytes: bytes)
  }
}
