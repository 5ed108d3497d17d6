public import Carillon
public import Logging

extension PostgresStore {
  /// Brings a database's tables to this version; answers with the version before and after.
  public static func migrate(
    url: String, logger: Logger = Logger(label: "carillon.postgres")
  ) async throws(StoreError) -> (from: Int, to: Int) {
    // Opening migrates.
    let store = try await PostgresStore(url: url, logger: logger)
    await store.close()
    return (store.foundSchemaVersion, Schema.version)
  }

  func newerSchema(_ found: String) -> StoreError {
    Migrator(pool: pool, schema: schema).newerSchema(found)
  }
}

/// Makes the tables, and brings older ones to this program's version.
struct Migrator {
  let pool: PostgresPool
  let schema: Schema

  /// Makes or changes the tables, if they aren't this program's yet; answers with the version that
  /// was found. What is current is opened without a lock and without a write.
  nonisolated(nonsending) func migrate() async throws(StoreError) -> Int {
    let operation = "bring the schema \(schema.name) to version \(Schema.version)"
    do {
      return try await pool.withConnection { connection in
        let found = try await version(connection)
        if found == Schema.version { return found }
        guard found < Schema.version else { throw newerSchema("schema \(found)") }
        let deadline = ContinuousClock.now + .seconds(600)
        return try await connection.transaction { connection in
          // A role's own limits are meant for its everyday work.
          _ = try await connection.query(
            """
            SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
              set_config('idle_in_transaction_session_timeout', '0', true)
            """)
          _ = try await connection.query(
            "SELECT pg_advisory_xact_lock($1)::text", schema.lock("migrate"), deadline: deadline)
          // Another process may have been first.
          let found = try await version(connection)
          guard found <= Schema.version else { throw newerSchema("schema \(found)") }
          guard found < Schema.version else { return found }
          if found == 0 { try await createSchema(connection) }
          for migration in schema.migrations(after: found) {
            try await connection.script(migration, deadline: deadline)
          }
          _ = try await connection.query(
            """
            INSERT INTO \(schema("meta")) (key, value) VALUES ('schema_version', $1)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """,
            String(Schema.version))
          return found
        }
      }
    } catch let error as StoreError {
      throw error
    } catch let error as PostgresError {
      if let explanation = await explain(error) { throw explanation }
      throw StoreError(error, operation: operation)
    } catch {
      throw .failed(operation: operation, why: "\(error)")
    }
  }

  /// The schema's version; 0 for one without our tables.
  func found() async throws(StoreError) -> Int {
    let operation = "tell the version of the schema \(schema.name)"
    do {
      return try await pool.withConnection { try await version($0) }
    } catch let error as StoreError {
      throw error
    } catch let error as PostgresError {
      throw StoreError(error, operation: operation)
    } catch {
      throw .failed(operation: operation, why: "\(error)")
    }
  }

  func newerSchema(_ found: String) -> StoreError {
    .newerSchema(
      store: pool.configuration.location, found: "\(found), this knows \(Schema.version)")
  }

  /// Not with IF NOT EXISTS, which asks for the right to create even where nothing is to be created.
  private nonisolated(nonsending) func createSchema(
    _ connection: PostgresConnection
  ) async throws {
    let exists = try await connection.query(
      "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema.name)
    guard try exists.first?.bool(0) != true else { return }
    _ = try await connection.query(PostgresStatement("CREATE SCHEMA \(schema.quoted)"))
  }

  /// The schema's version; 0 for one without our tables.
  nonisolated(nonsending) func version(
    _ connection: PostgresConnection
  ) async throws -> Int {
    // Not by `to_regclass`, which may answer from a cache that a wait for the lock has outdated.
    let exists = try await connection.query(
      """
      SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = 'meta')
      """,
      schema.name)
    guard try exists.first?.bool(0) == true else { return 0 }
    let rows = try await connection.query(
      "SELECT value FROM \(schema("meta")) WHERE key = 'schema_version'")
    let value = try rows.first?.text(0)
    guard let version = value.flatMap(Int.init), version > 0 else {
      let found = value.map { "'\($0.prefix(40))'" } ?? "missing"
      throw StoreError.failed(
        operation: "tell the schema's version",
        why: "schema_version in \(schema("meta")) is \(found). Restore the database from a copy.")
    }
    return version
  }
}
