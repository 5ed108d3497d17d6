public import Foundation

/// The only way a job changes status: every arrow, with what it needs to know.
///
/// Delays are relative: the store's clock, and no other, turns them into instants.
public enum Transition: Sendable, Hashable {
  /// A node takes a due job: one attempt is spent, the fence grows.
  case claim(node: UUID)
  /// The handler answered `.ok`; `result` is JSON.
  case succeed(result: String?)
  /// The attempt failed and attempts are left.
  case retry(after: Duration, error: String)
  /// The attempt failed and none are left.
  case fail(error: String)
  /// The handler said "not now"; the attempt is given back.
  case snooze(Duration)
  /// Shutdown ended the attempt; it is given back.
  case release
  /// A pending job is stopped.
  case cancel(reason: String)
  /// A running job is stopped, by its handler or because that was requested.
  case stop(reason: String)
  /// Its node is gone; it runs again.
  case rescue(after: Duration)
  /// Its node is gone, and so was the one of its run alone.
  case lose(reason: String)
  /// Its node is gone, and a cancel had been requested.
  case abandon(reason: String)
  /// Nobody could run it for too long.
  case giveUp(reason: String)
  /// An operator gives it a new time, and a new life if it had ended.
  case reschedule(ScheduledTime)
  /// An operator wants a failed or cancelled job tried once more, now.
  case retryByHand
}

/// The statuses that a transition leads from, and the one it leads to.
public struct Edge: Sendable, Hashable {
  public let from: Set<JobStatus>
  public let to: JobStatus
}

extension Transition {
  /// The table that every store obeys.
  public var edge: Edge {
    switch self {
    case .claim: Edge(from: [.pending], to: .processing)
    case .succeed: Edge(from: [.processing], to: .executed)
    case .retry, .snooze, .release, .rescue: Edge(from: [.processing], to: .pending)
    case .fail, .lose: Edge(from: [.processing], to: .failed)
    case .stop, .abandon: Edge(from: [.processing], to: .cancelled)
    case .cancel: Edge(from: [.pending], to: .cancelled)
    case .giveUp: Edge(from: [.pending], to: .failed)
    case .reschedule: Edge(from: [.pending, .executed, .failed, .cancelled], to: .pending)
    case .retryByHand: Edge(from: [.failed, .cancelled], to: .pending)
    }
  }

  /// The transition's name in events, logs and documents.
  public var name: String {
    switch self {
    case .claim: "claim"
    case .succeed: "succeed"
    case .retry: "retry"
    case .fail: "fail"
    case .snooze: "snooze"
    case .release: "release"
    case .cancel: "cancel"
    case .stop: "stop"
    case .rescue: "rescue"
    case .lose: "lose"
    case .abandon: "abandon"
    case .giveUp: "give up"
    case .reschedule: "reschedule"
    case .retryByHand: "retry by hand"
    }
  }

  /// What becomes of it when a cancel of the running job has been requested: the request wins over
  /// another try and loses to an end that the handler reached.
  public func honouring(cancelRequestOf job: Job) -> Transition {
    guard job.cancelRequestedAt != nil else { return self }
    let reason = job.reason ?? Reason.cancelRequested
    switch insteadWhenCancelled ?? self {
    case .stop(Reason.cancelRequested): return .stop(reason: reason)
    case .abandon: return .abandon(reason: reason)
    case let other: return other
    }
  }

  /// Whether the attempts spent allow it: after the last there is no retry, and after the run alone
  /// no rescue.
  package func isWithinAttempts(of job: Job) -> Bool {
    switch self {
    case .retry: job.attempts < job.maxAttempts
    case .rescue: job.attempts <= job.maxAttempts
    case .snooze, .release: job.attempts > 0
    case .claim, .succeed, .fail, .cancel, .stop, .lose, .abandon, .giveUp, .reschedule,
      .retryByHand:
      true
    }
  }

  /// What takes its place when a cancel has been requested; nil when nothing does.
  package var insteadWhenCancelled: Transition? {
    switch self {
    case .retry, .snooze, .release: .stop(reason: Reason.cancelRequested)
    case .rescue, .lose: .abandon(reason: Reason.cancelRequested)
    case .claim, .succeed, .fail, .cancel, .stop, .abandon, .giveUp, .reschedule, .retryByHand:
      nil
    }
  }
}

/// The values of `reason` that Carillon itself writes.
public enum Reason {
  public static let cancelledByHand = "cancelled"
  public static let cancelRequested = "cancel_requested"
  public static let nodeLost = "node_lost"
  public static let handlerNotFound = "handler_not_found"
  public static let tooManySnoozes = "too_many_snoozes"
  /// A later occurrence of its schedule took its place.
  public static let overlap = "overlap"
  public static let scheduleRemoved = "schedule_removed"
}
