import Carillon
import Foundation
import GRDB

/// All parts but jobs, attempts and counts.
extension ArchiveReader {
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

  static func effects(
    after cursor: String?, _ limit: Int, _ database: Database
  ) throws -> ArchivePage {
    let last = (cursor ?? "").split(separator: "/").compactMap { Blob(hex: $0) }
    let rows = try SQL(
      database,
      "SELECT \(EffectRow.columns) FROM carillon_operation_effects "
        + "\(last.count == 2 ? "WHERE (job, operation) > (?, ?)" : "") "
        + "ORDER BY job, operation LIMIT ?",
      all: (last.count == 2 ? last : []) + [limit])
    var (page, taken) = (ArchivePage(), 0)
    while try rows.step() {
      taken += 1
      let place = "\(rows.blob(0).hex)/\(rows.blob(1).hex)"
      if let effect = EffectRow.read(rows) {
        page.effects.append(effect)
      } else {
        page.damaged.append(
          DamagedRow(row: "row \(place) of carillon_operation_effects", why: "it can't be read"))
      }
      if taken == limit { page.cursor = place }
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
