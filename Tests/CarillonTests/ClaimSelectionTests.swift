import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct ClaimSelectionTests {
  private let keys: Set<HandlerKey> = [
    HandlerKey(handlerModule: "Tests.Handler", resourceType: "post")
  ]

  private func verdicts(
    _ jobs: [Job], free: QueueLimits = .all(10), idle: Bool = true
  ) -> [ClaimSelection.Verdict] {
    var selection = ClaimSelection(ClaimRequest(keys: keys, free: free, idle: idle))
    return jobs.map { selection.consider($0) }
  }

  private func alone(queue: String = "default") throws -> Job {
    try makeJob(queue: queue, maxAttempts: 1, attempts: 1)
  }

  @Test func `takes known jobs while a slot is free`() throws {
    let jobs = [try makeJob(), try makeJob(handler: "Unknown"), try makeJob(), try makeJob()]
    #expect(verdicts(jobs, free: .all(2)) == [.take, .skip, .take, .skip])
  }

  @Test func `counts each queue apart`() throws {
    let jobs = try ["a", "a", "b", "c"].map { try makeJob(queue: $0) }
    #expect(verdicts(jobs, free: .each(["a": 1, "b": 1])) == [.take, .skip, .take, .skip])
  }

  @Test func `is full when no slot is left`() throws {
    func isFull(_ free: QueueLimits) -> Bool {
      ClaimSelection(ClaimRequest(keys: keys, free: free, idle: true)).isFull
    }
    #expect(isFull(.all(0)))
    #expect(isFull(.all(-3)))
    #expect(isFull(.each([:])))
    #expect(isFull(.each(["a": 0, "b": -1])))
    #expect(!isFull(.each(["a": 0, "b": 1])))
  }

  @Test func `takes a job that runs alone only first, and nothing after it`() throws {
    #expect(verdicts([try alone(), try makeJob()]) == [.take, .skip])
    #expect(verdicts([try alone(), try alone()]) == [.take, .skip])
  }

  @Test func `stops at a job that runs alone when something else runs`() throws {
    #expect(verdicts([try alone()], idle: false) == [.stop])
    #expect(verdicts([try makeJob(), try alone()]) == [.take, .stop])
  }

  @Test func `passes a job that runs alone when it isn't this node's`() throws {
    let foreign = try makeJob(handler: "Unknown", maxAttempts: 1, attempts: 1)
    #expect(verdicts([foreign, try makeJob()], idle: false) == [.skip, .take])
    #expect(
      verdicts(
        [try alone(queue: "other"), try makeJob()], free: .each(["default": 1]), idle: false)
        == [.skip, .take])
  }
}
