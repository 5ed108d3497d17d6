import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.enabled(if: TestServer.isThere))
struct StatementTests {
  @Test(arguments: TestServer.urls)
  func `a pipeline answers each statement in turn`(url: String) async throws {
    try await TestServer.withConnection(url) { connection in
      let answers = try await connection.pipeline(
        [
          PostgresStatement("SELECT $1::int8", 1), PostgresStatement("SELECT $1::text", "two"),
          PostgresStatement("SELECT generate_series(1, $1::int8)", 3),
        ], isolation: .repeatableRead)
      #expect(try answers[0].first?.int(0) == 1)
      #expect(try answers[1].first?.text(0) == "two")
      #expect(answers[2].count == 3)
      #expect(connection.condition == .clean)
    }
  }

  @Test(arguments: TestServer.urls, [IsolationLevel?.none, .readCommitted])
  func `an error in a pipeline undoes all of it and names its statement`(
    url: String, isolation: IsolationLevel?
  ) async throws {
    let table = "public.pipeline_\(UUID().hex)"
    try await TestServer.withConnection(url) { connection in
      try await connection.script("CREATE TABLE \(table) (a int8 PRIMARY KEY)")
      let error = await TestServer.error {
        _ = try await connection.pipeline(
          [
            PostgresStatement("INSERT INTO \(table) VALUES ($1)", 1),
            PostgresStatement("INSERT INTO \(table) VALUES ($1)", 1),
            PostgresStatement("INSERT INTO \(table) VALUES ($1)", 2),
          ], isolation: isolation)
      }
      #expect(error?.sqlState == SQLState.uniqueViolation)
      #expect(error?.statement == 1)
      #expect(error?.report?.constraint == "\(table.dropFirst(7))_pkey")
      #expect(connection.condition == .clean)
      let rows = try await connection.query("SELECT count(*) FROM \(table)")
      #expect(try rows.first?.int(0) == 0)
      try await connection.script("DROP TABLE \(table)")
    }
  }

  /// A table whose rows call something at the commit.
  private func table(atCommit body: String) async throws -> String {
    let name = "public.commit_\(UUID().hex)"
    try await TestServer.withConnection { connection in
      try await connection.script(
        """
        CREATE TABLE \(name) (a int8);
        CREATE FUNCTION \(name)() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN \(body); RETURN NULL; END$$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON \(name) DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION \(name)()
        """)
    }
    return name
  }

  @Test(arguments: TestServer.urls)
  func `what fails at the pipeline's end is a failure like any other`(url: String) async throws {
    let table = try await table(atCommit: "RAISE EXCEPTION 'too late' USING ERRCODE = '23514'")
    try await TestServer.withConnection(url) { connection in
      let error = await TestServer.error {
        _ = try await connection.pipeline([PostgresStatement("INSERT INTO \(table) VALUES (1)")])
      }
      #expect(error?.kind == .refused && error?.sqlState == "23514", "\(String(describing: error))")
      #expect(connection.condition == .clean)
      let rows = try await connection.query("SELECT count(*) FROM \(table)")
      #expect(try rows.first?.int(0) == 0)
    }
  }

  @Test func `a session that is ended at the pipeline's end is a connection that is lost`()
    async throws
  {
    let table = try await table(
      atCommit: "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(0.05)")
    for _ in 0..<10 {
      try await TestServer.withConnection { connection in
        let error = await TestServer.error {
          _ = try await connection.pipeline([PostgresStatement("INSERT INTO \(table) VALUES (1)")])
        }
        #expect(error?.kind == .connectionLost, "\(String(describing: error))")
      }
    }
  }

