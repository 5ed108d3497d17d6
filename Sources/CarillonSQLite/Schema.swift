import Carillon
import GRDB

/// The tables, and how an older file becomes a current one.
///
/// Carillon keeps its own version, beside GRDB's migrator: a file may be shared with an application
/// whose migrator would not know our migrations. Every table begins with `carillon_`.
enum Schema {
  /// The version that this program makes.
  static let version = migrations.count

  /// Each brings the schema from its index to the next version; never edited once released.
  private static let migrations: [String] = [
    first, schedules, tokens, operations, failures, gates, lists, effects,
  ]

  /// Brings the file to this program's version; does nothing when it is there. Throws `newerSchema`.
  static func migrate(_ database: Database, location: String) throws {
    let found = try version(in: database)
    guard found <= version else {
      throw StoreError.newerSchema(store: location, found: "schema \(found), this knows \(version)")
    }
    for migration in migrations[found...] { try database.execute(sql: migration) }
    guard found < version else { return }
    try database.execute(
      sql: "INSERT OR REPLACE INTO carillon_meta (key, value) VALUES ('schema_version', ?)",
      arguments: [String(version)])
  }

  /// The file's version; 0 for one without our tables.
  static func version(in database: Database) throws -> Int {
    guard try database.tableExists("carillon_meta") else { return 0 }
    let value = try String.fetchOne(
      database, sql: "SELECT value FROM carillon_meta WHERE key = 'schema_version'")
    guard let version = value.flatMap(Int.init), version > 0 else {
      let found = value.map { "'\($0.prefix(40))'" } ?? "missing"
      throw StoreError.failed(
        operation: "tell the file's version",
        why: "schema_version in carillon_meta is \(found). Restore the file from a copy.")
    }
    return version
  }

