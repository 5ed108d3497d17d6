import Logging

/// What comes back from the store, and what is made of it.
extension Engine {
  /// What became of an exchange's settlements.
  func note(
    _ answers: [SettlementAnswer], of unsettled: [Ended], at now: Instant, _ loop: inout Loop
  ) {
    var locked: [Ended] = []
    for (ended, answer) in zip(unsettled, answers) {
      switch answer {
      case .applied(let job):
        let transition = ended.settlement.transition
        let outcome: AttemptOutcome? =
          job.status == .cancelled ? .cancel : transition.attemptOutcome
        guard let outcome else { continue }
        loop.tally.add(outcome)
        instruments.settled(ended.job, outcome, now: now)
        log(job, ended, outcome)
      case .alreadyApplied:
        if let outcome = ended.settlement.transition.attemptOutcome { loop.tally.add(outcome) }
      case .lost:
        instruments.claimLost()
        logger.warning(
          "The outcome of a lost claim was dropped.", metadata: ended.job.logMetadata)
      case .refused(let why):
        logger.error(
          "An outcome could not be stored: \(why)", metadata: ended.job.logMetadata)
        if let simpler = ended.simplified(why) {
          loop.unsettled.append(simpler)
        } else {
          loop.refused.insert(ended.settlement.fence)
        }
      case .busy: locked.append(ended)
      }
    }
    if !locked.isEmpty, !loop.isHeldUp {
      // Once, not at every try.
      logger.warning(
        "Outcomes wait, for somebody else has locked their rows; others go on. Is a transaction open?",
        metadata: locked[0].job.logMetadata)
    }
    loop.putOff(locked, at: environment.clock.uptime())
  }

  /// Takes on what the store says this node holds but the node doesn't know of: the claim's answer
  /// was lost on the way.
  func reconcile(_ loop: inout Loop) async throws(StoreError) {
    let node = keeper.uuid
    let held = try await store.claims(of: node)
    let unsettled = Set((loop.unsettled + loop.heldUp).map(\.settlement.fence))
    for job in held {
      guard let fence = job.fence, !unsettled.contains(fence), !loop.refused.contains(fence),
        !running.contains(fence)
      else { continue }
      take(job, &loop)
    }
    loop.isUnsure = false
    loop.nextReconciling = environment.clock.uptime() + configuration.lease
  }

  /// Keeps what running attempts say of themselves, about once a second.
  func report() async {
    let clock = environment.clock
    while (try? await clock.sleep(until: clock.uptime() + .seconds(1))) != nil {
      let changed = running.changed()
      guard !changed.isEmpty else { continue }
      do {
        for fence in try await store.report(changed) {
          running.cancel(fence, because: .leaseLost)
        }
      } catch {
        guard !Task.isCancelled else { return }
        logger.debug("Progress could not be stored: \(error)")
      }
    }
  }

  private func log(_ job: Job, _ ended: Ended, _ outcome: AttemptOutcome) {
    switch outcome {
    case .ok: logger.debug("Job executed.", metadata: job.logMetadata)
    case .error where job.status == .failed:
      logger.error(
        "Job failed: \(job.lastError ?? "")", metadata: ended.job.logMetadata)
    case .error:
      logger.warning(
        "Attempt failed, next at \(job.runAt.rfc3339): \(job.lastError ?? "")",
        metadata: ended.job.logMetadata)
    case .snooze, .release, .cancel, .lost:
      logger.info("Attempt ended: \(outcome.rawValue).", metadata: ended.job.logMetadata)
    }
  }
}
