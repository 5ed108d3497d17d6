import CarillonTesting
import Synchronization
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct PostgresStoreRuleTests {
  @Test(arguments: StoreRule.all)
  func `obeys every rule`(_ rule: StoreRule) async throws {
    try await rule.check { try await TestStore.open().fixture }
  }
}

/// The same where each look from the beginning of the index counts as dear, as beside a transaction
/// that has been open for hours.
@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct DearBeginningRuleTests {
  @Test(arguments: StoreRule.all)
  func `obeys every rule`(_ rule: StoreRule) async throws {
    try await rule.check {
      let test = try await TestStore.open()
      test.store.frontier.withLock { $0 = Frontier(least: .milliseconds(50)) }
      return test.fixture
    }
  }
}
