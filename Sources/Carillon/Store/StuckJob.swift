import Foundation

/// A running job that should have ended: it was asked to, or its timeout has passed.
package struct StuckJob: Sendable, Hashable {
  /// How long a handler may take to heed that it was asked to end.
  package static let patience: Duration = .seconds(60)
  /// How long it may take to heed its timeout.
  package static let grace: Duration = .seconds(5)

  /// `runs for 9m; its timeout is 20s.`
  package let words: String

  package static let advice =
    "Its handler doesn't heed cancellation: check Task.isCancelled in its loops, and give it "
    + "calls that can be cancelled. Restarting its node frees the slot."

  /// - Parameter timeout: its handler's; nil when it has none, or none is known.
  package init?(_ job: Job, timeout: Duration?, at now: Instant) {
    guard job.status == .processing, let start = job.claimedAt else { return nil }
    if let asked = job.cancelRequestedAt, now - asked > StuckJob.patience {
      words = "was asked to end \((now - asked).coarseText) ago and still runs."
    } else if let timeout, now - start > timeout + StuckJob.grace {
      words = "runs for \((now - start).coarseText); its timeout is \(timeout.text)."
    } else {
      return nil
    }
  }
}

extension [PublishedHandler] {
  /// The timeouts of those that have one.
  package var timeouts: [HandlerKey: Duration] {
    var timeouts: [HandlerKey: Duration] = [:]
    for handler in self {
      guard let milliseconds = handler.timeoutMilliseconds else { continue }
      for key in handler.keys { timeouts[key] = .milliseconds(milliseconds) }
    }
    return timeouts
  }
}
