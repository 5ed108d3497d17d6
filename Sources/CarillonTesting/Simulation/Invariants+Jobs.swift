import Carillon
import Foundation

/// One job before and after one write.
extension Invariants {
  func saw(_ uuid: UUID, _ after: Job?, after write: StoreWrite) {
    let before = known[uuid]?.job
    guard before != after else { return }
    switch (before, after) {
    case (nil, nil): return
    case (nil, let after?): appeared(after, write)
    case (let before?, nil): vanished(before, write)
    case (let before?, let after?): changed(before, after, write)
    }
    known[uuid]?.job = after
  }

  private func appeared(_ job: Job, _ write: StoreWrite) {
    let isInsert =
      switch write {
      case .insert, .fire: true
      case .command, .cancelJobs, .exchange, .join, .leave, .rescue, .hold, .giveUp, .prune,
        .gate, .turn, .nothing:
        false
      }
    world.trace.note(.insert, job.uuid.halves.low, text: world.trace.name(job.uuid))
    // An insert that was given up, repeated and written late may bring back what was deleted since;
    // deleting forgets the uuid.
    if let ends = known[job.uuid]?.ends, !ends.isEmpty {
      known[job.uuid]?.formerEnds += ends.values
      known[job.uuid]?.ends = [:]
      world.runs.forget(job.uuid)
    }
    expect(known[job.uuid] != nil && isInsert, "an unexpected job appeared: \(job.uuid.text)")
    expect(
      job.status == .pending && job.claim == 0 && job.attempts == 0 && job.run == 1,
      "\(name(job)) was stored as something else than a new pending job")
  }

  private func vanished(_ job: Job, _ write: StoreWrite) {
    world.trace.note(.remove, job.uuid.halves.low, text: world.trace.name(job.uuid))
    switch write {
    case .command(.delete):
      expect(known[job.uuid]?.isDeleteAsked == true, "\(name(job)) was deleted unasked")
      expect(job.status != .processing, "\(name(job)) was deleted while it ran")
    case .prune:
      expect(job.status.isFinal, "\(name(job)) was pruned while it was \(job.status)")
    case .insert, .command, .cancelJobs, .exchange, .join, .leave, .rescue, .hold, .giveUp,
      .fire, .gate, .turn, .nothing:
      expect(false, "\(name(job)), \(job.status), was lost")
    }
  }

  private func changed(_ before: Job, _ after: Job, _ write: StoreWrite) {
    expect(after.claim >= before.claim, "the claim of \(name(before)) fell to \(after.claim)")
    expect(after.run >= before.run, "the run of \(name(before)) fell")
    expect(
      after.args == before.args && after.handlerKey == before.handlerKey
        && after.resource == before.resource && after.insertedAt == before.insertedAt,
      "what was asked for with \(name(before)) changed")
    expect(
      after.attempts >= 0 && after.attempts <= after.maxAttempts + 1,
      "\(name(after)) has \(after.attempts) of \(after.maxAttempts) attempts")
    expect(
      (after.status == .processing) == (after.node != nil),
      "\(name(after)) is \(after.status) with node \(after.node?.text ?? "none")")
    let isClaim = after.claim != before.claim
    var attempts = before.attempts
    if before.status == .processing, isClaim || after.status != .processing {
      let end = ended(before, write)
      let isGivenBack = end?.outcome == .snooze || end?.outcome == .release
      if isGivenBack { attempts -= 1 }
      if !isClaim, let end { checkEnd(end, before, after) }
    } else if before.status != after.status, !isClaim {
      checkCommand(before, after, write)
      return
    } else if before.status == .pending, after.status == .pending {
      checkWaiting(before, after, write)
      return
    }
    if isClaim { claimed(before, after, attempts, write) }
    if after.status == .processing, !isClaim {
      let isRequest = if case .command(.requestCancel) = write { true } else { false }
      expect(
        isRequest && after.cancelRequestedAt != nil && after.fence == before.fence,
        "the running \(name(before)) was changed")
      if before.cancelRequestedAt == nil {
        known[before.uuid]?.cancelAskedAt = world.time.elapsed
      }
    } else {
      expect(
        isClaim || after.attempts == attempts,
        "\(name(before)) has \(after.attempts) attempts where \(attempts) were spent")
    }
  }

  // MARK: Claims