  @Test(arguments: TestServer.urls)
  func `a transaction that throws leaves nothing`(url: String) async throws {
    let table = "public.transaction_\(UUID().hex)"
    try await TestServer.withConnection(url) { connection in
      try await connection.script("CREATE TABLE \(table) (a int8)")
      await #expect(throws: CancellationError.self) {
        try await connection.transaction { connection in
          _ = try await connection.query("INSERT INTO \(table) VALUES (1)")
          throw CancellationError()
        }
      }
      // One that goes on after an error isn't committed either, and says so.
      let error = await TestServer.error {
        try await connection.transaction { connection in
          _ = try? await connection.query("SELECT 1 / 0")
        }
      }
      #expect(error?.kind == .refused)
      try await connection.transaction(isolation: .serializable) { connection in
        _ = try await connection.query("INSERT INTO \(table) VALUES (2)")
      }
      let rows = try await connection.query("SELECT a FROM \(table)")
      #expect(try rows.map { row in try row.int(0) } == [2])
      try await connection.script("DROP TABLE \(table)")
    }
  }

  @Test func `a statement that the server forgot is prepared again`() async throws {
    try await TestServer.withConnection(nil, { $0.preparation = .named }) { connection in
      try await check(connection.query("SELECT 1 WHERE $1", true).count == 1)
      try await connection.script("DEALLOCATE ALL")
      try await check(connection.query("SELECT 1 WHERE $1", true).count == 1)
    }
  }

  @Test func `a statement whose table has changed is prepared again`() async throws {
    let table = "public.changed_\(UUID().hex)"
    try await TestServer.withConnection(nil, { $0.preparation = .named }) { connection in
      try await connection.script("CREATE TABLE \(table) (a int8); INSERT INTO \(table) VALUES (1)")
      try await check(connection.query("SELECT * FROM \(table)").columnNames == ["a"])
      try await connection.script("ALTER TABLE \(table) ADD b text")
      try await check(connection.query("SELECT * FROM \(table)").columnNames == ["a", "b"])
      try await connection.script("DROP TABLE \(table)")
    }
  }

  @Test func `only so many statements stay prepared`() async throws {
    try await TestServer.withConnection(
      nil,
      {
        $0.preparation = .named
        $0.preparedStatements = 4
      }
    ) { connection in
      for number in 0..<20 {
        try await check(connection.query("SELECT \(number)").first?.int(0) == number)
      }
      let rows = try await connection.query("SELECT count(*) FROM pg_prepared_statements")
      #expect(try (rows.first?.int(0) ?? 99) <= 4)
    }
  }

  @Test(.enabled(if: TestServer.pooledURL != nil))
  func `a pooler is noticed, and named statements behind it recover`() async throws {
    try await TestServer.withConnection(TestServer.pooledURL) { connection in
      #expect(await !connection.keepsNames)
      try await check(connection.facts().isPooled)
    }
    // Told the wrong thing, it learns.
    try await TestServer.withPool(
      TestServer.pooledURL,
      {
        $0.preparation = .named
        $0.poolSize = 12
      }
    ) { pool in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<200 {
          group.addTask {
            try await check(pool.query("SELECT $1::int8", 5).first?.int(0) == 5)
          }
        }
        try await group.waitForAll()
      }
    }
    try await TestServer.withConnection { connection in
      #expect(await connection.keepsNames)
      let facts = try await connection.facts()
      #expect(!facts.isPooled && !facts.isStandby && !facts.isReadOnly)
      #expect(facts.version >= 130_000 && facts.version == connection.serverVersion)
    }
  }

  @Test(arguments: TestServer.urls)
  func `a read-only server is recognised`(url: String) async throws {
    try await TestServer.withConnection(url) { connection in
      let error = await TestServer.error {
        try await connection.transaction { connection in
          _ = try await connection.query("SET TRANSACTION READ ONLY")
          _ = try await connection.query("CREATE TABLE no (a int8)")
        }
      }
      #expect(error?.isReadOnly == true)
      #expect(error?.isRetryable == true)
      #expect(connection.condition == .broken)
    }
  }

  @Test func `a connection is for one task at a time`() async throws {
    try await TestServer.withConnection { connection in
      let slow = Task { _ = try await connection.query("SELECT pg_sleep(60)::text") }
      #expect(await TestServer.eventually { connection.condition == .dirty })
      let error = await TestServer.error { _ = try await connection.query("SELECT 1") }
      #expect(error?.kind == .protocolViolation)
      slow.cancel()
      let ended = await TestServer.error { try await slow.value }
      #expect(ended?.kind == .cancelled)
    }
  }
}

extension UUID {
  var hex: String { uuidString.lowercased().replacing("-", with: "") }
}
