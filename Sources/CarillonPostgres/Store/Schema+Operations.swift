extension Schema {
  /// Commands on many jobs, and who has done what.
  static let operations = """
    CREATE TABLE $schema.operations (
      uuid uuid PRIMARY KEY,
      action text COLLATE "C" NOT NULL,
      parameters text NOT NULL,
      filter text NOT NULL,
      -- What the filter meant when the operation began: no name, and no time that depends on now.
      meaning text NOT NULL,
      started_by text,
      state text COLLATE "C" NOT NULL
        CONSTRAINT state_known CHECK (state IN ('counting', 'running', 'done', 'cancelled')),
      total bigint NOT NULL CONSTRAINT total_not_negative CHECK (total >= 0),
      done bigint NOT NULL CONSTRAINT done_not_negative CHECK (done >= 0),
      skipped text NOT NULL,
      cursor uuid,
      inserted_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      finished_at timestamptz,
      CONSTRAINT final_has_finished_at
        CHECK ((state IN ('done', 'cancelled')) = (finished_at IS NOT NULL))
    ) WITH (fillfactor = 50);

    CREATE INDEX operations_inserted ON $schema.operations (inserted_at, uuid);
    CREATE INDEX operations_unfinished ON $schema.operations (inserted_at, uuid)
      WHERE finished_at IS NULL;
    CREATE INDEX operations_finished ON $schema.operations (finished_at)
      WHERE finished_at IS NOT NULL;

    CREATE TABLE $schema.audit (
      uuid uuid PRIMARY KEY,
      at timestamptz NOT NULL,
      actor text COLLATE "C" NOT NULL,
      source text COLLATE "C" NOT NULL,
      action text COLLATE "C" NOT NULL,
      target_kind text COLLATE "C" NOT NULL,
      target text COLLATE "C" NOT NULL,
      detail text NOT NULL,
      request_id text
    );

    CREATE INDEX audit_at ON $schema.audit (at, uuid);
    CREATE INDEX audit_actor ON $schema.audit (actor, at, uuid);
    CREATE INDEX audit_target ON $schema.audit (target, at, uuid);
    """
}
