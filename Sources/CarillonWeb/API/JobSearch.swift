import Carillon

/// Looks for a page of jobs, with a bound on the time: what an index doesn't know is looked for
/// further back with the next page.
struct JobSearch: Sendable {
  /// After so long a page is answered as it is. The look that is under way then is still waited for.
  private static let patience = Duration.milliseconds(120)

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
    var query = query
    if let cursor { query.after = try Cursor(cursor, list: list, key: key).position }
    let start = parts.clock.uptime()
    let found = try await parts.store.list(query) {
      parts.clock.uptime() - start < JobSearch.patience
    }
    var page = Page(jobs: found.jobs)
    if let next = found.next {
      page.next = Cursor(next.position, list: list).text(key: key)
      if found.jobs.count < query.limit { page.lookedBackTo = next.lookedBackTo }
    }
    return page
  }
}
