package import Carillon
package import Logging

extension PostgresStore {
  /// Triggers, locks and TRUNCATE take the tables' owner, and the function of the triggers somebody
  /// who may create in the schema.
  package func missingRights() async throws(StoreError) -> MoveObstacle? {
    let operation = "see who owns the schema \(schema.name)"
    let ask = try statement(
      operation,
      """
      SELECT current_user::text, CASE
        WHEN NOT has_schema_privilege(n.oid, 'CREATE') THEN pg_get_userbyid(n.nspowner)::text
        ELSE (
          SELECT pg_get_userbyid(c.relowner)::text FROM pg_class c
          WHERE c.relnamespace = n.oid AND NOT pg_has_role(c.relowner, 'USAGE')
            AND c.relname::text = ANY (string_to_array($2, ' '))
          LIMIT 1)
        END
      FROM pg_namespace n WHERE n.nspname = $1
      """,
      schema.name, Gate.tables.joined(separator: " "))
    let location = location
    return try await read(operation, [ask]) { _, opening in
      guard let row = opening.rows[0].first, let owner = try row.optionalText(1) else { return nil }
      return .notOwner(store: location, user: try row.text(0), owner: owner)
    }
  }

  /// Whether a database has a store's tables; makes none.
  package static func holdsTables(
    url: String, logger: Logger = Logger(label: "carillon.postgres")
  ) async throws(StoreError) -> Bool {
    let configuration: PostgresConfiguration
    do throws(PostgresError) {
      configuration = try PostgresConfiguration(url)
    } catch {
      throw .unreachable(store: error.location, why: error.message)
    }
    let pool = PostgresPool(configuration: configuration, logger: logger)
    do throws(StoreError) {
      let found = try await Migrator(pool: pool, schema: Schema(configuration.schema)).found()
      await pool.close()
      return found > 0
    } catch {
      await pool.close(grace: .zero)
      throw error
    }
  }
}
