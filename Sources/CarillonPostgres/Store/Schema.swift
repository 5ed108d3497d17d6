import Carillon

/// The tables in a schema of their own, and how an older schema becomes a current one.
struct Schema: Sendable, Hashable {
  /// Where the tables are unless the connection string says otherwise.
  static let defaultName = "carillon"

  /// The version that this program makes.
  static let version = migrations.count

  let name: String

  init(_ name: String? = nil) { self.name = name ?? Schema.defaultName }

  /// Quoted, for a statement.
  var quoted: String { name.quotedIdentifier }

  /// A table, or another thing of the schema, for a statement.
  func callAsFunction(_ object: String) -> String { "\(quoted).\(object)" }

  /// The channel on which nodes tell each other that something may have become due. PostgreSQL cuts
  /// names at 63 bytes, and would do so to one only.
  var channel: String {
    var digest = Digest()
    digest.combine(name)
    return "carillon_\(String(digest.value, radix: 36))"
  }

  /// The key of an advisory lock: of the whole schema's purpose, or of one node.
  func lock(_ purpose: String) -> Int64 {
    var digest = Digest()
    digest.combine("carillon")
    digest.combine(name)
    digest.combine(purpose)
    return Int64(bitPattern: digest.value)
  }

  /// Each brings the schema from its index to the next version; never edited once released.
  /// `$schema` stands for the quoted name.
  static let migrations: [String] = [
    tables, schedules, tokens, operations, failures, gates, lists + scheduling, effects,
  ]

  /// What brings the schema from `found` to this program's version.
  func migrations(after found: Int) -> [String] {
    Schema.migrations[found...].map { $0.replacing("$schema", with: quoted) }
  }

