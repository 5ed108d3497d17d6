/// Another place for a pending job among the others; what isn't said stays as it is.
///
/// What it is made of can't be edited: its handler, resource, args and times.
public struct JobEdit: Sendable, Hashable {
  public let priority: Int?
  public let queue: String?
  /// Attempts that are spent already stay within: it becomes at least one more than those.
  public let maxAttempts: Int?

  /// Throws what `JobRequest` throws for a value that no job may have.
  public init(
    priority: Int? = nil, queue: String? = nil, maxAttempts: Int? = nil
  ) throws(JobRequestError) {
    if let queue { try JobRequest.check(name: queue, of: "queue") }
    if let priority { try JobRequest.check(priority: priority) }
    if let maxAttempts { try JobRequest.check(maxAttempts: maxAttempts) }
    self.priority = priority
    self.queue = queue
    self.maxAttempts = maxAttempts
  }

  /// Whether it changes nothing.
  public var isEmpty: Bool { priority == nil && queue == nil && maxAttempts == nil }

  package func applied(to job: Job, at now: Instant) -> Job {
    job.placed(
      queue: queue ?? job.queue, priority: priority ?? job.priority,
      maxAttempts: maxAttempts.map { max($0, job.attempts.addingSaturated(1)) }
        ?? job.maxAttempts, at: now)
  }
}
