import Carillon
import CarillonTesting
import Foundation
import Logging
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct PostgresStoreRuleTests {
  @Test(arguments: StoreRule.all)
  func `obeys every rule`(_ rule: StoreRule) async throws {
    try await rule.check {
      let store = try await TestStore.open(clock: ManualClock())
      return store.fixture
    }
  }
}

/// A store in a schema of its own, which goes with it.
final class TestStore: Sendable {
  let store: PostgresStore
  let clock: ManualClock
  let schema: String
  private let others = OpenStores()

  private init(_ store: PostgresStore, _ clock: ManualClock, _ schema: String) {
    self.store = store
    self.clock = clock
    self.schema = schema
  }

  static func open(
    clock: ManualClock = ManualClock(), isOnItsOwnClock: Bool = true
  ) async throws -> TestStore {
    let schema = "test_\(UUID().text.prefix(13))"
    let store = try await TestStore.another(schema, isOnItsOwnClock ? clock : nil)
    return TestStore(store, clock, schema)
  }

  static func another(_ schema: String, _ clock: ManualClock?) async throws -> PostgresStore {
    try await PostgresStore(
      url: "\(TestServer.url ?? "")?pool_size=6", schema: schema, clock: clock,
      logger: TestServer.logger)
  }

  var fixture: StoreFixture {
    StoreFixture(store: store, clock: clock) { [others, schema, clock] in
      let another = try await TestStore.another(schema, clock)
      await others.add(another)
      return another
    } tearDown: {
      try await self.remove()
    }
  }

  func another(isOnItsOwnClock: Bool = true) async throws -> PostgresStore {
    let another = try await TestStore.another(schema, isOnItsOwnClock ? clock : nil)
    await others.add(another)
    return another
  }

  /// Somebody with `psql`.
  @discardableResult
  func execute(_ sql: String) async throws -> Rows {
    try await store.pool.query(sql.replacing("$schema", with: "\"\(schema)\""))
  }

  func remove() async throws {
    await others.close()
    try await execute("DROP SCHEMA $schema CASCADE")
    await store.close()
  }
}

/// Further stores on a test's schema, to be closed with it.
private actor OpenStores {
  private var stores: [PostgresStore] = []

  func add(_ store: PostgresStore) { stores.append(store) }

  func close() async {
    for store in stores { await store.close() }
    stores = []
  }
}
