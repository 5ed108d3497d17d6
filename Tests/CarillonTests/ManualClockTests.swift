import Carillon
import CarillonTesting
import Testing

@Suite struct ManualClockTests {
  @Test func `stands still until it is moved`() {
    let clock = ManualClock()
    #expect(clock.now() == ManualClock.start)
    clock.advance(by: .seconds(5))
    #expect(clock.now() == ManualClock.start + .seconds(5))
    #expect(clock.uptime() == .seconds(5))
  }

  @Test func `starts on 1 March 2027`() {
    #expect(ManualClock.start.rfc3339 == "2027-03-01T09:00:00.000000Z")
  }

  @Test func `steps wall time without waking anybody`() async {
    let clock = ManualClock()
    let sleeper = Task { try? await clock.sleep(until: .seconds(10)) }
    await clock.untilAsleep()
    clock.stepWallClock(by: .seconds(-3_600))
    #expect(clock.now() == ManualClock.start - .seconds(3_600))
    #expect(clock.uptime() == .zero)
    #expect(clock.sleepers == 1)
    clock.advance(by: .seconds(10))
    await sleeper.value
  }

  @Test func `wakes sleepers at their deadline, not before`() async throws {
    let clock = ManualClock()
    let early = Task { try await clock.sleep(until: .seconds(5)) }
    let late = Task { try await clock.sleep(until: .seconds(6)) }
    await clock.untilAsleep(2)
    #expect(clock.nextDeadline == .seconds(5))
    clock.advance(by: .seconds(5))
    try await early.value
    #expect(clock.sleepers == 1)
    clock.advance(by: .seconds(1))
    try await late.value
    #expect(clock.nextDeadline == nil)
  }

  @Test func `lets a sleep until the past return at once`() async throws {
    let clock = ManualClock()
    try await clock.sleep(until: .zero)
    try await clock.sleep(until: .seconds(-1))
  }

  @Test func `throws when the sleeper is cancelled, before or while it sleeps`() async {
    let clock = ManualClock()
    let asleep = Task { try await clock.sleep(until: .seconds(5)) }
    await clock.untilAsleep()
    asleep.cancel()
    await #expect(throws: CancellationError.self) { try await asleep.value }
    #expect(clock.sleepers == 0)

    let before = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await clock.sleep(until: .seconds(5))
    }
    await #expect(throws: CancellationError.self) { try await before.value }
    #expect(clock.sleepers == 0)
  }
}
