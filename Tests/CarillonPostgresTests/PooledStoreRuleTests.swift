import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonPostgres

/// The same store behind PgBouncer in transaction mode, where each transaction may meet another server
/// process.
@Suite(
  .serialized,
  .enabled(if: TestServer.pooledURL != nil, "there is no pooler; see bin/postgres --pgbouncer"))
struct PooledStoreRuleTests {
  @Test(arguments: StoreRule.all)
  func `obeys every rule`(_ rule: StoreRule) async throws {
    try await rule.check { try await PooledStore(ManualClock()).fixture }
  }
}

/// A store in a schema of its own, behind the pooler; it listens around it.
private final class PooledStore: Sendable {
  private let store: PostgresStore
  private let clock: ManualClock
  private let schema: String
  private let url: String

  init(_ clock: ManualClock) async throws {
    self.clock = clock
    schema = "pooled_\(UUID().text.prefix(13).replacing("-", with: "_"))"
    let direct = (TestServer.url ?? "").addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    url = "\(TestServer.pooledURL ?? "")?pooler=transaction&pool_size=4&listen_url=\(direct ?? "")"
    store = try await PostgresStore(
      url: url, schema: schema, clock: clock, logger: TestServer.logger)
  }

  var fixture: StoreFixture {
    let others = Others()
    return StoreFixture(store: store, clock: clock) { [url, schema, clock] in
      let another = try await PostgresStore(
        url: url, schema: schema, clock: clock, logger: TestServer.logger)
      await others.add(another)
      return another
    } tearDown: { [store, schema] in
      await others.close()
      _ = try await store.pool.query("DROP SCHEMA \"\(schema)\" CASCADE")
      await store.close()
    }
  }

  private actor Others {
    private var stores: [PostgresStore] = []

    func add(_ store: PostgresStore) { stores.append(store) }

    func close() async {
      for store in stores { await store.close() }
      stores = []
    }
  }
}
