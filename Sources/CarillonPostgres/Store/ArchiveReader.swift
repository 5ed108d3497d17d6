import Carillon
import Foundation

/// Reads a store's rows in pages, strictly: what isn't wholly there is damaged.
struct ArchiveReader {
  let sql: SQL
  let limit: Int

  /// Bytes of texts after which a page ends early.
  private static let largestPage = 4 << 20

  /// Throws unless the store has a mark of the same move that isn't complete, or this very one.
  static func expect(_ mark: MoveMark, _ rows: Rows) throws {
    let known = try Gate.read(rows)
    var expected = mark
    if known?.isComplete == false { expected.isComplete = false }
    guard known == expected else {
      throw StoreError.failed(
        operation: "go on with the move",
        why: "another `move` works on the store, or has undone this one")
    }
  }

  // MARK: Jobs

  /// Rows up to a sum of bytes, and at least one: a thousand of a mebibyte each would fill the memory.
  func bounded(_ columns: String, _ bytes: String, _ rows: String, _ order: String)
    -> String
  {
    """
    SELECT \(columns) FROM (
      SELECT r.*, \(bytes) AS row_bytes, sum(\(bytes)) OVER (ORDER BY \(order)) AS sum_bytes
      FROM (\(rows) ORDER BY \(order) LIMIT $1::bigint) r
    ) s WHERE sum_bytes - row_bytes <= \(ArchiveReader.largestPage) ORDER BY \(order)
    """
  }

