import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct JudgementTests {
  private let judgement = Judgement(policy: .fixed(.seconds(5)), random: { 0.5 })

  private func running(attempt: Int = 1, of most: Int = 3) throws -> Job {
    try makeJob(maxAttempts: most, attempts: attempt - 1)
      .applying(.claim(node: UUID()), at: ManualClock.start)
  }

  @Test func `executes a job whose handler answers ok, with its result as JSON`() throws {
    let job = try running()
    #expect(
      judgement.transition(for: job, after: .outcome(.ok(result: nil))) == .succeed(result: nil))
    #expect(
      judgement.transition(for: job, after: .outcome(Outcome.ok(["n": 1]).kind))
        == .succeed(result: "{\"n\":1}"))
  }

  @Test func `retries a failure while attempts are left, then fails`() throws {
    let error = Ending.outcome(.error(reason: "busy"))
    #expect(
      judgement.transition(for: try running(attempt: 1), after: error)
        == .retry(after: .seconds(5), error: "busy"))
    #expect(
      judgement.transition(for: try running(attempt: 2), after: error)
        == .retry(after: .seconds(5), error: "busy"))
    #expect(
      judgement.transition(for: try running(attempt: 3), after: error) == .fail(error: "busy"))
    #expect(
      judgement.transition(for: try running(attempt: 4), after: error) == .fail(error: "busy"))
  }

  @Test func `takes a thrown error for a failure`() throws {
    #expect(
      judgement.transition(for: try running(), after: .threw("boom"))
        == .retry(after: .seconds(5), error: "boom"))
  }

  @Test func `lets the handler choose the time of the next try, within bounds`() throws {
    for (asked, delay) in [
      (Duration.seconds(30), Duration.seconds(30)), (.seconds(-1), .zero),
      (.seconds(Int64.max / 4), .seconds(366 * 86_400)),
    ] {
      #expect(
        judgement.transition(for: try running(), after: .outcome(.retry(after: asked, reason: "x")))
          == .retry(after: delay, error: "x"))
    }
    #expect(
      judgement.transition(
        for: try running(attempt: 3), after: .outcome(.retry(after: .zero, reason: "x")))
        == .fail(error: "x"))
  }

  @Test func `snoozes for a second at least, and not for ever`() throws {
    for (asked, delay) in [
      (Duration.zero, Duration.seconds(1)), (.seconds(-9), .seconds(1)),
      (.seconds(60), .seconds(60)), (.seconds(Int64.max / 4), .seconds(366 * 86_400)),
    ] {
      #expect(
        judgement.transition(for: try running(), after: .outcome(.snooze(asked))) == .snooze(delay))
    }
    var tired = try running()
    tired.snoozes = Judgement.mostSnoozes
    #expect(
      judgement.transition(for: tired, after: .outcome(.snooze(.seconds(1))))
        == .stop(reason: Reason.tooManySnoozes))
  }

  @Test func `stops a job whose handler cancels it`() throws {
    #expect(
      judgement.transition(for: try running(), after: .outcome(.cancel(reason: "gone")))
        == .stop(reason: "gone"))
  }

  @Test func `gives an interrupted attempt back, and ends one that was asked to end`() throws {
    #expect(judgement.transition(for: try running(), after: .interrupted) == .release)
    #expect(
      judgement.transition(for: try running(), after: .cancelled)
        == .stop(reason: Reason.cancelRequested))
  }

  @Test func `makes hostile errors fit for a row`() throws {
    for text in ["a\0b", String(repeating: "🔔", count: 1_000_000), "\0"] {
      guard
        case .retry(_, let error) = judgement.transition(
          for: try running(), after: .threw(text))
      else {
        Issue.record("It isn't tried again.")
        return
      }
      #expect(!error.utf8.contains(0))
      #expect(error.utf8.count < StoredText.longestError + 64)
    }
  }

  @Test func `survives counters at the end of their range`() throws {
    var job = try running()
    job.failures = .max
    job.crashes = .max
    #expect(
      judgement.transition(for: job, after: .threw("x")) == .retry(after: .seconds(5), error: "x"))
    _ = Judgement.rescue(of: job)
  }

  @Test func `rescues at once after the first crash, backs off after, and ends in the end`() throws
  {
    var job = try running(attempt: 1)
    #expect(Judgement.rescue(of: job) == .rescue(after: .zero))
    job.crashes = 1
    #expect(Judgement.rescue(of: job) == .rescue(after: .seconds(17)))
    job.crashes = 2
    #expect(Judgement.rescue(of: job) == .rescue(after: .seconds(19)))
    #expect(Judgement.rescue(of: try running(attempt: 3)) == .rescue(after: .zero))
    #expect(Judgement.rescue(of: try running(attempt: 4)) == .lose(reason: Reason.nodeLost))
  }
}
