import Carillon
import Logging

/// What a simulated handler does: the args of its jobs.
struct SimulatedWork: Codable, Sendable {
  enum Kind: String, Codable, Sendable, CaseIterable {
    case succeed, fail, failSometimes, throwError, retryLater, snooze, cancelItself, scheduleMore
    /// Goes on for a while after it was cancelled, then ends as if nothing had been.
    case deaf
    /// Crashes its node.
    case poison
    /// Crashes its node, but only at its first attempt.
    case stumble
  }

  var kind: Kind
  var milliseconds: Int

  var duration: Duration { .milliseconds(milliseconds) }

  /// Works for its time, then ends as its kind says.
  func perform() async throws -> Outcome {
    let context = JobContext.current
    let node = try context.service(SimulatedNode.self)
    return try await node.world.runs.record(context.job, on: node) {
      try await work(on: node, context)
    }
  }

  private func work(on node: SimulatedNode, _ context: JobContext) async throws -> Outcome {
    let time = node.world.time
    let end = time.elapsed + duration
    switch kind {
    case .deaf: await time.rest(until: end)
    case .poison, .stumble:
      if kind == .poison || context.job.crashes == 0 {
        try await time.sleep(until: time.elapsed + duration / 2)
        node.crash()
        // The next suspension is the last: a crashed node's tasks never run again.
        try await time.sleep(until: end)
        throw CancellationError()
      }
    case .succeed, .fail, .failSometimes, .throwError, .retryLater, .snooze, .cancelItself,
      .scheduleMore:
      context.progress(0.1)
      try await time.sleep(until: end)
      if milliseconds % 3 == 0 { context.logger.info("done") }
    }
    switch kind {
    case .succeed, .deaf, .poison, .stumble: return .ok
    case .fail: return .error("always")
    case .failSometimes: return node.world.dice.isLucky(0.5) ? .error("sometimes") : .ok
    case .throwError: throw SimulatedFailure()
    case .retryLater: return .retry(after: .milliseconds(700), reason: "busy")
    case .snooze: return context.job.snoozes < 2 ? .snooze(.seconds(2)) : .ok
    case .cancelItself: return .cancel("pointless")
    case .scheduleMore:
      _ = try await context.schedule(
        node.world.load.requests(count: 2, makingMore: false, with: context.makeUUID))
      return .ok
    }
  }
}

struct SimulatedFailure: Error, CustomStringConvertible {
  let description = "thrown"
}
