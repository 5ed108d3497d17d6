public import Foundation

/// Which jobs a reader wants to see, newest first.
public struct JobQuery: Sendable, Hashable {
  /// The most jobs that one answer holds.
  public static let mostJobs = 10_000

  public var filter: JobFilter
  /// Only pending jobs without a hold whose `run_at` is not after this.
  public var dueBy: Instant?
  /// At most so many; 1…10 000.
  public var limit: Int
  /// Continue behind this place of an earlier answer.
  public var after: JobPosition?
  /// How many jobs one look of the store goes through at most, where no index knows those that the
  /// filter means; at least 1. It bounds what a look costs, not what is found in the end.
  public var breadth = 20_000
  /// A look ends when it has read so many bytes of args and results; 4 MiB.
  public var mostBytes = 4_194_304

  public init(
    _ filter: JobFilter = .all, dueBy: Instant? = nil, limit: Int = 100, after: JobPosition? = nil
  ) {
    self.filter = filter
    self.dueBy = dueBy
    self.limit = min(max(limit, 1), JobQuery.mostJobs)
    self.after = after
  }

  /// Jobs of this status, resource and queue, as far as they are given.
  public init(
    status: JobStatus? = nil, resource: Resource? = nil, queue: String? = nil,
    dueBy: Instant? = nil, limit: Int = 100, after: JobPosition? = nil
  ) {
    var filter = JobFilter.all
    if let status { filter = filter.and(.status(status)) }
    if let resource { filter = filter.and(.resource(resource)) }
    if let queue { filter = filter.and(.queue(.init(queue))) }
    self.init(filter, dueBy: dueBy, limit: limit, after: after)
  }
}

extension JobQuery {
  /// Whether it asks for this job; `named` is its filter, with nodes by their UUID.
  func means(_ job: Job, _ named: JobFilter) -> Bool {
    named.matches(job)
      && dueBy.map { job.status == .pending && job.hold == nil && job.runAt <= $0 } ?? true
  }
}

extension Job {
  /// Bytes of what may be large in it: its args and its result.
  package var weight: Int { args.json.utf8.count + (result?.utf8.count ?? 0) }
}

/// A place in the order in which a store got its jobs.
public enum JobPosition: Sendable, Hashable {
  /// Where that job is. There is nothing behind one that has been deleted.
  case job(UUID)
  /// A place as the store itself counts them; it stays one when the job there is deleted.
  case place(Int64)
}
