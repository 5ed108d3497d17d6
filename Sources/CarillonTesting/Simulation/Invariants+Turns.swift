import Carillon
import Foundation

/// What the store answers to a node's turn.
extension Invariants {
  /// Compares the answers with what was known before the turn.
  func answered(
    _ settlements: [Settlement], _ exchange: Exchange, to claim: ClaimRequest?, by node: UUID
  ) {
    expect(exchange.answers.count == settlements.count, "a settlement got no answer")
    for (settlement, answer) in zip(settlements, exchange.answers) {
      let fence = settlement.fence
      let job = known[fence.uuid]?.job
      let isHeld = job?.fence == fence
      let end = known[fence.uuid]?.ends[fence.claim]
      switch answer {
      case .applied:
        expect(isHeld, "an outcome was taken from a node that doesn't hold \(text(fence))")
      case .alreadyApplied:
        expect(
          !isHeld && end.map { $0.node == fence.node && !$0.isRescue } ?? false,
          "an outcome of \(text(fence)) counts as written that never was")
      case .lost:
        expect(!isHeld, "the outcome of \(text(fence)) was dropped although its claim holds")
        // A deleted job's records are deleted with it.
        let isOld =
          end.map {
            $0.node == fence.node && $0.outcome == settlement.transition.attemptOutcome
              && !$0.isRescue
          } ?? false
        expect(
          job == nil || !isOld,
          "the outcome of \(text(fence)) counts as lost, but was written before")
      case .refused(let why):
        expect(false, "the outcome of \(text(fence)) was refused: \(why)")
      case .busy: expect(false, "the row of \(text(fence)) is locked for good")
      }
      world.trace.note(
        .settle, fence.uuid.halves.low, UInt64(fence.claim),
        text: "\(text(fence)) '\(settlement.transition.name)': \(word(answer))")
    }
    guard let claim else {
      expect(exchange.claimed.isEmpty, "jobs were claimed unasked")
      return
    }
    if case .all(let room) = claim.free {
      expect(exchange.claimed.count <= max(room, 0), "more was claimed than there is room for")
    }
    for job in exchange.claimed {
      expect(claim.keys.contains(job.handlerKey), "\(name(job)) was claimed by who can't run it")
      if let dueBy = claim.dueBy {
        expect(job.runAt <= dueBy, "\(name(job)) was swept up before it was due")
      }
      if job.attempts > job.maxAttempts {
        expect(
          claim.idle && exchange.claimed.count == 1,
          "\(name(job)) must run alone and was claimed beside others")
      }
    }
  }

  private func text(_ fence: Fence) -> String {
    "\(world.trace.name(fence.uuid))#\(fence.claim)"
  }

  private func word(_ answer: SettlementAnswer) -> String {
    switch answer {
    case .applied: "applied"
    case .alreadyApplied: "already applied"
    case .lost: "lost"
    case .refused: "refused"
    case .busy: "busy"
    }
  }
}
