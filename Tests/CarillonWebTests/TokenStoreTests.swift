import Carillon
import CarillonPostgres
import CarillonSQLite
import CarillonTesting
import Foundation
import Testing

@testable import CarillonWeb

/// Stores for tests that must hold on each.
enum StoreKind: String, CaseIterable, Sendable {
  case memory, sqlite, postgres

  static let server = ProcessInfo.processInfo.environment["CARILLON_TEST_POSTGRES"]

  /// Those that are here: PostgreSQL only beside a test server.
  static var present: [StoreKind] { server == nil ? [.memory, .sqlite] : allCases }

  typealias Both = any JobStore & TokenStore

  /// Lends a new store to `body`, with a way to open it once more.
  func use(
    _ body: (Both, _ again: @Sendable () async throws -> Both) async throws -> Void
  ) async throws {
    switch self {
    case .memory:
      let store = MemoryStore()
      try await body(store) { store }
    case .sqlite:
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "carillon-web-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let path = folder.appending(path: "carillon.db").path
      let store = try await SQLiteStore(path: path)
      try await body(store) { try await SQLiteStore(path: path) }
      store.close()
    case .postgres:
      let schema = "web_\(UUID().uuidString.prefix(8).lowercased())"
      let url =
        "\(StoreKind.server ?? "")?schema=\(schema)&connect_timeout=60&statement_timeout=120"
      let store = try await PostgresStore(url: url)
      let others = OpenStores()
      try await body(store) { try await others.open(url) }
      await others.close()
      await store.close()
    }
  }
}

private actor OpenStores {
  private var stores: [PostgresStore] = []

  func open(_ url: String) async throws -> PostgresStore {
    let store = try await PostgresStore(url: url)
    stores.append(store)
    return store
  }

  func close() async {
    for store in stores { await store.close() }
  }
}

@Suite(.serialized) struct TokenStoreTests {
  @Test(arguments: StoreKind.present)
  func `tokens are kept, listed and revoked`(_ kind: StoreKind) async throws {
    try await kind.use { store, again in
      #expect(try await store.tokens().isEmpty)
      let now = try await store.now()
      let first = AccessToken(name: "Ada's \"café\"", role: .admin, at: now).record
      let second = AccessToken(name: "ci", role: .viewer, at: now + .seconds(1)).record
      try await store.addToken(second)
      try await store.addToken(first)
      // Repeating an addition of unknown fate changes nothing.
      try await store.addToken(
        TokenRecord(
          id: first.id, name: "other", role: .viewer, digest: second.digest, createdAt: now))
      #expect(try await store.tokens() == [first, second])

      let revoked = try await store.revokeToken(first.id, at: now + .seconds(5))
      #expect(revoked?.revokedAt == now + .seconds(5))
      #expect(try await store.revokeToken(first.id, at: now + .seconds(9)) == revoked)
      #expect(try await store.revokeToken("nobody", at: now) == nil)
      #expect(try await again().tokens() == [revoked, second].compactMap(\.self))
    }
  }

  @Test(arguments: StoreKind.present)
  func `the shared secret is the first that was proposed`(_ kind: StoreKind) async throws {
    try await kind.use { store, again in
      let secrets = [
        try await store.sharedSecret(orElse: "one"), try await store.sharedSecret(orElse: "two"),
        try await again().sharedSecret(orElse: "three"),
      ]
      #expect(secrets == ["one", "one", "one"])
    }
  }

  @Test(arguments: StoreKind.present)
  func `64 equal requests with one key make one job`(_ kind: StoreKind) async throws {
    try await kind.use { store, again in
      let other = try await again()
      let webs = [
        APIUnderTest(access: .trusted(.operator), store: store),
        APIUnderTest(access: .trusted(.operator), store: other),
      ]
      let replies = await withTaskGroup(of: (Int, String).self) { group in
        for index in 0..<64 {
          group.addTask {
            let reply = await webs[index % 2].post(
              "/api/v1/jobs", .object(Publish.newJob), ["Idempotency-Key": "order-17"])
            return (reply.status, reply.text)
          }
        }
        return await group.reduce(into: [(Int, String)]()) { $0.append($1) }
      }
      #expect(replies.allSatisfy { $0.0 == 201 })
      #expect(Set(replies.map(\.1)).count == 1)
      #expect(try await store.jobs(JobQuery()).count == 1)
    }
  }

  @Test(arguments: StoreKind.present)
  func `jobs that share a transaction with a wrong one are stored`(_ kind: StoreKind) async throws {
    try await kind.use { store, _ in
      let web = APIUnderTest(store: store)
      let taken = UUID().text
      let job = Publish.newJob.merging(["uuid": .string(taken)]) { $1 }
      _ = await web.post("/api/v1/jobs", .object(job))
      let statuses = await withTaskGroup(of: Int.self) { group in
        for index in 0..<40 {
          group.addTask {
            let body =
              index % 10 == 0 ? job.merging(["priority": 3]) { $1 } : Publish.newJob
            return await web.post("/api/v1/jobs", .object(body)).status
          }
        }
        return await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.count { $0 == 409 } == 4 && statuses.count { $0 == 201 } == 36)
      let stored = try await store.jobs(JobQuery())
      #expect(stored.count == 37)
    }
  }

  @Test(arguments: StoreKind.present)
  func `a cursor holds in another process`(_ kind: StoreKind) async throws {
    try await kind.use { store, again in
      let web = APIUnderTest(store: store)
      for _ in 0..<3 { _ = try await web.scheduled() }
      let next = try #require(await web.get("/api/v1/jobs?limit=2").json["next"]?.string)
      let other = APIUnderTest(store: try await again())
      let page = await other.get("/api/v1/jobs?limit=2&cursor=\(next)")
      #expect(page.json["jobs"]?.array?.count == 1)
    }
  }
}