  /// `jobs` stays one table: finishing a job is an update in place. The partial indexes hold only
  /// what they are for, so a claim's cost doesn't depend on finished rows.
  ///
  /// Texts compare by their bytes (`COLLATE "C"`): a new version of the system's collations can't
  /// damage an index. That `args` is an object is checked when it is written and when it is read, and
  /// not by a constraint: PostgreSQL checks all of a row's constraints at every update, and would
  /// unpack a megabyte of args to write a status.
  private static let tables = """
    CREATE TABLE $schema.meta (
      key text COLLATE "C" PRIMARY KEY,
      value text NOT NULL
    );

    CREATE TABLE $schema.jobs (
      -- Room in the index for the two versions that a job's claim and end add.
      uuid uuid NOT NULL CONSTRAINT jobs_uuid PRIMARY KEY WITH (fillfactor = 50),
      seq bigint GENERATED ALWAYS AS IDENTITY,
      run bigint NOT NULL CONSTRAINT run_positive CHECK (run > 0),
      job_type text COLLATE "C" NOT NULL CONSTRAINT job_type_named CHECK (job_type <> ''),
      handler_module text COLLATE "C" NOT NULL
        CONSTRAINT handler_named CHECK (handler_module <> ''),
      resource_type text COLLATE "C" NOT NULL
        CONSTRAINT resource_type_named CHECK (resource_type <> ''),
      resource_uuid uuid NOT NULL,
      args json NOT NULL,
      args_version bigint NOT NULL,
      queue text COLLATE "C" NOT NULL CONSTRAINT queue_named CHECK (queue <> ''),
      priority bigint NOT NULL CONSTRAINT priority_not_negative CHECK (priority >= 0),
      scheduled_at timestamptz NOT NULL,
      run_at timestamptz NOT NULL,
      hold text COLLATE "C",
      held_at timestamptz,
      status text COLLATE "C" NOT NULL CONSTRAINT status_known
        CHECK (status IN ('pending', 'processing', 'executed', 'failed', 'cancelled')),
      attempts bigint NOT NULL,
      max_attempts bigint NOT NULL CONSTRAINT max_attempts_positive CHECK (max_attempts > 0),
      failures bigint NOT NULL CONSTRAINT failures_not_negative CHECK (failures >= 0),
      snoozes bigint NOT NULL CONSTRAINT snoozes_not_negative CHECK (snoozes >= 0),
      crashes bigint NOT NULL CONSTRAINT crashes_not_negative CHECK (crashes >= 0),
      executed_at timestamptz,
      finished_at timestamptz,
      reason text,
      last_error text,
      result json,
      cancel_requested_at timestamptz,
      created_by_uuid uuid,
      inserted_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      claim bigint NOT NULL CONSTRAINT claim_not_negative CHECK (claim >= 0),
      node uuid,
      claimed_at timestamptz,
      trace_context text,
      -- Null for a job that SQL has made: what it was made from isn't known.
      content bigint,
      -- One more than max_attempts: the run alone after a crash on the last attempt.
      CONSTRAINT attempts_in_range
        CHECK (attempts >= 0 AND (attempts <= max_attempts OR attempts - 1 <= max_attempts)),
      CONSTRAINT processing_has_a_node
        CHECK ((status = 'processing') = (node IS NOT NULL AND claimed_at IS NOT NULL)),
      CONSTRAINT final_has_finished_at
        CHECK ((status IN ('executed', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
      CONSTRAINT executed_has_executed_at
        CHECK ((status = 'executed') = (executed_at IS NOT NULL)),
      CONSTRAINT only_pending_is_held CHECK (hold IS NULL OR status = 'pending'),
      CONSTRAINT hold_has_held_at CHECK ((hold IS NULL) = (held_at IS NULL)),
      CONSTRAINT pending_has_no_cancel_request
        CHECK (status <> 'pending' OR cancel_requested_at IS NULL)
    ) WITH (
      fillfactor = 85,
      autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05,
      autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0
    );

    CREATE INDEX jobs_ready ON $schema.jobs (queue, priority DESC, run_at, uuid)
      WHERE status = 'pending' AND hold IS NULL;
    CREATE INDEX jobs_held ON $schema.jobs (hold, held_at)
      WHERE hold IS NOT NULL;
    CREATE INDEX jobs_processing ON $schema.jobs (node) WHERE status = 'processing';
    CREATE INDEX jobs_cancel_requested ON $schema.jobs (node)
      WHERE status = 'processing' AND cancel_requested_at IS NOT NULL;
    CREATE INDEX jobs_finished ON $schema.jobs (finished_at) WHERE finished_at IS NOT NULL;
    CREATE INDEX jobs_resource ON $schema.jobs (resource_uuid, resource_type);
    -- Not unique, though its values are: PostgreSQL would look at a row's older versions at every
    -- update, to see that they are gone.
    CREATE INDEX jobs_seq ON $schema.jobs (seq) WITH (fillfactor = 50);

    CREATE TABLE $schema.attempts (
      uuid uuid NOT NULL,
      claim bigint NOT NULL,
      number bigint NOT NULL,
      node uuid NOT NULL,
      started_at timestamptz NOT NULL,
      ended_at timestamptz,
      outcome text COLLATE "C" CONSTRAINT outcome_known
        CHECK (outcome IN ('ok', 'error', 'snooze', 'release', 'cancel', 'lost')),
      error text,
      fingerprint text,
      log text,
      progress double precision,
      progress_note text,
      CONSTRAINT attempts_uuid_claim PRIMARY KEY (uuid, claim),
      CONSTRAINT ended_has_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
    ) WITH (
      autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1,
      autovacuum_vacuum_cost_delay = 0
    );

    CREATE TABLE $schema.nodes (
      uuid uuid PRIMARY KEY,
      name text NOT NULL,
      started_at timestamptz NOT NULL,
      catalogue text NOT NULL,
      queues text NOT NULL,
      lease_expires_at timestamptz NOT NULL,
      beats bigint NOT NULL,
      draining boolean NOT NULL
    ) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200);

    -- Every handler that a node has ever published, so that SQL can schedule by name or job type
    -- while no node is up.
    CREATE TABLE $schema.handlers (
      handler_module text COLLATE "C" NOT NULL,
      resource_type text COLLATE "C" NOT NULL,
      job_type text COLLATE "C" NOT NULL,
      aliases text[] NOT NULL,
      queue text COLLATE "C" NOT NULL,
      priority bigint NOT NULL,
      max_attempts bigint NOT NULL,
      published_at timestamptz NOT NULL,
      PRIMARY KEY (handler_module, resource_type)
    );

    -- Rows of jobs by what statistics ask for. Every transaction adds its changes to the second
    -- table, where it waits for nobody; they are moved to the first from time to time, and the sum of
    -- both is true.
    CREATE TABLE $schema.totals (
      status text COLLATE "C" NOT NULL,
      queue text COLLATE "C" NOT NULL,
      handler_module text COLLATE "C" NOT NULL,
      resource_type text COLLATE "C" NOT NULL,
      jobs bigint NOT NULL,
      PRIMARY KEY (status, queue, handler_module, resource_type)
    );
    CREATE TABLE $schema.totals_changes (
      status text COLLATE "C" NOT NULL,
      queue text COLLATE "C" NOT NULL,
      handler_module text COLLATE "C" NOT NULL,
      resource_type text COLLATE "C" NOT NULL,
      jobs bigint NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
      autovacuum_vacuum_cost_delay = 0);

    CREATE TABLE $schema.minute_counts (
      minute bigint NOT NULL,
      queue text COLLATE "C" NOT NULL,
      handler_module text COLLATE "C" NOT NULL,
      outcome text COLLATE "C" NOT NULL,
      attempts bigint NOT NULL,
      wait_buckets text NOT NULL,
      run_buckets text NOT NULL,
      PRIMARY KEY (minute, queue, handler_module, outcome)
    );
    CREATE TABLE $schema.minute_counts_changes (
      minute bigint NOT NULL,
      queue text COLLATE "C" NOT NULL,
      handler_module text COLLATE "C" NOT NULL,
      outcome text COLLATE "C" NOT NULL,
      attempts bigint NOT NULL,
      wait_buckets text NOT NULL,
      run_buckets text NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
      autovacuum_vacuum_cost_delay = 0);

    """
}
