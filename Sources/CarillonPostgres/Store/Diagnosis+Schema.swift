import Carillon

/// Whether the schema has what it needs, and lets a node do what a node does.
extension Diagnosis {
  /// - Parameter schema: quoted, for a statement.
  static func indexes(missing: [String], invalid: [String], in schema: String) -> Finding {
    guard !missing.isEmpty || !invalid.isEmpty else {
      return Finding(
        id: "postgres.indexes", severity: .ok, message: "All indexes are there and valid.")
    }
    let faults = [("missing", missing), ("invalid", invalid)].filter { !$0.1.isEmpty }
      .map { "\($0.0): \($0.1.joined(separator: ", "))" }
    let statements =
      missing.compactMap { Schema.indexes[$0]?.replacing("$schema", with: schema) }
      + invalid.map { "REINDEX INDEX CONCURRENTLY \(schema).\($0);" }
    return Finding(
      id: "postgres.indexes", severity: .error,
      message: "Indexes of \(schema) are \(faults.joined(separator: "; ")).",
      advice: "As the owner: \(statements.joined(separator: " "))")
  }

  /// What a node does with every table.
  static let rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]

  /// - Parameters:
  ///   - missing: rights by table, of those that a node needs.
  ///   - role: quoted, for a statement, as `schema`.
  static func rights(missing: [String: [String]], of role: String, in schema: String) -> Finding {
    guard !missing.isEmpty else {
      return Finding(
        id: "postgres.rights", severity: .ok,
        message: "The role \(role) has the rights that a node needs.")
    }
    // One statement for all tables that lack the same.
    let statements = Dictionary(grouping: missing.keys.sorted()) { table in
      rights.filter { missing[table]?.contains($0) ?? false }.joined(separator: ", ")
    }
    let lacks = statements.sorted { $0.value[0] < $1.value[0] }
    return Finding(
      id: "postgres.rights", severity: .error,
      message: "The role \(role) lacks rights that a node needs: "
        + lacks.map { "\($0.key) on \($0.value.joined(separator: ", "))" }.joined(separator: "; ")
        + ".",
      advice: "As the owner of the tables: "
        + lacks.map { rights, tables in
          "GRANT \(rights) ON \(tables.map { "\(schema).\($0)" }.joined(separator: ", ")) TO \(role);"
        }.joined(separator: " "))
  }
}
