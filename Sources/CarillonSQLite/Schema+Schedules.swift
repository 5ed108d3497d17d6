extension Schema {
  /// Version 2: recurring schedules, and what became of their occurrences.
  ///
  /// `carillon_occurrences` is what keeps an occurrence from firing twice. The index of unfinished
  /// jobs holds those of schedules alone: other jobs pay nothing for it.
  static let schedules = """
    CREATE TABLE carillon_schedules (
      uuid BLOB PRIMARY KEY NOT NULL CONSTRAINT uuid_has_16_bytes CHECK (length(uuid) = 16),
      name TEXT NOT NULL UNIQUE CONSTRAINT named CHECK (name <> ''),
      handler_module TEXT NOT NULL CONSTRAINT handler_named CHECK (handler_module <> ''),
      job_type TEXT NOT NULL CONSTRAINT job_type_named CHECK (job_type <> ''),
      resource_type TEXT NOT NULL CONSTRAINT resource_type_named CHECK (resource_type <> ''),
      resource_uuid BLOB NOT NULL
        CONSTRAINT resource_uuid_has_16_bytes CHECK (length(resource_uuid) = 16),
      args TEXT NOT NULL
        CONSTRAINT args_is_object CHECK (json_valid(args) AND json_type(args) = 'object'),
      args_version INTEGER NOT NULL,
      queue TEXT NOT NULL CONSTRAINT queue_named CHECK (queue <> ''),
      priority INTEGER NOT NULL CONSTRAINT priority_not_negative CHECK (priority >= 0),
      max_attempts INTEGER NOT NULL CONSTRAINT max_attempts_positive CHECK (max_attempts > 0),
      recurrence TEXT NOT NULL,
      time_zone TEXT NOT NULL,
      clock_gap TEXT,
      clock_overlap TEXT,
      start_at INTEGER,
      end_at INTEGER,
      max_runs INTEGER CONSTRAINT max_runs_positive CHECK (max_runs > 0),
      misfire_policy TEXT NOT NULL,
      misfire_threshold INTEGER NOT NULL
        CONSTRAINT misfire_threshold_not_negative CHECK (misfire_threshold >= 0),
      overlap_policy TEXT NOT NULL CONSTRAINT overlap_policy_known
        CHECK (overlap_policy IN ('skip', 'buffer_one', 'buffer_all', 'cancel_other', 'allow')),
      jitter INTEGER NOT NULL CONSTRAINT jitter_not_negative CHECK (jitter >= 0),
      calendars TEXT CONSTRAINT calendars_is_json CHECK (calendars IS NULL OR json_valid(calendars)),
      pause_after_failures INTEGER
        CONSTRAINT pause_after_failures_positive CHECK (pause_after_failures > 0),
      runs INTEGER NOT NULL CONSTRAINT runs_not_negative CHECK (runs >= 0),
      failures_in_a_row INTEGER NOT NULL
        CONSTRAINT failures_in_a_row_not_negative CHECK (failures_in_a_row >= 0),
      paused_at INTEGER,
      paused_until INTEGER,
      paused_by TEXT,
      paused_why TEXT,
      last_at INTEGER,
      next_at INTEGER,
      origin TEXT NOT NULL CONSTRAINT origin_known CHECK (origin IN ('declared', 'added')),
      declaration INTEGER,
      edited_at INTEGER,
      revision INTEGER NOT NULL,
      turn INTEGER NOT NULL,
      inserted_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      CONSTRAINT clock_change_is_whole CHECK ((clock_gap IS NULL) = (clock_overlap IS NULL)),
      CONSTRAINT pause_has_paused_at CHECK (paused_at IS NOT NULL
        OR (paused_until IS NULL AND paused_by IS NULL AND paused_why IS NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX carillon_schedules_next ON carillon_schedules (next_at) WHERE next_at IS NOT NULL;
    CREATE INDEX carillon_schedules_declared ON carillon_schedules (name)
      WHERE origin = 'declared';

    CREATE TABLE carillon_occurrences (
      schedule_uuid BLOB NOT NULL,
      nominal_at INTEGER NOT NULL,
      outcome TEXT NOT NULL CONSTRAINT outcome_known
        CHECK (outcome IN ('fired', 'skipped', 'missed')),
      occurrence_reason TEXT CONSTRAINT occurrence_reason_known
        CHECK (occurrence_reason IN ('on_time', 'catch_up', 'backfill', 'manual')),
      job_uuid BLOB,
      why TEXT,
      count INTEGER NOT NULL CONSTRAINT count_positive CHECK (count > 0),
      noted_at INTEGER NOT NULL,
      PRIMARY KEY (schedule_uuid, nominal_at),
      CONSTRAINT fired_has_a_job CHECK ((outcome = 'fired') = (job_uuid IS NOT NULL)),
      CONSTRAINT fired_has_a_reason CHECK ((outcome = 'fired') = (occurrence_reason IS NOT NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX carillon_occurrences_noted ON carillon_occurrences (noted_at);

    ALTER TABLE carillon_jobs ADD COLUMN schedule_uuid BLOB;
    ALTER TABLE carillon_jobs ADD COLUMN occurrence_reason TEXT;

    CREATE INDEX carillon_jobs_of_schedule ON carillon_jobs (schedule_uuid, scheduled_at)
      WHERE schedule_uuid IS NOT NULL AND finished_at IS NULL;
    """
}
