import Carillon
import Foundation
import GRDB

/// Reads a store's rows in pages, strictly: what isn't wholly there is damaged.
enum ArchiveReader {
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
}

/// A place in `carillon_attempts`, or in `carillon_occurrences`, whose keys have the same shape.
struct AttemptCursor {
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
  var hex: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  init?(hex: Substring) {
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
