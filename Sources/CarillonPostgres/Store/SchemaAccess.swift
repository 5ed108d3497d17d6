import Carillon

/// What a role may do with the schema, asked for when it was refused something there.
struct SchemaAccess {
  /// Quoted, for statements.
  let role: String
  let database: String
  let schema: String
  /// Whom the tables belong to, or the schema where there is none; nil without a schema.
  let owner: String?
  /// The schema's version, 0 without tables; nil when the role may not read it.
  let version: Int?

  /// What it is, and what to do; nil when the owner itself was refused something.
  var explanation: String? {
    guard let owner else {
      return "The database \(database) has no schema \(schema) yet, and the role \(role) may not "
        + "make one. Run `migrate` as the role that is to own the tables first; if that is \(role), an "
        + "administrator lets it: GRANT CREATE ON DATABASE \(database) TO \(role)."
    }
    guard owner != role else { return nil }
    guard let version else {
      return "The schema \(schema) belongs to \(owner), and the role \(role) may not read it. "
        + "Connect as \(owner), or let \(owner) grant what a node needs: "
        + "GRANT USAGE ON SCHEMA \(schema) TO \(role); "
        + "GRANT \(Diagnosis.rights.joined(separator: ", ")) ON ALL TABLES IN SCHEMA \(schema) "
        + "TO \(role)."
    }
    guard version > 0 else {
      return "The schema \(schema) belongs to \(owner) and has no tables yet, and the role \(role) "
        + "may not make them. Run `migrate` as \(owner) first."
    }
    return "It has schema \(version), this program \(Schema.version), and the role \(role) may not "
      + "change it: run `migrate` as the owner, \(owner)."
  }
}

extension Migrator {
  /// What a refusal means; nil when no more can be told than the server has said.
  nonisolated(nonsending) func explain(_ refusal: PostgresError) async -> StoreError? {
    guard refusal.kind == .permission else { return nil }
    let answer = try? await pool.query(
      """
      SELECT quote_ident(current_user), quote_ident(current_database()), quote_ident($1),
        quote_ident(pg_get_userbyid((
          SELECT coalesce(c.relowner, n.nspowner) FROM pg_namespace n
            LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'meta'
          WHERE n.nspname = $1)))
      """,
      schema.name)
    guard let row = answer?.first, let role = try? row.text(0), let database = try? row.text(1),
      let name = try? row.text(2)
    else { return nil }
    let access = SchemaAccess(
      role: role, database: database, schema: name, owner: (try? row.optionalText(3)) ?? nil,
      version: try? await pool.withConnection { try await version($0) })
    return access.explanation.map { .unreachable(store: refusal.location, why: $0) }
  }
}
