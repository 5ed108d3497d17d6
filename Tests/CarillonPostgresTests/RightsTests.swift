import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A role that may not do all that a node does` {
  private let role = "role_\(UUID().text.prefix(8))"
  private var url: String { (TestServer.url ?? "").replacing("carillon@", with: "\(role)@") }

  /// Lends a store's schema together with a role, which may do there what `grants` says.
  private func withRole(
    _ grants: String..., body: (TestStore) async throws -> Void
  ) async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      try await test.execute("CREATE ROLE \(role) LOGIN")
      func remove() async throws {
        try await test.execute("DROP OWNED BY \(role)")
        try await test.execute("DROP ROLE \(role)")
      }
      do {
        for grant in grants { try await test.execute("\(grant) TO \(role)") }
        try await body(test)
      } catch {
        try? await remove()
        throw error
      }
      try await remove()
    }
  }

  private let use = "GRANT USAGE ON SCHEMA $schema"
  private let work = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA $schema"

  /// Why it can't open the store.
  private func refusal(schema: String) async -> String {
    do {
      let store = try await PostgresStore(
        url: url, schema: schema, clock: nil, logger: TestServer.logger)
      await store.close()
      return ""
    } catch {
      guard case .unreachable(_, let why) = error else { return "another error: \(error)" }
      return why
    }
  }

  @Test func `is told to have a schema made, or to get the right to make one`() async throws {
    try await withRole { test in
      let why = await refusal(schema: "none_\(role)")
      #expect(why.contains("no schema none_\(role) yet"), "\(why)")
      #expect(why.contains("Run `migrate` as the role that is to own"), "\(why)")
      #expect(why.contains("GRANT CREATE ON DATABASE postgres TO \(role)."), "\(why)")
    }
  }

  @Test func `is told whose an empty schema is`() async throws {
    try await withRole { test in
      let empty = "empty_\(role)"
      try await test.execute("CREATE SCHEMA \(empty)")
      try await test.execute("GRANT USAGE ON SCHEMA \(empty) TO \(role)")
      let why = await refusal(schema: empty)
      #expect(why.contains("has no tables yet"), "\(why)")
      #expect(why.contains("Run `migrate` as carillon first."), "\(why)")
      try await test.execute("DROP SCHEMA \(empty)")
    }
  }

  @Test func `is told who has to bring an older schema to this version`() async throws {
    try await withRole(use, work) { test in
      try await test.execute(
        "UPDATE $schema.meta SET value = '\(Schema.version - 1)' WHERE key = 'schema_version'")
      let why = await refusal(schema: test.schema)
      let versions = "It has schema \(Schema.version - 1), this program \(Schema.version)"
      #expect(why.contains(versions), "\(why)")
      #expect(why.contains("run `migrate` as the owner, carillon."), "\(why)")
    }
  }

  @Test func `is told whose a schema is that it may not read`() async throws {
    try await withRole { test in
      let why = await refusal(schema: test.schema)
      #expect(why.contains("belongs to carillon"), "\(why)")
      #expect(why.contains("GRANT USAGE ON SCHEMA \"\(test.schema)\" TO \(role);"), "\(why)")
    }
  }

  private func finding(_ id: String, of test: TestStore) async throws -> Finding {
    let store = try await test.another(url: url, isOnDatabaseClock: true)
    return try #require(try await store.diagnose().first { $0.id == id })
  }

  @Test func `is told what it lacks, as a statement that gives it`() async throws {
    try await withRole(use, work) { test in
      #expect(try await finding("postgres.rights", of: test).severity == .ok)
      try await test.execute("REVOKE DELETE ON $schema.jobs FROM \(role)")
      try await test.execute("REVOKE ALL ON $schema.gates, $schema.nodes FROM \(role)")
      let finding = try await finding("postgres.rights", of: test)
      #expect(finding.severity == .error)
      #expect(finding.message.contains("DELETE on jobs"), "\(finding.message)")
      #expect(finding.message.contains("SELECT, INSERT, UPDATE, DELETE on gates, nodes"))
      // What it can't look at keeps nothing else from being told.
      let blind = try await test.another(url: url, isOnDatabaseClock: true)
      let all = try await Examination(store: blind, catalog: HandlerCatalog(types: [])).findings()
      #expect(all.contains { $0.message.contains("couldn't be examined") })
      #expect(all.contains(finding))
      let advice = try #require(finding.advice)
      let start = try #require(advice.range(of: "GRANT"))
      for statement in advice[start.lowerBound...].split(separator: ";") {
        try await test.execute(String(statement))
      }
      #expect(try await self.finding("postgres.rights", of: test).severity == .ok)
    }
  }

  @Test func `isn't told that no transaction is open when it can't see others'`() async throws {
    try await withRole(use, work) { test in
      // The owner's connections are there.
      let blind = try await finding("postgres.transactions", of: test)
      #expect(blind.message.contains("isn't known"), "\(blind.message)")
      #expect(blind.advice?.contains("GRANT pg_monitor TO \(role)") == true)
      try await test.execute("GRANT pg_monitor TO \(role)")
      let seeing = try await finding("postgres.transactions", of: test)
      #expect(!seeing.message.contains("isn't known"), "\(seeing.message)")
      #expect(seeing.advice?.contains("pg_monitor") != true)
    }
  }
}