  func jobs(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      bounded(
        JobRow.columns,
        """
        (octet_length(args::text) + coalesce(octet_length(result::text), 0)
          + coalesce(octet_length(last_error), 0))
        """,
        "SELECT \(JobRow.columns) FROM \(sql.jobs) WHERE seq > $2::bigint", "seq"),
      limit, cursor.flatMap(Int64.init) ?? Int64.min)
  }

  func jobs(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let seq = try row.int64(33)
      func damaged(_ why: String) {
        page.damaged.append(DamagedRow(row: "row \(seq) of \(sql.jobs)", why: why))
      }
      switch try JobRow.read(row) {
      case .success(let stored):
        let job = ArchivedJob(job: stored.job, content: stored.content)
        if let why = try JobRow.loss(row) ?? job.problem {
          damaged(why)
        } else {
          page.jobs.append(job)
        }
      case .failure(let corrupt): damaged(corrupt.what)
      }
      page.cursor = String(seq)
    }
    return page
  }

  static let jobColumns = JobRow.columns.split(separator: ", ").map(String.init)
    .filter { $0 != "seq" }

  /// In the order of `jobColumns`.
  static func encode(_ archived: ArchivedJob, _ row: inout CopyRow) {
    let job = archived.job
    row.add(job.uuid)
    row.add(job.run)
    row.add(job.jobType)
    row.add(job.handlerModule)
    row.add(job.resourceType)
    row.add(job.resourceUUID)
    row.add(JSONDocument(job.args.json))
    row.add(job.argsVersion)
    row.add(job.queue)
    row.add(job.priority)
    row.add(job.scheduledAt)
    row.add(job.runAt)
    row.add(job.hold?.rawValue)
    row.add(job.heldAt)
    row.add(job.status.rawValue)
    row.add(job.attempts)
    row.add(job.maxAttempts)
    row.add(job.failures)
    row.add(job.snoozes)
    row.add(job.crashes)
    row.add(job.executedAt)
    row.add(job.finishedAt)
    row.add(job.reason)
    row.add(job.lastError)
    row.add(job.result.map(JSONDocument.init))
    row.add(job.cancelRequestedAt)
    row.add(job.createdByUUID)
    row.add(job.insertedAt)
    row.add(job.updatedAt)
    row.add(job.claim)
    row.add(job.node)
    row.add(job.claimedAt)
    row.add(JobRow.text(of: job.traceContext))
    row.add(archived.content)
    row.add(job.scheduleUUID)
    row.add(job.occurrenceReason?.rawValue)
  }

  // MARK: Attempts

  func attempts(after cursor: String?) throws(PostgresError) -> PostgresStatement {
    let parts = (cursor ?? "").split(separator: "/")
    let uuid = parts.first.flatMap { UUID(uuidString: String($0)) }
    let place = uuid == nil ? "$2::uuid IS NULL AND $3::bigint IS NULL" : "(uuid, claim) > ($2, $3)"
    return try PostgresStatement(
      bounded(
        AttemptRow.columns,
        "(coalesce(octet_length(log), 0) + coalesce(octet_length(error), 0))",
        "SELECT \(AttemptRow.columns) FROM \(sql.attempts) WHERE \(place)", "uuid, claim"),
      limit, uuid, parts.last.flatMap { Int64($0) })
  }

  func attempts(_ rows: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for row in rows {
      let attempt = try AttemptRow.read(row)
      let place = "\(attempt.uuid.text)/\(attempt.claim)"
      if let why = try AttemptRow.loss(row) ?? attempt.problem {
        page.damaged.append(DamagedRow(row: "row \(place) of \(sql.attempts)", why: why))
      } else {
        page.attempts.append(attempt)
      }
      page.cursor = place
    }
    return page
  }

  // MARK: Minute counts

  /// A page of the sums, and what is to be added to them up to the page's end.
  func minuteCounts(after cursor: String?) throws(PostgresError) -> [PostgresStatement] {
    let after = cursor.flatMap { try? JSONValue(json: $0) }
    let key = #"(minute, queue, handler_module, outcome)"#
    let place: [any PostgresValue] = [
      after?[0]?.int, after?[1]?.string, after?[2]?.string, after?[3]?.string,
    ]
    func beyond(_ first: Int) -> String {
      let given =
        "($\(first)::bigint, $\(first + 1)::text COLLATE \"C\", $\(first + 2)::text COLLATE \"C\", "
        + "$\(first + 3)::text COLLATE \"C\")"
      return after == nil ? "\(given) IS DISTINCT FROM (0, '', '', '')" : "\(key) > \(given)"
    }
    let page = """
      SELECT \(MinuteCountRow.columns) FROM \(sql.schema("minute_counts")) WHERE \(beyond(2))
      ORDER BY minute, queue, handler_module, outcome LIMIT $1::bigint
      """
    let sums = try PostgresStatement(page, all: [limit] + place)
    // Without a full page there is no end but the table's.
    let changes = try PostgresStatement(
      """
      WITH page AS (\(page)), last AS (
        SELECT * FROM page ORDER BY minute DESC, queue DESC, handler_module DESC, outcome DESC
        LIMIT 1
      )
      SELECT \(MinuteCountRow.columns) FROM \(sql.schema("minute_counts_changes"))
      WHERE \(beyond(2)) AND ((SELECT count(*) FROM page) < $1::bigint
        OR \(key) <= (SELECT minute, queue, handler_module, outcome FROM last))
      """,
      all: [limit] + place)
    return [sums, changes]
  }

  func minuteCounts(_ sums: Rows, _ changes: Rows) throws -> ArchivePage {
    var page = ArchivePage()
    for rows in [sums, changes] {
      for row in rows {
        guard let why = try MinuteCountRow.loss(row) else { continue }
        page.damaged.append(
          DamagedRow(
            row: "row (\(try row.int64(0)), '\(try row.text(1))', '\(try row.text(2))', "
              + "'\(try row.text(3))') of \(sql.schema("minute_counts"))", why: why))
      }
    }
    page.minuteCounts = try MinuteCountRow.sums(sums, changes)
    guard sums.count == limit, let last = sums.last else { return page }
    page.cursor =
      JSONValue.array([
        .number(JSONNumber(try last.int64(0))), .string(try last.text(1)),
        .string(try last.text(2)), .string(try last.text(3)),
      ]).json
    return page
  }
}
