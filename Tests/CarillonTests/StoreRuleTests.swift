import CarillonTesting
import Testing

@testable import Carillon

/// The rules are tools, and tools are tested: each fault is found, by a rule other than the model's.
@Suite struct StoreRuleTests {
  @Test(arguments: FaultyStore.Fault.allCases)
  func `finds a fault`(_ fault: FaultyStore.Fault) async throws {
    for rule in StoreRule.all where rule.area != .model && rule.area != .wakeUps {
      do {
        try await rule.check {
          let clock = ManualClock()
          return StoreFixture(store: FaultyStore(fault, clock: clock), clock: clock)
        }
      } catch {
        return
      }
    }
    Issue.record("No rule is broken.")
  }

  @Test func `finds a fault by a random walk alone`() async throws {
    let model = try #require(StoreRule.all.first { $0.area == .model })
    await #expect(throws: RuleViolation.self) {
      try await model.check {
        let clock = ManualClock()
        return StoreFixture(
          store: FaultyStore(.outcomeIsNotFenced, clock: clock), clock: clock)
      }
    }
  }

  @Test func `says each sentence once`() {
    #expect(Set(StoreRule.all.map(\.description)).count == StoreRule.all.count)
    #expect(Set(StoreRule.all.map(\.area)) == Set(StoreRule.Area.allCases))
  }

  @Test func `tears down whether the rule is kept or broken`() async throws {
    let torn = Counter()
    let rule = try #require(StoreRule.all.first { $0.area == .insert })
    for fault in [FaultyStore.Fault.clockIsFast, .dropsAttempts] {
      let clock = ManualClock()
      let fixture = StoreFixture(
        store: FaultyStore(fault, clock: clock), clock: clock, tearDown: { _ = torn.add(1) })
      try? await rule.check { fixture }
    }
    #expect(torn.value == 2)
  }

  @Test func `says what was expected and what was found`() async throws {
    let rule = try #require(
      StoreRule.all.first { $0.sentence.hasPrefix("never starts a job early") })
    let violation = await #expect(throws: RuleViolation.self) {
      try await rule.check {
        let clock = ManualClock()
        return StoreFixture(store: FaultyStore(.clockIsFast, clock: clock), clock: clock)
      }
    }
    #expect(violation?.rule == "Claim: never starts a job early")
    #expect(violation?.description.contains("expected: []") == true)
  }
}
