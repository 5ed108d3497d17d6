import Carillon
import Foundation

/// All parts but jobs, attempts and counts.
extension ArchiveReader {
  // MARK: Schedules

  func schedules(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      bounded(
        ScheduleRow.columns, "octet_length(args::text)",
        "SELECT \(ScheduleRow.columns) FROM \(sql.schedules) WHERE name > $2::text COLLATE \"C\"",
        "name"),
      limit, cursor ?? "")
  }

  func schedules(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let name = try row.text(1)
      func damaged(_ why: String) {
        page.damaged.append(DamagedRow(row: "row '\(name)' of \(sql.schedules)", why: why))
      }
      switch try ScheduleRow.read(row) {
      case .success(let schedule):
        if let why = schedule.archiveProblem {
          damaged(why)
        } else {
          page.schedules.append(schedule)
        }
      case .failure(let corrupt): damaged(corrupt.what)
      }
      page.cursor = name
    }
    return page
  }

  func occurrences(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    let parts = (cursor ?? "").split(separator: "/")
    let uuid = parts.first.flatMap { UUID(uuidString: String($0)) }
    let nominal = parts.last.flatMap { Int64($0) }.map(Instant.init(microseconds:))
    let place =
      uuid == nil
      ? "$2::uuid IS NULL AND $3::timestamptz IS NULL" : "(schedule_uuid, nominal_at) > ($2, $3)"
    return try PostgresStatement(
      """
      SELECT \(OccurrenceRow.columns) FROM \(sql.occurrences) WHERE \(place)
      ORDER BY schedule_uuid, nominal_at LIMIT $1::bigint
      """,
      limit, uuid, uuid == nil ? nil : nominal)
  }

  func occurrences(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let place = "\(try row.uuid(0).text)/\(try row.instant(1).microseconds)"
      let record = try OccurrenceRow.read(row)
      if let record, record.problem == nil {
        page.occurrences.append(record)
      } else {
        page.damaged.append(
          DamagedRow(
            row: "row \(place) of \(sql.occurrences)",
            why: record?.problem ?? "outcome can't be read"))
      }
      page.cursor = place
    }
    return page
  }

  // MARK: Operations and audit

  func operations(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    try byUUID(
      OperationRow.columns, "(octet_length(filter) + octet_length(meaning))", sql.operations,
      after: cursor)
  }

  func operations(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      if let operation = try OperationRow.read(row) {
        page.operations.append(operation)
      } else {
        page.damaged.append(try unreadable(row, of: sql.operations))
      }
      page.cursor = try row.uuid(0).text
    }
    return page
  }

  func effects(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    let uuids = (cursor ?? "").split(separator: "/").map { UUID(uuidString: String($0)) }
    let place =
      cursor == nil ? "$2::uuid IS NULL AND $3::uuid IS NULL" : "(job, operation) > ($2, $3)"
    return try PostgresStatement(
      """
      SELECT \(EffectRow.columns) FROM \(sql.effects) WHERE \(place)
      ORDER BY job, operation LIMIT $1::bigint
      """,
      limit, uuids.first ?? nil, uuids.last ?? nil)
  }

  func effects(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let effect = try EffectRow.read(row)
      page.effects.append(effect)
      page.cursor = "\(effect.job.text)/\(effect.operation.text)"
    }
    return page
  }

  func audit(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    try byUUID(AuditRow.columns, "octet_length(detail)", sql.schema("audit"), after: cursor)
  }

  func audit(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      if let entry = try AuditRow.read(row) {
        page.audit.append(entry)
      } else {
        page.damaged.append(try unreadable(row, of: sql.schema("audit")))
      }
      page.cursor = try row.uuid(0).text
    }
    return page
  }

  private func byUUID(
    _ columns: String, _ bytes: String, _ table: String, after cursor: String?
  ) throws(PostgresError) -> PostgresStatement {
    let uuid = cursor.flatMap { UUID(uuidString: $0) }
    let place = uuid == nil ? "$2::uuid IS NULL" : "uuid > $2"
    return try PostgresStatement(
      bounded(columns, bytes, "SELECT \(columns) FROM \(table) WHERE \(place)", "uuid"),
      limit, uuid)
  }

  private func unreadable(_ row: Row, of table: String) throws -> DamagedRow {
    DamagedRow(row: "row \(try row.uuid(0).text) of \(table)", why: "it can't be read")
  }

  // MARK: Tokens

  /// Few enough for one page.
  func tokens() throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      "SELECT \(TokenRow.columns) FROM \(sql.schema("tokens")) ORDER BY id")
  }

  func tokens(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let token = try TokenRow.read(row)
      if let token, token.problem == nil {
        page.tokens.append(token)
      } else {
        let why = try token?.problem ?? "role is '\(row.text(2).prefix(40))'"
        page.damaged.append(
          DamagedRow(row: "row '\(try row.text(0))' of \(sql.schema("tokens"))", why: why))
      }
    }
    return page
  }

  // MARK: Nodes

  static func insert(_ node: Node, _ schema: Schema) throws -> PostgresStatement {
    try PostgresStatement(
      """
      INSERT INTO \(schema("nodes")) (\(NodeRow.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (uuid) DO NOTHING
      """,
      node.uuid, node.name, node.startedAt, NodeRow.text(node.catalogue),
      NodeRow.text(node.queues), node.leaseExpiresAt, node.beats, node.draining)
  }
}
