import Carillon
import Foundation

/// One look for jobs, newest first: through all that an index knows of, or through so many rows.
struct JobLook {
  /// Rows that are read to see whether their args match: bounds what a look keeps in memory.
  private static let mostRead = 1_000

  /// Unlike those that run all the time, these statements are planned for their values, and may put
  /// several indexes together: those of uuids and of resources.
  private static let settings = """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
      set_config('enable_bitmapscan', 'on', true)
    """

  let statements: [PostgresStatement]
  private let limit: Int
  private let args: JobFilter
  /// The most rows that the first statement answers with.
  private let mostRows: Int

  /// - Throws: when a text of the query can't be sent.
  init(_ query: JobQuery, _ sql: SQL) throws(PostgresError) {
    let (columns, args) = query.filter.split
    self.args = args
    limit = query.limit
    // One more tells whether there are more.
    mostRows = args.isAll ? query.limit + 1 : JobLook.mostRead
    var values: [any PostgresValue] = []
    func mark(_ value: any PostgresValue) -> String {
      values.append(value)
      return "$\(values.count)"
    }
    var indexed = FilterSQL.conditions(columns.filter(\.isIndexed), sql.schema, mark)
    if let dueBy = query.dueBy {
      indexed.append("status = 'pending' AND hold IS NULL AND run_at <= \(mark(dueBy))")
    }
    switch query.after {
    case .job(let uuid):
      indexed.append("seq < (SELECT seq FROM \(sql.jobs) WHERE uuid = \(mark(uuid)))")
    case .place(let place): indexed.append("seq < \(mark(place))")
    case nil: break
    }
    let known = indexed.isEmpty ? "" : "WHERE " + indexed.joined(separator: " AND ")
    let bounds = values
    let others =
      FilterSQL.conditions(columns.filter { !$0.isIndexed }, sql.schema, mark)
      + FilterSQL.hints(args, sql.schema, mark)
    let settings = try PostgresStatement(JobLook.settings)
    guard !others.isEmpty || !args.isAll else {
      statements = [
        settings,
        try PostgresStatement(
          """
          SELECT \(JobRow.columns) FROM \(sql.jobs) \(known)
          ORDER BY seq DESC LIMIT \(mark(mostRows))
          """,
          all: values),
      ]
      return
    }
    // The rows are gone through as long as more are wanted. A bare range of `seq` would let a plan
    // take another way, through all rows.
    let breadth = max(query.breadth, 1)
    let meant = others.isEmpty ? "" : "WHERE " + others.joined(separator: " AND ")
    let find = try PostgresStatement(
      """
      SELECT \(JobRow.columns) FROM (
        SELECT * FROM \(sql.jobs) \(known) ORDER BY seq DESC LIMIT \(mark(breadth))
      ) looked_at
      \(meant) ORDER BY seq DESC LIMIT \(mark(mostRows))
      """,
      all: values)
    let border = try PostgresStatement(
      """
      SELECT seq, inserted_at FROM \(sql.jobs) WHERE seq = (
        SELECT seq FROM \(sql.jobs) \(known)
        ORDER BY seq DESC OFFSET $\(bounds.count + 1) LIMIT 1)
      """,
      all: bounds + [breadth - 1])
    statements = [settings, find, border]
  }

  /// What the statements have answered.
  func list(_ answers: [Rows]) throws -> JobList {
    var list = JobList()
    var last: JobList.Next?
    for row in answers[1] {
      switch try JobRow.read(row) {
      case .success(let stored):
        if args.matches(stored.job) {
          guard list.jobs.count < limit else {
            list.next = last
            return list
          }
          list.jobs.append(stored.job)
        }
        last = .init(.place(stored.seq), lookedBackTo: stored.job.insertedAt)
      case .failure(let damage):
        last = .init(.place(damage.seq), lookedBackTo: damage.insertedAt)
      }
    }
    if answers[1].count == mostRows {
      list.next = last
    } else if answers.count > 2, let border = answers[2].first {
      list.next = .init(.place(try border.int64(0)), lookedBackTo: try border.instant(1))
    }
    return list
  }
}
