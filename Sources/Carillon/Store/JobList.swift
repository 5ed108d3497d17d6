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
    try await list(query) { true }.jobs
  }

  /// Looks once, and on as long as jobs are wanting, there may be more, and `isPatient` says so.
  public func list(
    _ query: JobQuery, while isPatient: () -> Bool
  ) async throws(StoreError) -> JobList {
    var query = query
    let wanted = query.limit
    var list = try await self.list(query)
    while list.jobs.count < wanted, let next = list.next, isPatient() {
      query.limit = wanted - list.jobs.count
      query.after = next.position
      let further = try await self.list(query)
      list.jobs += further.jobs
      list.next = further.next
    }
    return list
  }
}
