/// What a look for jobs has found, newest first, and where the next one begins.
public struct JobList: Sendable, Hashable {
  /// Where a list goes on.
  public struct Next: Sendable, Hashable {
    public let position: JobPosition
    /// When the last job that was looked at was stored.
    public let lookedBackTo: Instant

    public init(_ position: JobPosition, lookedBackTo: Instant) {
      self.position = position
      self.lookedBackTo = lookedBackTo
    }
  }

  public var jobs: [Job]
  /// Nil when there are no more. A look is bounded: it may have found fewer than were wanted, and
  /// none at all, though there are more further back.
  public var next: Next?

  public init(jobs: [Job] = [], next: Next? = nil) {
    self.jobs = jobs
    self.next = next
  }
}

extension JobStore {
  /// As many jobs as the query wants, newest first, or all that there are: looks on until then,
  /// which takes seconds where millions of jobs lie between the few that are meant.
  public func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] {
    var query = query
    var jobs: [Job] = []
    let wanted = query.limit
    repeat {
      query.limit = wanted - jobs.count
      let list = try await list(query)
      jobs += list.jobs
      query.after = list.next?.position
    } while jobs.count < wanted && query.after != nil
    return jobs
  }
}
