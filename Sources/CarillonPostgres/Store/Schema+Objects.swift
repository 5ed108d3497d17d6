/// What a schema of this version consists of, as far as the migrations' own text tells.
extension Schema {
  static let tableNames: [String] = migrations.flatMap { migration in
    migration.matches(of: /CREATE TABLE \$schema\.(\w+)/).map { String($0.output.1) }
  }

  /// What makes each index again, by its name; beside writers, where that can be.
  static let indexes: [String: String] = {
    var statements: [String: String] = [:]
    for migration in migrations {
      for match in migration.matches(of: /CREATE (UNIQUE )?INDEX (\w+)\s+([^;]+);/) {
        let rest = match.output.3.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let name = String(match.output.2)
        statements[name] = "CREATE \(match.output.1 ?? "")INDEX CONCURRENTLY \(name) \(rest);"
      }
    }
    for (name, key) in keys {
      statements[name] = "ALTER TABLE $schema.\(key.table) ADD CONSTRAINT \(name) \(key.text);"
    }
    return statements
  }()

  /// Constraints that have an index. PostgreSQL names those that the migrations don't.
  static let keys: [String: (table: String, text: String)] = [
    "attempts_uuid_claim": ("attempts", "PRIMARY KEY (uuid, claim)"),
    "audit_pkey": ("audit", "PRIMARY KEY (uuid)"),
    "gates_pkey": ("gates", "PRIMARY KEY (scope, name, blackout)"),
    "handlers_pkey": ("handlers", "PRIMARY KEY (handler_module, resource_type)"),
    "jobs_uuid": ("jobs", "PRIMARY KEY (uuid) WITH (fillfactor = 50)"),
    "meta_pkey": ("meta", "PRIMARY KEY (key)"),
    "minute_counts_pkey":
      ("minute_counts", "PRIMARY KEY (minute, queue, handler_module, outcome)"),
    "nodes_pkey": ("nodes", "PRIMARY KEY (uuid)"),
    "occurrences_schedule_nominal": ("occurrences", "PRIMARY KEY (schedule_uuid, nominal_at)"),
    "operation_effects_pkey": ("operation_effects", "PRIMARY KEY (job, operation)"),
    "operations_pkey": ("operations", "PRIMARY KEY (uuid)"),
    "schedules_name": ("schedules", "UNIQUE (name)"),
    "schedules_uuid": ("schedules", "PRIMARY KEY (uuid)"),
    "tokens_pkey": ("tokens", "PRIMARY KEY (id)"),
    "totals_pkey": ("totals", "PRIMARY KEY (status, queue, handler_module, resource_type)"),
  ]
}
