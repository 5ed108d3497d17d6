import Carillon
import Foundation

extension PostgresStore {
  /// Whether this role has what a node needs; not by `read`, which needs some of it.
  func rights(_ operation: String) async throws(StoreError) -> Finding {
    do throws(PostgresError) {
      let rows = try await pool.query(
        """
        SELECT quote_ident(current_user), quote_ident($1), c.relname::text, r.name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          CROSS JOIN unnest($3::text[]) r (name)
        WHERE n.nspname = $1 AND c.relname = ANY ($2::text[]) AND c.relkind IN ('r', 'p')
          AND NOT has_table_privilege(c.oid, r.name)
        UNION ALL SELECT quote_ident(current_user), quote_ident($1), NULL, NULL
        """,
        schema.name, Schema.tableNames, Diagnosis.rights)
      var (role, name) = ("", "")
      var missing: [String: [String]] = [:]
      for row in rows {
        (role, name) = (try row.text(0), try row.text(1))
        guard let table = try row.optionalText(2) else { continue }
        missing[table, default: []].append(try row.text(3))
      }
      return Diagnosis.rights(missing: missing, of: role, in: name)
    } catch {
      throw StoreError(error, operation: operation)
    }
  }

  /// Whether all indexes are there and can be used.
  func indexes(_ operation: String) async throws(StoreError) -> Finding {
    let look = try statement(
      operation,
      """
      SELECT w.name, i.indexrelid IS NULL, quote_ident($1) FROM unnest($2::text[]) AS w (name)
        LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1
          JOIN pg_index i ON i.indexrelid = c.oid) ON c.relname = w.name
      WHERE (i.indisvalid AND i.indisready) IS NOT TRUE
      ORDER BY 1
      """,
      schema.name, Schema.indexes.keys.sorted())
    return try await read(operation, [look]) { _, opening in
      var missing: [String] = []
      var invalid: [String] = []
      var name = schema.quoted
      for row in opening.rows[0] {
        name = try row.text(2)
        let index = try row.text(0)
        if try row.bool(1) { missing.append(index) } else { invalid.append(index) }
      }
      return Diagnosis.indexes(missing: missing, invalid: invalid, in: name)
    }
  }
}
