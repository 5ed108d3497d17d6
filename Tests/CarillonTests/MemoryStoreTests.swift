import Carillon
import CarillonTesting
import Testing

@Suite struct MemoryStoreTests {
  @Test(arguments: StoreRule.all)
  func `obeys every rule`(_ rule: StoreRule) async throws {
    try await rule.check {
      let clock = ManualClock()
      return StoreFixture(store: MemoryStore(clock: clock), clock: clock)
    }
  }
}
