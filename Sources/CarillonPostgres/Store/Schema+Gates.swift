extension Schema {
  /// Pauses and blackouts; a pause's `blackout` is empty.
  ///
  /// Every transaction reads all of them. So that it costs no more than the schema's version, they also
  /// stand in one row of `meta`, as the JSON that `GateRow.rows` reads.
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

    INSERT INTO $schema.meta (key, value) VALUES ('gates', '');

    CREATE FUNCTION $schema.note_gates() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
      -- Whoever changed others at the same time has ended then, and is seen.
      PERFORM 1 FROM $schema.meta WHERE key = 'gates' FOR UPDATE;
      UPDATE $schema.meta SET value = coalesce(
        (SELECT json_agg(json_build_object(
            'scope', scope, 'name', name, 'blackout', blackout,
            'since', (extract(epoch FROM since) * 1000000)::bigint,
            'until', (extract(epoch FROM until) * 1000000)::bigint,
            'by', "by", 'reason', reason, 'calendars', calendars, 'time_zone', time_zone)
            ORDER BY scope, name, blackout)::text
          FROM $schema.gates), '')
      WHERE key = 'gates';
      RETURN NULL;
    END
    $body$;

    CREATE TRIGGER note_gates AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON $schema.gates
      FOR EACH STATEMENT EXECUTE FUNCTION $schema.note_gates();

    -- Held jobs as they are freed, and as statistics count them.
    CREATE INDEX jobs_held_by_handler
      ON $schema.jobs (hold, handler_module, resource_type, run_at, uuid) INCLUDE (queue)
      WHERE hold IS NOT NULL;
    """
}
