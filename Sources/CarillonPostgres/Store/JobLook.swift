import Carillon
import Foundation

/// One look for jobs, newest first: through all that an index knows of, or through so many rows.
///
/// The rows come in batches, small ones first, for each may hold a megabyte of args. A place in the
/// order stays what it is, so that batches needn't be of one moment.
struct JobLook {
  /// The first batch, and the largest.
  private static let batches = (first: 16, largest: 1_000)

  /// Unlike those that run all the time, these statements are planned for their values, and may put
  /// several indexes together: those of uuids and of resources.
  private static let settings = """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
      set_config('enable_bitmapscan', 'on', true)
    """

  private(set) var list = JobList()
  private var query: JobQuery
  private let sql: SQL
  /// What an index knows.
  private let indexed: [JobFilter.Term]
  /// What is asked of one row after the other.
  private let asked: [JobFilter.Term]
  private let args: JobFilter
  /// The last row that it may look at; nil: all that there are.
  private var border: JobList.Next?
  /// The last row that it has looked at.
  private var last: JobList.Next?
  private var batch = batches.first
  private var wanted = 0
  private var bytes = 0

  init(_ query: JobQuery, _ sql: SQL) {
    self.query = query
    self.sql = sql
    let (columns, args) = query.filter.split
    self.args = args
    indexed = columns.filter(\.isIndexed)
    asked = columns.filter { !$0.isIndexed }
  }

  // MARK: What it asks

  private struct Condition {
    var texts: [String] = []
    var values: [any PostgresValue] = []

    mutating func mark(_ value: any PostgresValue) -> String {
      values.append(value)
      return "$\(values.count)"
    }

    var filter: String { texts.isEmpty ? "" : "WHERE " + texts.joined(separator: " AND ") }
  }

  private func known() -> Condition {
    var condition = Condition()
    condition.texts = FilterSQL.conditions(indexed, sql.schema) { condition.mark($0) }
    if asked.contains(where: \.isOfHeld) { condition.texts.append("status = 'pending'") }
    if let dueBy = query.dueBy {
      let mark = condition.mark(dueBy)
      condition.texts.append("status = 'pending' AND hold IS NULL AND run_at <= \(mark)")
    }
    switch query.after {
    case .job(let uuid):
      let mark = condition.mark(uuid)
      condition.texts.append("seq < (SELECT seq FROM \(sql.jobs) WHERE uuid = \(mark))")
    case .place(let place):
      let mark = condition.mark(place)
      condition.texts.append("seq < \(mark)")
    case nil: break
    }
    return condition
  }

  /// Asks for the row at which it ends; nil when an index knows all that is meant.
  ///
  /// - Throws: when a text of the query can't be sent.
  func findBorder() throws(PostgresError) -> [PostgresStatement]? {
    guard !asked.isEmpty || !args.isAll else { return nil }
    var known = known()
    let mark = known.mark(max(query.breadth, 1) - 1)
    return [
      try PostgresStatement(JobLook.settings),
      try PostgresStatement(
        """
        SELECT seq, inserted_at FROM \(sql.jobs) WHERE seq = (
          SELECT seq FROM \(sql.jobs) \(known.filter) ORDER BY seq DESC OFFSET \(mark) LIMIT 1)
        """,
        all: known.values),
    ]
  }

  /// Asks for the next rows.
  mutating func nextBatch() throws(PostgresError) -> [PostgresStatement] {
    // One more tells whether there are more.
    wanted = args.isAll ? min(batch, query.limit + 1 - list.jobs.count) : batch
    var condition = known()
    if case .place(let place)? = border?.position {
      let mark = condition.mark(place)
      condition.texts.append("seq >= \(mark)")
    }
    condition.texts += FilterSQL.conditions(asked, sql.schema) { condition.mark($0) }
    condition.texts += FilterSQL.hints(args, sql.schema) { condition.mark($0) }
    let mark = condition.mark(wanted)
    return [
      try PostgresStatement(JobLook.settings),
      try PostgresStatement(
        """
        SELECT \(JobRow.columns) FROM \(sql.jobs) \(condition.filter)
        ORDER BY seq DESC LIMIT \(mark)
        """,
        all: condition.values),
    ]
  }

  // MARK: What it is told

  func noting(border rows: Rows) throws -> JobLook {
    guard let row = rows.first else { return self }
    var look = self
    look.border = .init(.place(try row.int64(0)), lookedBackTo: try row.instant(1))
    return look
  }

  /// Takes a batch in; answers whether another one should follow.
  func noting(batch rows: Rows) throws -> (JobLook, goesOn: Bool) {
    var look = self
    let goesOn = try look.note(batch: rows)
    return (look, goesOn)
  }

  private mutating func note(batch rows: Rows) throws -> Bool {
    for row in rows {
      bytes += try row.weight
      let place: JobList.Next
      switch try JobRow.read(row) {
      case .success(let stored):
        place = .init(.place(stored.seq), lookedBackTo: stored.job.insertedAt)
        if args.matches(stored.job) {
          guard list.jobs.count < query.limit else {
            list.next = last
            return false
          }
          list.jobs.append(stored.job)
        }
      case .failure(let damage):
        place = .init(.place(damage.seq), lookedBackTo: damage.insertedAt)
      }
      last = place
      query.after = place.position
      if bytes >= query.mostBytes {
        list.next = place
        return false
      }
    }
    guard rows.count == wanted else {
      list.next = border
      return false
    }
    batch = min(batch * 4, JobLook.batches.largest)
    return true
  }
}

extension Row {
  /// Bytes of what may be large in a job: its args and its result.
  fileprivate var weight: Int {
    get throws(PostgresError) {
      func size(_ column: Int) throws(PostgresError) -> Int {
        try withBytes(column) { bytes, _ throws(PostgresError) in bytes.count } ?? 0
      }
      return try size(6) + size(24)
    }
  }
}
