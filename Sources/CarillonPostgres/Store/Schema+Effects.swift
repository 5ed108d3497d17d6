extension Schema {
  /// Version 8: which jobs operations have changed.
  static let effects = """
    CREATE TABLE $schema.operation_effects (
      job uuid NOT NULL,
      operation uuid NOT NULL,
      at timestamptz NOT NULL,
      PRIMARY KEY (job, operation)
    );

    CREATE INDEX operation_effects_at ON $schema.operation_effects (at);
    """
}