  private func claimed(
    _ before: Job, _ after: Job, _ attempts: Int, _ write: StoreWrite
  ) {
    let now = world.storeClock.now()
    known[after.uuid]?.cancelAskedAt = nil
    known[after.uuid]?.claimedAt = world.time.elapsed
    guard case .exchange(_, let node) = write else {
      expect(false, "\(name(before)) was claimed by something else than a node's turn")
      return
    }
    world.trace.note(
      .claim, after.uuid.halves.low, UInt64(after.claim),
      text: "\(name(after)) by \(members[node]?.process.name ?? node.text)")
    expect(after.claim == before.claim + 1, "\(name(before)) skipped a claim")
    expect(after.node == node, "\(name(after)) was claimed by one node for another")
    expect(members[node]?.isGone == false, "\(name(after)) was claimed by an unregistered node")
    expect(after.runAt <= now, "\(name(after)) was started early: \(now - after.runAt)")
    expect(
      after.scheduledAt <= now || known[after.uuid]?.isRetriedByHand == true
        || world.clockSteppedAt != nil,
      "\(name(after)) was started before its nominal time")
    expect(after.hold == nil, "\(name(after)) was started although it is held")
    expect(!isClosed(after, at: now), "\(name(after)) was started although its gate is closed")
    expect(
      after.attempts == attempts + 1,
      "\(name(after)) went from \(attempts) to \(after.attempts) attempts")
    expect(
      after.attempts <= after.maxAttempts || after.crashes > 0,
      "\(name(after)) got a run alone without a crash")
    if world.setting.isCalm, !members.isEmpty {
      // Its turn may have come with this very claim.
      let ready = max(after.runAt, before.updatedAt, openedAt(after, at: now))
      let due = before.hold == .overlap ? now : ready
      expect(now - due < .milliseconds(100), "\(name(after)) was late by \(now - due)")
    }
  }

  // MARK: Ends

  /// How the claim of a running job has ended, if its end is lawful.
  private func ended(_ job: Job, _ write: StoreWrite) -> End? {
    guard let fence = job.fence else { return nil }
    let end: End
    switch write {
    case .exchange(let settlements, _):
      guard let settlement = settlements.first(where: { $0.fence == fence }) else {
        expect(false, "\(name(job)) was ended by the outcome of another claim")
        return nil
      }
      let transition = settlement.transition
      checkTruth(of: transition, job)
      let isStopped = job.cancelRequestedAt != nil && transition.isReplacedByCancel
      end = End(
        node: fence.node, outcome: isStopped ? .cancel : transition.attemptOutcome ?? .lost,
        isRescue: false)
    case .leave(let node):
      expect(node == fence.node, "\(name(job)) was released by another node's leave")
      let outcome: AttemptOutcome = job.cancelRequestedAt == nil ? .release : .cancel
      end = End(node: fence.node, outcome: outcome, isRescue: false)
    case .rescue(let node):
      expect(node == fence.node, "\(name(job)) was rescued with another node")
      end = End(node: fence.node, outcome: .lost, isRescue: true)
    case .insert, .command, .cancelJobs, .join, .hold, .giveUp, .prune, .fire, .gate, .turn,
      .nothing:
      expect(false, "the running \(name(job)) was ended by \(write)")
      return nil
    }
    expect(known[job.uuid]?.ends[job.claim] == nil, "\(name(job)) ended twice")
    known[job.uuid]?.ends[job.claim] = end
    world.trace.note(
      .end, job.uuid.halves.low, UInt64(job.claim), text: "\(name(job)) \(end.outcome)")
    return end
  }

  private func checkEnd(_ end: End, _ before: Job, _ after: Job) {
    let lawful: Set<JobStatus>
    switch end.outcome {
    case .ok: lawful = [.executed]
    case .error: lawful = before.attempts < before.maxAttempts ? [.pending] : [.failed]
    case .snooze, .release: lawful = [.pending]
    case .cancel: lawful = [.cancelled]
    case .lost:
      if before.cancelRequestedAt != nil {
        lawful = [.cancelled]
      } else {
        lawful = before.attempts <= before.maxAttempts ? [.pending] : [.failed]
      }
      expect(after.crashes == before.crashes + 1, "a crash of \(name(before)) wasn't counted")
    }
    expect(
      lawful.contains(after.status),
      "\(name(before)) ended as \(end.outcome), but is \(after.status)")
    expect(after.finishedAt != nil || !after.status.isFinal, "\(name(after)) has no end time")
  }

