import Logging

/// What the main loop remembers from turn to turn.
struct Loop: Sendable {
  /// For a sweep: the time up to which jobs are due.
  var dueBy: Instant?
  /// Ended attempts that the store hasn't confirmed yet.
  var unsettled: [Ended] = []
  /// Claims whose end the store won't take in any form.
  var refused: Set<Fence> = []
  /// A store call failed, so a claim of ours may stand there that we don't know of.
  var isUnsure = false
  /// The uptime of the next look at what the store says we hold.
  var nextReconciling: Duration
  var lastClaimWasEmpty = false
  var drainDeadline: Duration?
  var leaveDeadline: Duration?
  /// Whichever of the two is next.
  var stopDeadline: Duration?
  var outage: Outage?
  var tally = Tally()

  struct Outage: Sendable {
    let since: Duration
    var pause: Duration
  }

  init(dueBy: Instant?, nextReconciling: Duration) {
    self.dueBy = dueBy
    self.nextReconciling = nextReconciling
  }

  /// The store has failed: answers with when to try again, sooner at first.
  mutating func noteFailure(_ error: StoreError, at uptime: Duration, _ logger: Logger) -> Duration
  {
    isUnsure = true
    if var outage {
      outage.pause = min(outage.pause * 2, .seconds(5))
      self.outage = outage
      return uptime + outage.pause
    }
    // Once per outage, not once per try.
    logger.error("The store can't be used; running jobs go on and it is tried again: \(error)")
    outage = Outage(since: uptime, pause: .milliseconds(100))
    return uptime + .milliseconds(100)
  }
}

extension Ended {
  /// The same end said in the plainest way, for a store that won't take it as it is; nil when it was
  /// plain already.
  func simplified(_ why: String) -> Ended? {
    let plain = StoredText.error("the outcome could not be stored: \(why)")
    if case .fail(let error) = settlement.transition, error.hasPrefix("the outcome could not") {
      return nil
    }
    guard let attempt = Attempt(running: job) else { return nil }
    return Ended(
      settlement: Settlement(
        fence: settlement.fence, transition: .fail(error: plain), attempt: attempt),
      job: job)
  }
}

/// How many attempts a run of the engine has brought to which end.
public struct Tally: Sendable, Hashable {
  /// Attempts whose job was executed.
  public private(set) var executed = 0
  /// Attempts that failed, whether or not the job is tried again.
  public private(set) var failed = 0
  /// Attempts that ended otherwise: snoozed, released, cancelled.
  public private(set) var other = 0

  public init() {}

  package mutating func add(_ other: Tally) {
    executed += other.executed
    failed += other.failed
    self.other += other.other
  }

  mutating func add(_ outcome: AttemptOutcome) {
    switch outcome {
    case .ok: executed += 1
    case .error: failed += 1
    case .snooze, .release, .cancel, .lost: other += 1
    }
  }
}
