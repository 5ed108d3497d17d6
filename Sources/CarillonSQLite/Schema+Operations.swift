extension Schema {
  /// Version 4: commands on many jobs, and who has done what.
  static let operations = """
    CREATE TABLE carillon_operations (
      uuid BLOB PRIMARY KEY NOT NULL CONSTRAINT uuid_has_16_bytes CHECK (length(uuid) = 16),
      action TEXT NOT NULL,
      parameters TEXT NOT NULL CONSTRAINT parameters_is_json CHECK (json_valid(parameters)),
      filter TEXT NOT NULL,
      -- What the filter meant when the operation began: no name, and no time that depends on now.
      meaning TEXT NOT NULL,
      started_by TEXT,
      state TEXT NOT NULL
        CONSTRAINT state_known CHECK (state IN ('counting', 'running', 'done', 'cancelled')),
      total INTEGER NOT NULL CONSTRAINT total_not_negative CHECK (total >= 0),
      done INTEGER NOT NULL CONSTRAINT done_not_negative CHECK (done >= 0),
      skipped TEXT NOT NULL CONSTRAINT skipped_is_json CHECK (json_valid(skipped)),
      cursor BLOB,
      inserted_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      finished_at INTEGER,
      CONSTRAINT final_has_finished_at
        CHECK ((state IN ('done', 'cancelled')) = (finished_at IS NOT NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX carillon_operations_inserted ON carillon_operations (inserted_at, uuid);
    CREATE INDEX carillon_operations_unfinished ON carillon_operations (inserted_at, uuid)
      WHERE finished_at IS NULL;
    CREATE INDEX carillon_operations_finished ON carillon_operations (finished_at)
      WHERE finished_at IS NOT NULL;

    CREATE TABLE carillon_audit (
      uuid BLOB PRIMARY KEY NOT NULL CONSTRAINT uuid_has_16_bytes CHECK (length(uuid) = 16),
      at INTEGER NOT NULL,
      actor TEXT NOT NULL,
      source TEXT NOT NULL,
      action TEXT NOT NULL,
      target_kind TEXT NOT NULL,
      target TEXT NOT NULL,
      detail TEXT NOT NULL CONSTRAINT detail_is_json CHECK (json_valid(detail)),
      request_id TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX carillon_audit_at ON carillon_audit (at, uuid);
    CREATE INDEX carillon_audit_actor ON carillon_audit (actor, at, uuid);
    CREATE INDEX carillon_audit_target ON carillon_audit (target, at, uuid);
    """
}
