/// How an attempt ended, as the engine saw it.
package enum Ending: Sendable {
  /// The handler returned.
  case outcome(Outcome.Kind)
  /// The handler threw, or could not be called at all.
  case threw(String)
  /// The handler threw after shutdown, or a lost lease, had cancelled it.
  case interrupted
  /// The handler threw after a requested cancel had cancelled it.
  case cancelled
}

/// The rules by which an attempt's ending becomes a transition: a pure function.
package struct Judgement: Sendable {
  /// Snoozes after which a job ends as cancelled: something keeps it from ever running.
  package static let mostSnoozes = 10_000

  package var policy: RetryPolicy
  /// In 0..<1; places a delay within its jitter. Asked only when there is one.
  package var random: @Sendable () -> Double

  package init(policy: RetryPolicy, random: @escaping @Sendable () -> Double) {
    self.policy = policy
    self.random = random
  }

  package func transition(for job: Job, after ending: Ending) -> Transition {
    switch ending {
    case .outcome(.ok(let result)): .succeed(result: result.flatMap { ResultText($0).json })
    case .outcome(.error(let reason)), .threw(let reason): failure(of: job, reason, delay: nil)
    case .outcome(.retry(let delay, let reason)): failure(of: job, reason, delay: delay)
    case .outcome(.snooze(let delay)): snooze(job, delay)
    case .outcome(.cancel(let reason)): .stop(reason: StoredText.reason(reason))
    case .interrupted: .release
    case .cancelled: .stop(reason: Reason.cancelRequested)
    }
  }

  private func failure(of job: Job, _ reason: String, delay: Duration?) -> Transition {
    let error = StoredText.error(reason)
    guard job.attempts < job.maxAttempts else { return .fail(error: error) }
    let failures = job.failures < .max ? job.failures + 1 : .max
    let wait =
      delay.map { min(max($0, .zero), .seconds(366 * 86_400)) }
      ?? policy.delay(after: .init(failures: failures, error: error), random: random())
    return .retry(after: wait, error: error)
  }

  private func snooze(_ job: Job, _ delay: Duration) -> Transition {
    guard job.snoozes < Judgement.mostSnoozes else { return .stop(reason: Reason.tooManySnoozes) }
    // A snooze of nothing would spin; a second is the shortest.
    return .snooze(min(max(delay, .seconds(1)), .seconds(366 * 86_400)))
  }

  /// What becomes of a job whose node is gone. Its first crash runs again at once, so that a killed
  /// node's work isn't late; a second looks like the job's own doing and backs off.
  package static func rescue(of job: Job) -> Transition {
    guard job.attempts <= job.maxAttempts else { return .lose(reason: Reason.nodeLost) }
    let crashes = job.crashes < .max ? job.crashes + 1 : .max
    guard crashes > 1 else { return .rescue(after: .zero) }
    let failure = RetryPolicy.Failure(failures: crashes - 1, error: Reason.nodeLost)
    return .rescue(after: RetryPolicy.standard.delay(after: failure, random: 0.5))
  }
}
