extension Schema {
  /// Pauses and blackouts; a pause's `blackout` is empty.
  static let gates = """
    CREATE TABLE carillon_gates (
      scope TEXT NOT NULL CONSTRAINT scope_known
        CHECK (scope = 'queue' OR scope = 'handler' OR scope = 'resource_type'),
      name TEXT NOT NULL CONSTRAINT gate_named CHECK (name <> ''),
      blackout TEXT NOT NULL,
      since INTEGER NOT NULL,
      until INTEGER,
      "by" TEXT,
      reason TEXT,
      calendars TEXT,
      time_zone TEXT,
      PRIMARY KEY (scope, name, blackout),
      CONSTRAINT blackout_has_calendars
        CHECK ((blackout = '') = (calendars IS NULL) AND (blackout = '') = (time_zone IS NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE UNIQUE INDEX carillon_gates_blackout ON carillon_gates (blackout) WHERE blackout <> '';

    -- Held jobs as they are freed, and as statistics count them.
    DROP INDEX carillon_jobs_held;
    CREATE INDEX carillon_jobs_held
      ON carillon_jobs (hold, handler_module, resource_type, run_at, queue) WHERE hold IS NOT NULL;
    """
}