  /// `jobs` stays one table: finishing a job is an update in place. The partial indexes hold only
  /// what they are for, so a claim's cost doesn't depend on finished rows. The checks spell `IN` as
  /// `OR`: for a list SQLite builds a temporary table at every write, a tenth of the write's time.
  private static let first = """
    CREATE TABLE carillon_meta (
      key TEXT PRIMARY KEY NOT NULL,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE carillon_jobs (
      seq INTEGER PRIMARY KEY,
      uuid BLOB NOT NULL UNIQUE CONSTRAINT uuid_has_16_bytes CHECK (length(uuid) = 16),
      run INTEGER NOT NULL CONSTRAINT run_positive CHECK (run > 0),
      job_type TEXT NOT NULL CONSTRAINT job_type_named CHECK (job_type <> ''),
      handler_module TEXT NOT NULL CONSTRAINT handler_named CHECK (handler_module <> ''),
      resource_type TEXT NOT NULL CONSTRAINT resource_type_named CHECK (resource_type <> ''),
      resource_uuid BLOB NOT NULL
        CONSTRAINT resource_uuid_has_16_bytes CHECK (length(resource_uuid) = 16),
      args TEXT NOT NULL
        CONSTRAINT args_is_object CHECK (json_valid(args) AND json_type(args) = 'object'),
      args_version INTEGER NOT NULL,
      queue TEXT NOT NULL CONSTRAINT queue_named CHECK (queue <> ''),
      priority INTEGER NOT NULL CONSTRAINT priority_not_negative CHECK (priority >= 0),
      scheduled_at INTEGER NOT NULL,
      run_at INTEGER NOT NULL,
      hold TEXT,
      held_at INTEGER,
      status TEXT NOT NULL CONSTRAINT status_known
        CHECK (status = 'pending' OR status = 'processing' OR status = 'executed'
          OR status = 'failed' OR status = 'cancelled'),
      attempts INTEGER NOT NULL,
      max_attempts INTEGER NOT NULL CONSTRAINT max_attempts_positive CHECK (max_attempts > 0),
      failures INTEGER NOT NULL CONSTRAINT failures_not_negative CHECK (failures >= 0),
      snoozes INTEGER NOT NULL CONSTRAINT snoozes_not_negative CHECK (snoozes >= 0),
      crashes INTEGER NOT NULL CONSTRAINT crashes_not_negative CHECK (crashes >= 0),
      executed_at INTEGER,
      finished_at INTEGER,
      reason TEXT,
      last_error TEXT,
      result TEXT CONSTRAINT result_is_json CHECK (result IS NULL OR json_valid(result)),
      cancel_requested_at INTEGER,
      created_by_uuid BLOB,
      inserted_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      claim INTEGER NOT NULL CONSTRAINT claim_not_negative CHECK (claim >= 0),
      node BLOB,
      claimed_at INTEGER,
      trace_context TEXT,
      -- Null for a job that SQL has made, in the store that it comes from.
      content INTEGER,
      -- One more than max_attempts: the run alone after a crash on the last attempt.
      CONSTRAINT attempts_in_range CHECK (attempts BETWEEN 0 AND max_attempts + 1),
      CONSTRAINT processing_has_a_node
        CHECK ((status = 'processing') = (node IS NOT NULL AND claimed_at IS NOT NULL)),
      CONSTRAINT final_has_finished_at
        CHECK ((status = 'executed' OR status = 'failed' OR status = 'cancelled')
          = (finished_at IS NOT NULL)),
      CONSTRAINT executed_has_executed_at
        CHECK ((status = 'executed') = (executed_at IS NOT NULL)),
      CONSTRAINT only_pending_is_held CHECK (hold IS NULL OR status = 'pending'),
      CONSTRAINT hold_has_held_at CHECK ((hold IS NULL) = (held_at IS NULL)),
      CONSTRAINT pending_has_no_cancel_request
        CHECK (status <> 'pending' OR cancel_requested_at IS NULL)
    ) STRICT;

    CREATE INDEX carillon_jobs_ready ON carillon_jobs (queue, priority DESC, run_at, uuid)
      WHERE status = 'pending' AND hold IS NULL;
    CREATE INDEX carillon_jobs_held ON carillon_jobs (hold, handler_module, resource_type)
      WHERE hold IS NOT NULL;
    CREATE INDEX carillon_jobs_processing ON carillon_jobs (node)
      WHERE status = 'processing';
    CREATE INDEX carillon_jobs_cancel_requested ON carillon_jobs (node)
      WHERE status = 'processing' AND cancel_requested_at IS NOT NULL;
    CREATE INDEX carillon_jobs_finished ON carillon_jobs (finished_at)
      WHERE finished_at IS NOT NULL;
    CREATE INDEX carillon_jobs_resource ON carillon_jobs (resource_type, resource_uuid);

    CREATE TABLE carillon_attempts (
      uuid BLOB NOT NULL,
      claim INTEGER NOT NULL,
      number INTEGER NOT NULL,
      node BLOB NOT NULL,
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      outcome TEXT CONSTRAINT outcome_known
        CHECK (outcome = 'ok' OR outcome = 'error' OR outcome = 'snooze' OR outcome = 'release'
          OR outcome = 'cancel' OR outcome = 'lost'),
      error TEXT,
      fingerprint TEXT,
      log TEXT,
      progress REAL,
      progress_note TEXT,
      PRIMARY KEY (uuid, claim),
      CONSTRAINT ended_has_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE carillon_nodes (
      uuid BLOB PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      catalogue TEXT NOT NULL,
      queues TEXT NOT NULL,
      lease_expires_at INTEGER NOT NULL,
      beats INTEGER NOT NULL,
      draining INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Rows of carillon_jobs by what statistics ask for, kept by every write.
    CREATE TABLE carillon_totals (
      status TEXT NOT NULL,
      queue TEXT NOT NULL,
      handler_module TEXT NOT NULL,
      resource_type TEXT NOT NULL,
      jobs INTEGER NOT NULL,
      PRIMARY KEY (status, queue, handler_module, resource_type)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE carillon_minute_counts (
      minute INTEGER NOT NULL,
      queue TEXT NOT NULL,
      handler_module TEXT NOT NULL,
      outcome TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      wait_buckets TEXT NOT NULL,
      run_buckets TEXT NOT NULL,
      PRIMARY KEY (minute, queue, handler_module, outcome)
    ) STRICT, WITHOUT ROWID;
    """
}
