import Carillon

/// Looks for a page of jobs, with a bound on its time and on its size: what an index doesn't know is
/// looked for further back with the next page, and so are jobs whose args are large.
struct JobSearch: Sendable {
  /// After so long a page is answered as it is. The look that is under way then is still waited for.
  private static let patience = Duration.milliseconds(120)
  /// How many jobs a look asks for.
  private static let stride = 50
  /// How many jobs the first look goes through, and the last. In between it depends on how long one
  /// takes: to look for a text in a megabyte of args takes as long as to look at a thousand jobs.
  private static let breadth = (first: 500, last: 20_000)

  let parts: APIParts

  struct Page {
    var jobs: [Job]
    /// The cursor of the page behind; nil when this is the last.
    var next: String?
    /// Set when the page isn't full though there is one behind.
    var lookedBackTo: Instant?
  }

  /// - Parameter list: what the cursor must belong to: all that was asked for, but for the place.
  func page(
    _ query: JobQuery, of list: String, from cursor: String?
  ) async throws -> Page {
    let key = try await parts.cursorKey.key()
    let wanted = query.limit
    var query = query
    if let cursor { query.after = try Cursor(cursor, list: list, key: key).position }
    let start = parts.clock.uptime()
    var found = JobList()
    var bytes = 0
    query.breadth = JobSearch.breadth.first
    repeat {
      let begin = parts.clock.uptime()
      query.limit = min(wanted - found.jobs.count, JobSearch.stride)
      let further = try await parts.store.list(query)
      found.jobs += further.jobs
      found.next = further.next
      query.after = further.next?.position
      if parts.clock.uptime() - begin < JobSearch.patience / 10 {
        query.breadth = min(query.breadth * 4, JobSearch.breadth.last)
      }
      bytes += further.jobs.reduce(0) { $0 + $1.weight }
    } while found.jobs.count < wanted && query.after != nil && bytes < query.mostBytes
      && parts.clock.uptime() - start < JobSearch.patience
    var page = Page(jobs: found.jobs)
    if let next = found.next {
      page.next = Cursor(next.position, list: list).text(key: key)
      if found.jobs.count < wanted { page.lookedBackTo = next.lookedBackTo }
    }
    return page
  }
}
