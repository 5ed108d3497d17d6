import Foundation

/// The end of an attempt, as the node that ran it reports it.
public struct Settlement: Sendable, Hashable {
  public let fence: Fence
  public let transition: Transition
  /// The attempt's record, complete but for what the store decides (`outcome`, `endedAt`).
  public let attempt: Attempt
  /// The job as the node has claimed it, if it still has it: a store may write the end without
  /// reading the row again, on condition that nothing has touched it since.
  public let claimed: Job?

  public init(fence: Fence, transition: Transition, attempt: Attempt, claimed: Job? = nil) {
    self.fence = fence
    self.transition = transition
    self.attempt = attempt
    self.claimed = claimed
  }
}

/// What became of a settlement.
public enum SettlementAnswer: Sendable, Hashable {
  /// It was written; the job as it now is.
  case applied(Job)
  /// An earlier write of unknown fate had done the same.
  case alreadyApplied
  /// The claim belongs to somebody else by now, or the job is gone: the outcome counts for nothing.
  case lost
  /// This one can't be written, now or later; the rest of its batch was.
  case refused(String)
  /// Somebody else has locked its row, and nobody waits for that: it wasn't written, and should be
  /// sent again later.
  case busy

  /// Whether the job waits again, so that other nodes should know.
  package var isPendingAgain: Bool {
    switch self {
    case .applied(let job): job.status == .pending
    case .alreadyApplied, .lost, .refused, .busy: false
    }
  }
}

/// Queues that a node works on, and how many jobs at once.
public enum QueueLimits: Sendable, Hashable {
  /// Every queue, so many jobs in all.
  case all(Int)
  /// Only these queues, so many jobs in each.
  case each([String: Int])

  /// Whether jobs of `queue` are worked on at all.
  public func contains(_ queue: String) -> Bool {
    switch self {
    case .all: true
    case .each(let counts): counts[queue] != nil
    }
  }

  /// What is left when `other`, of the same queues, is taken away.
  package func without(_ other: QueueLimits) -> QueueLimits {
    switch (self, other) {
    case (.all(let count), .all(let taken)): .all(max(count - taken, 0))
    case (.each(let counts), .each(let taken)):
      .each(counts.merging(taken) { max($0 - $1, 0) })
    case (.all, .each), (.each, .all): self
    }
  }

  /// The same with at most `most` in each.
  package func capped(at most: Int) -> QueueLimits {
    switch self {
    case .all(let count): .all(min(count, most))
    case .each(let counts): .each(counts.mapValues { min($0, most) })
    }
  }

  /// So many jobs in all.
  package var total: Int {
    switch self {
    case .all(let count): count
    case .each(let counts): counts.values.reduce(0) { $0.addingSaturated($1) }
    }
  }
}

/// Jobs that a node could start right now.
public struct ClaimRequest: Sendable, Hashable {
  /// The handlers it knows.
  public var keys: Set<HandlerKey>
  /// Free slots.
  public var free: QueueLimits
  /// Whether it runs nothing, so that a job that must run alone may be handed to it.
  public var idle: Bool
  /// Only jobs whose `run_at` is not after this, for a sweep; nil: all that is due.
  public var dueBy: Instant?
  /// Its handlers' names by their older ones, for a handler that is closed is so by all its names.
  public var aliases: [String: String]

  public init(
    keys: Set<HandlerKey>, free: QueueLimits, idle: Bool, dueBy: Instant? = nil,
    aliases: [String: String] = [:]
  ) {
    self.keys = keys
    self.free = free
    self.idle = idle
    self.dueBy = dueBy
    self.aliases = aliases
  }

  /// What of it may pass: without the handlers whose jobs are to be held.
  package func passing(_ closed: ClosedScopes) -> ClaimRequest {
    guard closed.closesKeys else { return self }
    var request = self
    request.keys = keys.filter { !closed.closes($0, aliases: aliases) }
    return request
  }

  /// Whether jobs of this key that are held as paused may be freed. What isn't known here may have the
  /// older name of a closed handler: then it is left to a node that knows.
  package func frees(_ key: HandlerKey, _ closed: ClosedScopes) -> Bool {
    !closed.closes(key, aliases: aliases) && (keys.contains(key) || closed.handlers.isEmpty)
  }

  /// Whether so many jobs, if any, take every slot: then it doesn't matter when the next is due.
  package func isFilled(by count: Int) -> Bool {
    count > 0 && count >= free.total
  }
}

/// What a store answers to a node's turn.
public struct Exchange: Sendable, Hashable {
  /// One for each settlement, in order.
  public var answers: [SettlementAnswer] = []
  /// The claimed jobs, in the order in which they should start.
  public var claimed: [Job] = []
  /// The node isn't registered any more: it was rescued, holds nothing and may claim nothing.
  public var nodeIsGone = false
  /// Running claims of this node whose cancel has been requested.
  public var cancelRequests: [Fence] = []
  /// `run_at` of the first ready job that is not due yet, or when a closed gate opens; `now` if there
  /// is more to look at than one exchange does. Nil when there is none, or when the claim took all it
  /// asked for.
  public var nextDue: Instant?
  /// The store's clock.
  public var now: Instant

  public init(now: Instant) { self.now = now }

  /// Whether another look should follow at once.
  var isPartial: Bool { nextDue.map { $0 <= now } ?? false }
}
