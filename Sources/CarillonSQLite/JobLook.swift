import Carillon
import GRDB

/// One look for jobs, newest first: through all that an index knows of, or through so many rows.
struct JobLook {
  private let query: JobQuery
  private let args: JobFilter
  /// What the rows fulfil that are gone through.
  private var known: (conditions: [String], values: [any SQLValue])
  /// What is asked of each of them.
  private let others: (conditions: [String], values: [any SQLValue])
  private let isOfRunning: Bool

  init(_ query: JobQuery) {
    self.query = query
    let (columns, args) = query.filter.split
    self.args = args
    known = FilterSQL.conditions(columns.filter(\.isIndexed))
    if columns.contains(where: \.isOfHeld) { known.conditions.append("status = 'pending'") }
    if let dueBy = query.dueBy {
      known.conditions.append("status = 'pending' AND hold IS NULL AND run_at <= ?")
      known.values.append(dueBy)
    }
    switch query.after {
    case .job(let uuid):
      known.conditions.append("seq < (SELECT seq FROM carillon_jobs WHERE uuid = ?)")
      known.values.append(uuid)
    case .place(let place):
      known.conditions.append("seq < ?")
      known.values.append(place)
    case nil: break
    }
    let (asked, hints) = (
      FilterSQL.conditions(columns.filter { !$0.isIndexed }), FilterSQL.hints(args)
    )
    others = (asked.0 + hints.0, asked.1 + hints.1)
    // Few run, and an index of theirs knows them: not a walk over all the others in order.
    isOfRunning = columns.contains { !$0.isNegated && $0.anyOf == [.status(.processing)] }
  }

  /// Reads until there are enough, or no more to look at.
  func list(from database: Database) throws -> JobList {
    var bounded = known
    var border: JobList.Next?
    if !others.conditions.isEmpty || !args.isAll {
      border = try self.border(in: database)
      if case .place(let place)? = border?.position {
        bounded.conditions.append("seq >= ?")
        bounded.values.append(place)
      }
    }
    let rows = try SQL(
      database,
      """
      SELECT \(JobRow.columns) FROM carillon_jobs
      \(JobLook.filter(bounded.conditions + others.conditions)) ORDER BY \(order) DESC
      """,
      all: bounded.values + others.values)
    var list = JobList(next: border)
    var last: JobList.Next?
    var bytes = 0
    while try rows.step() {
      bytes += rows.size(6) + rows.size(24)
      guard let stored = try? JobRow.read(rows) else { continue }
      let place = JobList.Next(.place(stored.seq), lookedBackTo: stored.job.insertedAt)
      if args.matches(stored.job) {
        guard list.jobs.count < query.limit else {
          // There is one more.
          list.next = last
          break
        }
        list.jobs.append(stored.job)
      }
      last = place
      if bytes >= query.mostBytes {
        list.next = place
        break
      }
    }
    return list
  }

  /// The last row that is looked at; nil when all are.
  private func border(in database: Database) throws -> JobList.Next? {
    let row = try SQL(
      database,
      """
      SELECT seq, inserted_at FROM carillon_jobs WHERE seq = (
        SELECT seq FROM carillon_jobs \(JobLook.filter(known.conditions))
        ORDER BY \(order) DESC LIMIT 1 OFFSET ?)
      """,
      all: known.values + [max(query.breadth, 1) - 1])
    guard try row.step() else { return nil }
    return .init(.place(row.int64(0)), lookedBackTo: row.instant(1))
  }

  private var order: String { isOfRunning ? "+seq" : "seq" }

  private static func filter(_ conditions: [String]) -> String {
    conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
  }
}
