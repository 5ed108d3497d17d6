/// What a store should do with a settlement.
package enum SettlementDecision: Sendable {
  /// Write both in one step.
  case write(Job, Attempt)
  case answer(SettlementAnswer)
}

extension Settlement {
  /// Decides from the row and the attempt's record as they are now: the fence of every store.
  ///
  /// - Parameter recorded: the attempt's record, asked for only when the claim doesn't match.
  package func decision(
    job: Job?, recorded: () throws -> Attempt?, at now: Instant
  ) rethrows -> SettlementDecision {
    if let job, job.fence == fence {
      let transition = transition.honouring(cancelRequestOf: job)
      do {
        return .write(
          try job.applying(transition, at: now),
          attempt.ended(by: transition, at: now))
      } catch {
        return .answer(.refused(error.description))
      }
    }
    // No row, or another claim's. Did an earlier write of ours succeed whose answer got lost?
    guard let recorded = try recorded(), recorded.node == fence.node,
      let outcome = recorded.outcome
    else { return .answer(.lost) }
    let same = outcome == transition.attemptOutcome
    let sameButCancelled = outcome == .cancel && transition.insteadWhenCancelled != nil
    return .answer(same || sameButCancelled ? .alreadyApplied : .lost)
  }
}

extension Attempt {
  /// The record completed by the transition that ended the attempt.
  package func ended(by transition: Transition, at now: Instant) -> Attempt {
    var attempt = self
    attempt.endedAt = max(now, startedAt)
    attempt.outcome = transition.attemptOutcome
    attempt.error = transition.error ?? attempt.error
    attempt.fingerprint = attempt.error.map(errorFingerprint)
    return attempt
  }
}
