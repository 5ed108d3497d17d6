import Carillon
import Foundation
import Synchronization

/// Does nothing, and says when it was started to a probe that wants to know.
final class BenchHandler: UnlistedHandler {
  static let jobType = "carillon_bench"
  static let resourceType = "carillon_bench"
  static let queue = "carillon-bench"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    let context = JobContext.current
    try context.service(BenchProbe.self).note(context.job)
    return .ok
  }
}

/// Collects when jobs were started, or does nothing where only rates are measured.
final class BenchProbe: Sendable {
  struct Start: Sendable {
    let uuid: UUID
    /// By the wall clock, to compare with scheduled times.
    let at: Instant
    /// By the monotonic clock, to compare with what this process did.
    let uptime: Duration
    let scheduledAt: Instant
  }

  let starts: AsyncStream<Start>
  private let continuation: AsyncStream<Start>.Continuation
  private let clock = SystemClock()
  private let isListening: Bool

  init(isListening: Bool) {
    self.isListening = isListening
    (starts, continuation) = AsyncStream.makeStream()
  }

  func note(_ job: Job) {
    guard isListening else { return }
    continuation.yield(
      Start(
        uuid: job.uuid, at: clock.now(), uptime: clock.uptime(), scheduledAt: job.scheduledAt))
  }

  /// No more will come; whoever waits goes on with what there is.
  func end() { continuation.finish() }
}