  /// Whether what was stored is what the handler did.
  private func checkTruth(of transition: Transition, _ job: Job) {
    let run = world.runs.run(job.uuid, job.claim)
    let isTrue: Bool
    switch (transition, run?.ending) {
    case (.succeed, .ok), (.snooze, .snoozed), (.stop, .cancelled), (.release, .interrupted):
      isTrue = true
    case (.retry, .failed), (.fail, .failed): isTrue = true
    case (.retry, .interrupted), (.fail, .interrupted):
      // Only a timeout makes a failure of it; a shutdown spends no attempt.
      isTrue =
        (run?.endedAt ?? .zero) - (run?.startedAt ?? .zero) >= .seconds(2)
        && job.handlerModule == SimulatedTimedHandler.handlerModule
    case (.release, nil): isTrue = run == nil
    case (.stop, .interrupted): isTrue = job.cancelRequestedAt != nil
    case (.release, .failed), (.stop, .failed): isTrue = run?.isCancelled == true
    case (.succeed, _), (.retry, _), (.fail, _), (.snooze, _), (.release, _), (.stop, _),
      (.claim, _), (.cancel, _), (.rescue, _), (.lose, _), (.abandon, _), (.giveUp, _),
      (.reschedule, _), (.retryByHand, _):
      isTrue = false
    }
    expect(
      isTrue,
      "\(name(job)) was settled with '\(transition.name)', but its handler's end was "
        + (run?.ending.map { "\($0)" } ?? "none"))
  }

  // MARK: Jobs that don't run

  private func checkCommand(_ before: Job, _ after: Job, _ write: StoreWrite) {
    let isLawful: Bool
    switch write {
    case .command(.cancel), .command(.requestCancel), .cancelJobs:
      isLawful = before.status == .pending && after.status == .cancelled
    case .command(.reschedule):
      known[after.uuid]?.isRetriedByHand = false
      isLawful = after.status == .pending && after.run == before.run + 1 && after.attempts == 0
    case .command(.retry):
      known[after.uuid]?.isRetriedByHand = true
      isLawful =
        (before.status == .failed || before.status == .cancelled) && after.status == .pending
        && after.attempts < after.maxAttempts
    case .giveUp:
      isLawful = before.hold == .unresolved && after.status == .failed
    case .insert, .command, .exchange, .join, .leave, .rescue, .hold, .prune, .fire, .gate, .turn,
      .nothing:
      isLawful = false
    }
    world.trace.note(
      .change, before.uuid.halves.low, text: "\(name(before)) \(before.status) → \(after.status)")
    expect(isLawful, "\(write) moved \(name(before)) from \(before.status) to \(after.status)")
  }

  /// Whether its turn has come, its gate has been met closed, or has opened; or two of these at once.
  private func isGated(_ before: Job, _ after: Job) -> Bool {
    guard after.runAt == before.runAt, after.claim == before.claim else { return false }
    let isHeldBack = isHeldBack(after, at: world.storeClock.now())
    if isHeldBack, after.hold == .paused {
      return before.hold == nil || before.hold == .overlap
    }
    return after.hold == nil
      && (before.hold == .overlap || before.hold == .paused && !isHeldBack)
  }

  private func checkWaiting(_ before: Job, _ after: Job, _ write: StoreWrite) {
    let isLawful: Bool
    switch write {
    case .command(.reschedule): isLawful = after.run == before.run
    case .hold: isLawful = after.hold == .unresolved && after.runAt == before.runAt
    case .join: isLawful = after.hold == nil && after.runAt == before.runAt
    case .gate, .turn, .nothing: isLawful = isGated(before, after)
    case .insert, .command, .cancelJobs, .exchange, .leave, .rescue, .giveUp, .prune, .fire:
      isLawful = after.claim == before.claim + 1
    }
    expect(isLawful, "\(write) changed the pending \(name(before))")
  }
}

extension Transition {
  /// What a requested cancel takes the place of.
  fileprivate var isReplacedByCancel: Bool {
    switch self {
    case .retry, .snooze, .release: true
    case .claim, .succeed, .fail, .cancel, .stop, .rescue, .lose, .abandon, .giveUp, .reschedule,
      .retryByHand:
      false
    }
  }
}
