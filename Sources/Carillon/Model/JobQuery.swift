public import Foundation

/// Which jobs a reader wants to see, newest first.
public struct JobQuery: Sendable, Hashable {
  public var status: JobStatus?
  public var resource: Resource?
  public var queue: String?
  /// Only pending jobs without a hold whose `run_at` is not after this.
  public var dueBy: Instant?
  /// At most so many; 1…10 000.
  public var limit: Int
  /// Continue after this job of an earlier answer.
  public var after: UUID?

  public init(
    status: JobStatus? = nil, resource: Resource? = nil, queue: String? = nil,
    dueBy: Instant? = nil, limit: Int = 100, after: UUID? = nil
  ) {
    self.status = status
    self.resource = resource
    self.queue = queue
    self.dueBy = dueBy
    self.limit = min(max(limit, 1), 10_000)
    self.after = after
  }
}
