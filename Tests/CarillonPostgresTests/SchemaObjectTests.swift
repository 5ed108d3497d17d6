import Carillon
import Testing

@testable import CarillonPostgres

@Suite(.enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `The list of a schema's objects` {
  private static let indexDefinitions = """
    SELECT c.relname::text, pg_get_indexdef(c.oid) FROM pg_class c
    WHERE c.relnamespace = '$schema'::regnamespace AND c.relkind = 'i' ORDER BY 1
    """

  private func definitions(_ test: TestStore) async throws -> [String: String] {
    var found: [String: String] = [:]
    for row in try await test.execute(Self.indexDefinitions) {
      found[try row.text(0)] = try row.text(1)
    }
    return found
  }

  @Test func `has all tables and indexes of a fresh schema, and no other`() async throws {
    try await TestStore.with { test in
      let found = try await definitions(test).keys.sorted()
      #expect(Schema.indexes.keys.sorted() == found)
      var tables: [String] = []
      for row in try await test.execute(
        """
        SELECT relname::text FROM pg_class
        WHERE relnamespace = '$schema'::regnamespace AND relkind = 'r' ORDER BY 1
        """)
      {
        tables.append(try row.text(0))
      }
      #expect(Schema.tableNames.sorted() == tables)
    }
  }

  @Test func `has what makes each index again as it was`() async throws {
    try await TestStore.with { test in
      let before = try await definitions(test)
      for name in before.keys where Schema.keys[name] == nil {
        try await test.execute("DROP INDEX $schema.\(name)")
      }
      for (name, key) in Schema.keys {
        try await test.execute("ALTER TABLE $schema.\(key.table) DROP CONSTRAINT \(name)")
      }
      let finding = try #require(
        try await test.store.diagnose().first { $0.id == "postgres.indexes" })
      #expect(finding.severity == .error)
      let advice = try #require(finding.advice)
      let statements = try #require(advice.split(separator: ": ", maxSplits: 1).last)
      for statement in statements.split(separator: ";") {
        // Beside writers it would wait for the other tests' transactions.
        try await test.execute(String(statement).replacing(" CONCURRENTLY", with: ""))
      }
      #expect(try await definitions(test) == before)
      #expect(
        try await test.store.diagnose().first { $0.id == "postgres.indexes" }?.severity == .ok)
    }
  }
}

@Suite
struct `What keeps dead rows` {
  @Test func `is told of a replication slot that nobody reads`() {
    let slot = Diagnosis.Slot(
      name: "old", isActive: false, transactions: 5, bytes: 3_221_225_472)
    let finding = Diagnosis.slots([slot])
    #expect(finding.severity == .warning)
    #expect(finding.message.contains("old (read by nobody) keeps 3072 MB"))
    #expect(finding.advice?.contains("pg_drop_replication_slot('old')") == true)
    let busy = Diagnosis.Slot(name: "new", isActive: true, transactions: 5, bytes: 3_221_225_472)
    #expect(Diagnosis.slots([busy]).severity == .ok)
  }

  @Test func `is told of a transaction that was prepared and left`() {
    let finding = Diagnosis.prepared((name: "it's", age: .seconds(4_000), who: "ann"))
    #expect(finding.severity == .warning)
    #expect(finding.advice?.contains("ROLLBACK PREPARED 'it''s'") == true)
    #expect(Diagnosis.prepared((name: "x", age: .seconds(4), who: "ann")).severity == .ok)
  }

  @Test func `is told of a transaction that can be seen, whatever can't be`() {
    let open = (name: "17", age: Duration.seconds(4_000), who: "app, idle in transaction")
    let finding = Diagnosis.oldest(open, hidden: 3, from: "ann")
    #expect(finding.severity == .warning)
    #expect(finding.advice?.contains("pg_terminate_backend(17)") == true)
  }
}
