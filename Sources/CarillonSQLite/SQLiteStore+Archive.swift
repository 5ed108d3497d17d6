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
      if mark.role == .target, let contents = try ArchiveReader.contents(of: database, location) {
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
      case .tokens: try ArchiveReader.tokens(database)
      case .jobs: try ArchiveReader.jobs(after: cursor, limit, database)
      case .attempts: try ArchiveReader.attempts(after: cursor, limit, database)
      case .minuteCounts: try ArchiveReader.minuteCounts(after: cursor, limit, database)
      case .schedules: try ArchiveReader.schedules(after: cursor, limit, database)
      case .occurrences: try ArchiveReader.occurrences(after: cursor, limit, database)
      case .operations: try ArchiveReader.operations(after: cursor, limit, database)
      case .effects: try ArchiveReader.effects(after: cursor, limit, database)
      case .audit: try ArchiveReader.audit(after: cursor, limit, database)
      case .gates: try ArchiveReader.gates(database)
      case .nodes: try ArchiveReader.nodes(database)
      }
    }
  }

  package func keep(
    _ page: ArchivePage, replacing old: MoveMark, by new: MoveMark
  ) async throws(StoreError) {
    try await write("write rows of a move") { ledger in
      try ArchiveReader.expect(old, in: ledger.database)
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
        for effect in page.effects { try EffectRow.write(effect, to: ledger.database) }
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
      try ArchiveReader.expect(mark, in: ledger.database)
      try Gate.put(mark, in: ledger.database)
      guard mark.role == .target else { return }
      try Gate.lift(ledger.database)
      for node in try ArchiveReader.unknownNodes(ledger.database) {
        try NodeRow.write(
          Node.lost(node), leaseExpiresAt: Instant(microseconds: 0), to: ledger.database)
      }
    }
    signals.signal()
  }

  package func reopen(from mark: MoveMark) async throws(StoreError) {
    try await write("undo a move") { ledger in
      try ArchiveReader.expect(mark, in: ledger.database)
      try Gate.lift(ledger.database)
      try Gate.put(nil, in: ledger.database)
      guard mark.role == .target else { return }
      try ledger.database.execute(
        sql: """
          DELETE FROM carillon_jobs; DELETE FROM carillon_attempts; DELETE FROM carillon_nodes;
          DELETE FROM carillon_minute_counts; DELETE FROM carillon_totals;
          DELETE FROM carillon_schedules; DELETE FROM carillon_occurrences;
          DELETE FROM carillon_operations; DELETE FROM carillon_operation_effects;
          DELETE FROM carillon_audit; DELETE FROM carillon_gates; DELETE FROM carillon_tokens;
          """)
    }
  }
}
