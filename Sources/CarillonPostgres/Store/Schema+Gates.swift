extension Schema {
  /// Pauses and blackouts; a pause's `blackout` is empty.
  static let gates = """
    CREATE TABLE $schema.gates (
      scope text COLLATE "C" NOT NULL
        CONSTRAINT scope_known CHECK (scope IN ('queue', 'handler', 'resource_type')),
      name text COLLATE "C" NOT NULL CONSTRAINT gate_named CHECK (name <> ''),
      blackout text COLLATE "C" NOT NULL,
      since timestamptz NOT NULL,
      until timestamptz,
      "by" text,
      reason text,
      calendars text,
      time_zone text,
      PRIMARY KEY (scope, name, blackout),
      CONSTRAINT blackout_has_calendars
        CHECK ((blackout = '') = (calendars IS NULL) AND (blackout = '') = (time_zone IS NULL))
    );

    CREATE UNIQUE INDEX gates_blackout ON $schema.gates (blackout) WHERE blackout <> '';

    -- Jobs that a closed handler or resource type holds back, as they are freed.
    CREATE INDEX jobs_paused ON $schema.jobs (handler_module, resource_type, run_at, uuid)
      WHERE hold = 'paused';
    """
}
