import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct JobLifecycleTests {
  private let later = ManualClock.start + .seconds(60)

  @Test(arguments: Transition.samples)
  func `forgets its claim when it leaves processing, and its hold when it moves at all`(
    _ transition: Transition
  ) throws {
    for status in transition.edge.from {
      var job = try makeJob(in: status)
      if status == .pending { job = job.holding(.unresolved, at: later) }
      let moved = try job.applying(transition, at: later)
      #expect((moved.node != nil) == (moved.status == .processing))
      #expect((moved.claimedAt != nil) == (moved.status == .processing))
      #expect((moved.finishedAt != nil) == moved.status.isFinal)
      #expect((moved.executedAt != nil) == (moved.status == .executed))
      #expect(moved.hold == nil)
      #expect(moved.heldAt == nil)
      #expect(moved.updatedAt == later)
      #expect(moved.claim >= job.claim)
      #expect(moved.fence?.claim == (moved.status == .processing ? moved.claim : nil))
    }
  }

  @Test(arguments: Transition.samples)
  func `never traps, whatever numbers a row holds`(_ transition: Transition) throws {
    for status in transition.edge.from {
      for (count, claim) in [(Int.max, Int64.max), (.min, .min), (0, 0)] {
        var job = try makeJob(in: status)
        (job.attempts, job.failures, job.snoozes, job.crashes) = (count, count, count, count)
        (job.maxAttempts, job.run, job.claim) = (count, count, claim)
        guard transition.isWithinAttempts(of: job) else {
          #expect(throws: IllegalTransition.self) { try job.applying(transition, at: later) }
          continue
        }
        let moved = try job.applying(transition, at: later)
        #expect(moved.claim >= claim)
        #expect(moved.status == transition.edge.to)
      }
    }
  }

  @Test func `grows its run by a reschedule only if it had ended`() throws {
    for status in [JobStatus.pending, .executed, .failed, .cancelled] {
      let moved = try makeJob(in: status).applying(.reschedule(.in(.seconds(5))), at: later)
      #expect(moved.run == (status.isFinal ? 2 : 1))
      #expect(moved.scheduledAt == later + .seconds(5))
      #expect(moved.idempotencyKey == "\(moved.uuid.text)/\(moved.run)")
    }
  }

  @Test func `keeps its nominal time and its run in a retry by hand`() throws {
    let failed = try makeJob(in: .failed, maxAttempts: 1)
    let again = try failed.applying(.retryByHand, at: later)
    #expect(again.scheduledAt == failed.scheduledAt)
    #expect(again.runAt == later)
    #expect(again.run == failed.run)
    #expect(again.maxAttempts == 2)
    #expect(again.lastError == failed.lastError)
    #expect(!again.runsAlone)
  }

  @Test func `runs alone once its attempts are spent and it is pending again`() throws {
    let lost = try makeJob(in: .processing, maxAttempts: 1)
    #expect(!lost.runsAlone)
    let rescued = try lost.applying(.rescue(after: .zero), at: later)
    #expect(rescued.runsAlone)
    let alone = try rescued.applying(.claim(node: UUID()), at: later)
    #expect(!alone.runsAlone)
    #expect(try alone.applying(.release, at: later).runsAlone)
  }

  @Test func `has no retry after its last attempt, and no rescue after its run alone`() throws {
    func leads(_ transition: Transition, afterAttempt attempts: Int, of most: Int) throws -> Bool {
      let running = try makeJob(maxAttempts: most, attempts: attempts - 1)
        .applying(.claim(node: UUID()), at: later)
      return (try? running.applying(transition, at: later)) != nil
    }
    let retry = Transition.retry(after: .zero, error: "busy")
    let rescue = Transition.rescue(after: .zero)
    #expect(
      try (1...4).map { try leads(retry, afterAttempt: $0, of: 3) } == [true, true, false, false])
    #expect(
      try (1...4).map { try leads(rescue, afterAttempt: $0, of: 3) } == [true, true, true, false])
  }
}
