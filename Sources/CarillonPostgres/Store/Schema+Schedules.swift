extension Schema {
  /// Version 2: recurring schedules, and what became of their occurrences.
  ///
  /// `occurrences` is what keeps an occurrence from firing twice. The index of unfinished jobs holds
  /// those of schedules alone: other jobs pay nothing for it.
  static let schedules = """
    CREATE TABLE $schema.schedules (
      uuid uuid NOT NULL CONSTRAINT schedules_uuid PRIMARY KEY,
      name text COLLATE "C" NOT NULL CONSTRAINT schedules_name UNIQUE
        CONSTRAINT named CHECK (name <> ''),
      handler_module text COLLATE "C" NOT NULL
        CONSTRAINT handler_named CHECK (handler_module <> ''),
      job_type text COLLATE "C" NOT NULL CONSTRAINT job_type_named CHECK (job_type <> ''),
      resource_type text COLLATE "C" NOT NULL
        CONSTRAINT resource_type_named CHECK (resource_type <> ''),
      resource_uuid uuid NOT NULL,
      args json NOT NULL,
      args_version bigint NOT NULL,
      queue text COLLATE "C" NOT NULL CONSTRAINT queue_named CHECK (queue <> ''),
      priority bigint NOT NULL CONSTRAINT priority_not_negative CHECK (priority >= 0),
      max_attempts bigint NOT NULL CONSTRAINT max_attempts_positive CHECK (max_attempts > 0),
      recurrence text COLLATE "C" NOT NULL,
      time_zone text COLLATE "C" NOT NULL,
      clock_gap text COLLATE "C",
      clock_overlap text COLLATE "C",
      start_at timestamptz,
      end_at timestamptz,
      max_runs bigint CONSTRAINT max_runs_positive CHECK (max_runs > 0),
      misfire_policy text COLLATE "C" NOT NULL,
      misfire_threshold bigint NOT NULL
        CONSTRAINT misfire_threshold_not_negative CHECK (misfire_threshold >= 0),
      overlap_policy text COLLATE "C" NOT NULL CONSTRAINT overlap_policy_known
        CHECK (overlap_policy IN ('skip', 'buffer_one', 'buffer_all', 'cancel_other', 'allow')),
      jitter bigint NOT NULL CONSTRAINT jitter_not_negative CHECK (jitter >= 0),
      calendars text,
      pause_after_failures bigint
        CONSTRAINT pause_after_failures_positive CHECK (pause_after_failures > 0),
      runs bigint NOT NULL CONSTRAINT runs_not_negative CHECK (runs >= 0),
      failures_in_a_row bigint NOT NULL
        CONSTRAINT failures_in_a_row_not_negative CHECK (failures_in_a_row >= 0),
      paused_at timestamptz,
      paused_until timestamptz,
      paused_by text,
      paused_why text,
      last_at timestamptz,
      next_at timestamptz,
      origin text COLLATE "C" NOT NULL
        CONSTRAINT origin_known CHECK (origin IN ('declared', 'added')),
      declaration bigint,
      edited_at timestamptz,
      revision bigint NOT NULL,
      turn bigint NOT NULL,
      inserted_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      CONSTRAINT clock_change_is_whole CHECK ((clock_gap IS NULL) = (clock_overlap IS NULL)),
      CONSTRAINT pause_has_paused_at CHECK (paused_at IS NOT NULL
        OR (paused_until IS NULL AND paused_by IS NULL AND paused_why IS NULL))
    ) WITH (
      fillfactor = 85,
      autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200,
      autovacuum_vacuum_cost_delay = 0
    );

    CREATE INDEX schedules_next ON $schema.schedules (next_at) WHERE next_at IS NOT NULL;
    CREATE INDEX schedules_declared ON $schema.schedules (name) WHERE origin = 'declared';

    CREATE TABLE $schema.occurrences (
      schedule_uuid uuid NOT NULL,
      nominal_at timestamptz NOT NULL,
      outcome text COLLATE "C" NOT NULL
        CONSTRAINT outcome_known CHECK (outcome IN ('fired', 'skipped', 'missed')),
      occurrence_reason text COLLATE "C" CONSTRAINT occurrence_reason_known
        CHECK (occurrence_reason IN ('on_time', 'catch_up', 'backfill', 'manual')),
      job_uuid uuid,
      why text,
      count bigint NOT NULL CONSTRAINT count_positive CHECK (count > 0),
      noted_at timestamptz NOT NULL,
      CONSTRAINT occurrences_schedule_nominal PRIMARY KEY (schedule_uuid, nominal_at),
      CONSTRAINT fired_has_a_job CHECK ((outcome = 'fired') = (job_uuid IS NOT NULL)),
      CONSTRAINT fired_has_a_reason CHECK ((outcome = 'fired') = (occurrence_reason IS NOT NULL))
    );

    CREATE INDEX occurrences_noted ON $schema.occurrences (noted_at);

    ALTER TABLE $schema.jobs ADD COLUMN schedule_uuid uuid;
    ALTER TABLE $schema.jobs ADD COLUMN occurrence_reason text COLLATE "C";

    CREATE INDEX jobs_of_schedule ON $schema.jobs (schedule_uuid, scheduled_at)
      WHERE schedule_uuid IS NOT NULL AND finished_at IS NULL;

    """
}
