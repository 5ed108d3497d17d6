public import Carillon
import Foundation
import GRDB
import GRDBSQLite

extension SQLiteStore {
  public func diagnose() async throws(StoreError) -> [Finding] {
    let path = String(location.dropFirst("sqlite:".count))
    let durability = try await durability()
    let isShared = checkpoints == nil && control != nil
    return try await read("examine the file") { database, now in
      let gates = Gates(try GateTable.rows(in: database))
      return try Gate.findings(in: database) + Finding.findings(of: gates, at: now) + [
        SQLiteStore.version(
          sqlite3_libversion_number(), String(cString: sqlite3_libversion()), isShared: isShared),
        try SQLiteStore.schema(database),
        try SQLiteStore.journal(database),
        durability,
        SQLiteStore.log(path),
        try SQLiteStore.damage(database),
        try SQLiteStore.orphans(database),
        try SQLiteStore.integrity(database),
      ]
    }
  }

  /// Releases from 3.7.0 to 3.51.2 have the WAL-reset defect (mended in 3.51.3, March 2026).
  ///
  /// It needs two checkpoints at the same moment. Of Carillon's own connections one process alone
  /// checkpoints, so there it is nothing to be warned of; an application's connections do as they like.
  ///
  /// - Parameter isShared: whether the connection is the application's.
  static func version(_ number: CInt, _ text: String, isShared: Bool) -> Finding {
    guard number < 3_051_003 else {
      return Finding(id: "sqlite.version", severity: .ok, message: "SQLite \(text).")
    }
    let defect = """
      SQLite \(text) has a known defect: two checkpoints at the same moment can damage the file (WAL \
      reset, mended in 3.51.3).
      """
    guard isShared else {
      return Finding(
        id: "sqlite.version", severity: .ok,
        message: "\(defect) Carillon avoids it: one process alone checkpoints.",
        advice: "Don't let another program write to this file (sqlite3) while Carillon runs.")
    }
    return Finding(
      id: "sqlite.version", severity: .warning,
      message: "\(defect) This file's checkpoints are the application's.",
      advice: "Let one process alone checkpoint this file, or upgrade SQLite.")
  }

  private static func schema(_ database: Database) throws -> Finding {
    let found = try Schema.version(in: database)
    guard found == Schema.version else {
      return Finding(
        id: "sqlite.schema", severity: .error,
        message: "The file has schema \(found), this program \(Schema.version).",
        advice: "Run `migrate`, or a newer program.")
    }
    return Finding(
      id: "sqlite.schema", severity: .ok, message: "Schema \(found) is this program's.")
  }

  private static func journal(_ database: Database) throws -> Finding {
    let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "unknown"
    guard mode == "wal" else {
      return Finding(
        id: "sqlite.journal", severity: .warning,
        message: "The journal mode is \(mode); readers and the writer wait for each other.",
        advice: "Open the file with WAL: PRAGMA journal_mode = wal.")
    }
    return Finding(id: "sqlite.journal", severity: .ok, message: "The journal mode is WAL.")
  }

  /// Asked of the writing connection: each has a setting of its own.
  private func durability() async throws(StoreError) -> Finding {
    let level: Int
    do {
      level = try await writer.writeWithoutTransaction { database in
        try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? 0
      }
    } catch {
      throw StoreError(error, operation: "examine the file", location: location)
    }
    guard level < 2 else {
      return Finding(
        id: "sqlite.synchronous", severity: .ok, message: "Every commit waits for the disk.")
    }
    return Finding(
      id: "sqlite.synchronous", severity: .warning,
      message: """
        Commits don't wait for the disk (synchronous is \(level == 1 ? "NORMAL" : "OFF")): a job \
        that was acknowledged may be lost when the machine loses power.
        """,
      advice:
        "Set PRAGMA synchronous = FULL on the connection that is given to SQLiteStore(writer:), "
        + "after opening: GRDB's DatabasePool sets NORMAL itself.")
  }

  private static func log(_ path: String) -> Finding {
    let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)-wal")
    let size = (attributes?[.size] as? Int) ?? 0
    guard size > 256 << 20 else {
      return Finding(
        id: "sqlite.wal", severity: .ok,
        message: "The write-ahead log has \((size + 1_023) / 1_024) KiB.")
    }
    return Finding(
      id: "sqlite.wal", severity: .warning,
      message: "The write-ahead log has grown to \(size >> 20) MiB.",
      advice: "Some program keeps a long read transaction open; end it.")
  }

  private static func damage(_ database: Database) throws -> Finding {
    let rows = try SQL(
      database, "SELECT seq FROM carillon_jobs WHERE hold = ? LIMIT 20", Hold.corrupt.rawValue)
    var damaged: [String] = []
    while try rows.step() { damaged.append(String(rows.int64(0))) }
    guard !damaged.isEmpty else {
      return Finding(id: "jobs.damaged", severity: .ok, message: "No damaged job is held.")
    }
    return Finding(
      id: "jobs.damaged", severity: .error,
      message: "Rows \(damaged.joined(separator: ", ")) of carillon_jobs can't be read; they are "
        + "held, and others run on.",
      advice: "Look at them with sqlite3 (WHERE hold = 'corrupt'); mend or delete them.")
  }

  /// A rescue passes over rows that it can't read or write; then nobody looks after them.
  private static func orphans(_ database: Database) throws -> Finding {
    let rows = try SQL(
      database,
      """
      SELECT seq FROM carillon_jobs
      WHERE status = 'processing'
        AND NOT EXISTS (SELECT 1 FROM carillon_nodes WHERE uuid = carillon_jobs.node)
      LIMIT 20
      """)
    var orphans: [String] = []
    while try rows.step() { orphans.append(String(rows.int64(0))) }
    guard !orphans.isEmpty else {
      return Finding(
        id: "jobs.orphaned", severity: .ok, message: "Every running job belongs to a node.")
    }
    return Finding(
      id: "jobs.orphaned", severity: .error,
      message: """
        Rows \(orphans.joined(separator: ", ")) of carillon_jobs are marked as running, but their \
        node is gone, and they are too damaged to be taken from it.
        """,
      advice: "Mend them with sqlite3 and set status = 'pending', node = NULL, claimed_at = NULL; "
        + "or delete them.")
  }

  private static func integrity(_ database: Database) throws -> Finding {
    let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
    guard answer == "ok" else {
      return Finding(
        id: "sqlite.integrity", severity: .error,
        message: "The file is damaged: \(answer)",
        advice: "Stop every process, copy the file, and recover it with sqlite3's .recover.")
    }
    return Finding(id: "sqlite.integrity", severity: .ok, message: "The file is sound.")
  }
}
