import CarillonTesting
import Foundation

@testable import Carillon

/// A pending job, due at the clock's start, with what a test cares about.
func makeJob(
  uuid: UUID = UUID(), handler: String = "Tests.Handler", queue: String = "default",
  priority: Int = 0, maxAttempts: Int = 3, attempts: Int = 0,
  at instant: Instant = ManualClock.start
) throws -> Job {
  let request = try JobRequest(
    uuid: uuid, jobType: "test", handlerModule: handler, resource: Resource("post", UUID()),
    queue: queue, priority: priority, maxAttempts: maxAttempts)
  var job = request.job(at: instant)
  job.attempts = attempts
  return job
}

/// A job brought to `status` by legal moves alone.
func makeJob(in status: JobStatus, maxAttempts: Int = 3) throws -> Job {
  let pending = try makeJob(maxAttempts: maxAttempts)
  if status == .pending { return pending }
  let now = ManualClock.start + .seconds(1)
  let running = try pending.applying(.claim(node: UUID()), at: now)
  switch status {
  case .pending, .processing: return running
  case .executed: return try running.applying(.succeed(result: "1"), at: now)
  case .failed: return try running.applying(.fail(error: "broken"), at: now)
  case .cancelled: return try running.applying(.stop(reason: "pointless"), at: now)
  }
}

extension Transition {
  /// One of each.
  static let samples: [Transition] = [
    .claim(node: UUID()), .succeed(result: "{}"), .retry(after: .seconds(5), error: "busy"),
    .fail(error: "broken"), .snooze(.seconds(7)), .release, .cancel(reason: "by hand"),
    .stop(reason: "pointless"), .rescue(after: .seconds(3)), .lose(reason: Reason.nodeLost),
    .abandon(reason: Reason.cancelRequested), .giveUp(reason: Reason.handlerNotFound),
    .reschedule(.in(.seconds(9))), .retryByHand,
  ]
}
