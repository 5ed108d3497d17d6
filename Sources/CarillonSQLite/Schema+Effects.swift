extension Schema {
  /// Version 8: which jobs operations have changed.
  static let effects = """
    CREATE TABLE carillon_operation_effects (
      job BLOB NOT NULL CONSTRAINT job_has_16_bytes CHECK (length(job) = 16),
      operation BLOB NOT NULL CONSTRAINT operation_has_16_bytes CHECK (length(operation) = 16),
      at INTEGER NOT NULL,
      PRIMARY KEY (job, operation)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX carillon_operation_effects_at ON carillon_operation_effects (at);
    """
}
