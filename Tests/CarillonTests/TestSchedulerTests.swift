import Carillon
import CarillonTesting
import Foundation
import Testing

@Suite struct TestSchedulerTests {
  private let post = UUID()

  @Test func `runs each job at its time while time passes`() async throws {
    let starts = Record<Instant?>()
    let test = TestScheduler(
      services: Services().adding(
        Script { _, _ in
          starts.add(JobContext.current.job.claimedAt)
          return .ok
        }))
    for seconds in [20, 10, 300, 30] {
      try await test.scheduler.schedule(ScriptedHandler.self, for: post, in: .seconds(seconds))
    }
    let tally = try await test.advance(by: .seconds(60))
    #expect(tally.executed == 3)
    #expect(starts.all == [10, 20, 30].map { ManualClock.start + .seconds($0) })
    #expect(test.clock.now() == ManualClock.start + .seconds(60))
  }

  @Test func `stands still for what no handler of this program will run`() async throws {
    let test = TestScheduler(catalog: HandlerCatalog(types: []))
    try await test.scheduler.schedule(ScriptedHandler.self, for: post, in: .seconds(1))
    #expect(try await test.advance(by: .seconds(10)) == Tally())
  }

  @Test func `tells whether exactly one job waits`() async throws {
    let test = TestScheduler(services: Services().adding(Script { _, _ in .ok }))
    try await test.requireNotScheduled(ScriptedHandler.self, for: post)
    await #expect(throws: UnmetRequirement.self) {
      try await test.requireScheduled(ScriptedHandler.self, for: post)
    }
    let job = try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    #expect(try await test.requireScheduled(ScriptedHandler.self, for: post) == job)
    try await test.requireNotScheduled(HurriedHandler.self, for: post)
    await #expect(throws: UnmetRequirement.self) {
      try await test.requireNotScheduled(ScriptedHandler.self, for: post)
    }
    try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    await #expect(throws: UnmetRequirement.self) {
      try await test.requireScheduled(ScriptedHandler.self, for: post)
    }
    try await test.drain()
    try await test.requireNotScheduled(ScriptedHandler.self, for: post)
  }
}
