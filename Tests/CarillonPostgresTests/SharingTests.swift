import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `Several processes on one schema` {
  @Test func `take each job once, lose none, and never take more than they asked for`()
    async throws
  {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let stores = [test.store, try await test.another(isOnDatabaseClock: true)]
      _ = try await test.insert(count: 2_000)
      let runs = try await withThrowingTaskGroup(of: [UUID].self) { group in
        for number in 0..<8 {
          let store = stores[number % 2]
          group.addTask {
            let node = try await test.join(knowing: TestStore.handler, store)
            var done: [UUID] = []
            var held: [Job] = []
            let request = ClaimRequest(keys: [TestStore.key], free: .all(17), idle: true)
            while true {
              let exchange = try await store.exchange(
                held.map { try test.settlement($0) }, claim: request, by: node)
              for answer in exchange.answers {
                guard case .applied(let job) = answer else { throw Lost() }
                done.append(job.uuid)
              }
              guard exchange.claimed.count <= 17 else { throw Lost() }
              held = exchange.claimed
              if held.isEmpty { return done }
            }
          }
        }
        return try await group.reduce(into: [UUID]()) { $0 += $1 }
      }
      #expect(runs.count == 2_000)
      #expect(Set(runs).count == 2_000)
      let statistics = try await test.store.statistics(known: [])
      #expect(statistics.jobs[.executed] == 2_000)
      #expect(statistics.jobs[.pending] == 0)
    }
  }

  private struct Lost: Error {}

  @Test func `make the tables once when twenty begin at once`() async throws {
    let schema = "test_\(UUID().text.prefix(13))"
    let stores = try await withThrowingTaskGroup(of: PostgresStore.self) { group in
      for _ in 0..<20 {
        group.addTask {
          try await PostgresStore(
            url: "\(TestServer.url ?? "")?pool_size=1", schema: schema, clock: nil,
            logger: TestServer.logger)
        }
      }
      return try await group.reduce(into: [PostgresStore]()) { $0.append($1) }
    }
    #expect(stores.count { $0.foundSchemaVersion == 0 } == 1)
    _ = try await stores[0].pool.query("DROP SCHEMA \(stores[0].schema.quoted) CASCADE")
    for store in stores { await store.close() }
  }

  @Test func `claim nothing more when a newer one has changed the tables`() async throws {
    try await TestStore.with { test in
      let node = try await test.join()
      _ = try await test.insert(count: 2)
      let job = try #require(try await test.claim(1, by: node).first)
      try await test.execute("UPDATE $schema.meta SET value = '99' WHERE key = 'schema_version'")
      await #expect(throws: StoreError.self) { try await test.claim(1, by: node) }
      let request = ClaimRequest(keys: [TestStore.key], free: .all(5), idle: true)
      let exchange = try await test.store.exchange(
        [test.settlement(job)], claim: request, by: node)
      guard case .applied = exchange.answers.first else {
        Issue.record("The outcome isn't stored.")
        return
      }
      #expect(exchange.claimed.isEmpty)
      let error = await #expect(throws: StoreError.self) { _ = try await test.another() }
      guard case .newerSchema = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func `hear of each other's jobs by a notification`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let other = try await test.another(
        url: "\(TestServer.url ?? "")?poll=60000", isOnDatabaseClock: true)
      var iterator = other.wakeUps().makeAsyncIterator()
      // The first says that it listens from now on; no other comes by itself for a minute.
      await iterator.next()
      let begin = ContinuousClock.now
      _ = try await test.insert()
      await iterator.next()
      #expect(ContinuousClock.now - begin < .seconds(10))
    }
  }
}

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A schema` {
  @Test func `that is current opens without the right to create`() async throws {
    try await TestStore.with { test in
      let role = "role_\(UUID().text.prefix(8))"
      try await test.execute("CREATE ROLE \"\(role)\" LOGIN")
      try await test.execute("GRANT USAGE ON SCHEMA $schema TO \"\(role)\"")
      try await test.execute("GRANT ALL ON ALL TABLES IN SCHEMA $schema TO \"\(role)\"")
      try await test.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA $schema TO \"\(role)\"")
      let url = (TestServer.url ?? "").replacing("carillon@", with: "\(role)@")
      let store = try await PostgresStore(
        url: url, schema: test.schema, clock: nil, logger: TestServer.logger)
      #expect(try await store.insert([test.request()]).count == 1)
      await store.close()
      try await test.execute("DROP OWNED BY \"\(role)\"")
      try await test.execute("DROP ROLE \"\(role)\"")
    }
  }

  @Test(arguments: ["-1", "many", ""])
  func `is refused when its version is no version`(_ version: String) async throws {
    try await TestStore.with { test in
      try await test.execute("UPDATE $schema.meta SET value = '\(version)'")
      await #expect(throws: StoreError.self) { _ = try await test.another() }
    }
  }

  @Test func `may have any name`() async throws {
    for name in ["Quoted \"name\"", "名前", "select"] {
      let store = try await PostgresStore(
        url: TestServer.url ?? "", schema: name, clock: nil, logger: TestServer.logger)
      #expect(try await store.nodes().isEmpty)
      _ = try await store.pool.query("DROP SCHEMA \(store.schema.quoted) CASCADE")
      await store.close()
    }
  }

  @Test func `can't be reached, and the error holds no password`() async throws {
    for url in [
      "postgres://carillon:geheim@127.0.0.1:1/postgres", "postgres://nobody:geheim@[bad/x",
      (TestServer.url ?? "").replacing("/postgres", with: "/missing").replacing(
        "carillon@", with: "carillon:geheim@"),
    ] {
      let error = await #expect(throws: StoreError.self) { _ = try await PostgresStore(url: url) }
      guard case .unreachable = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(error?.description.contains("geheim") == false)
    }
  }
}
