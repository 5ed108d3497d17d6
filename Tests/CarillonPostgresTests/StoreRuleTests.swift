import CarillonTesting
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct PostgresStoreRuleTests {
  @Test(arguments: StoreRule.all)
  func `obeys every rule`(_ rule: StoreRule) async throws {
    try await rule.check { try await TestStore.open().fixture }
  }
}
