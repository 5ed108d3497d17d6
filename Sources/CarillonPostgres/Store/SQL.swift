/// The statements on jobs and attempts that run all the time, with the schema's name in them.
///
/// Each is sent as one text over and over, so that a connection prepares it once. Batches are arrays
/// and `unnest`: a thousand rows are one statement with a dozen parameters.
struct SQL: Sendable {
  let schema: Schema
  let jobs: String
  let attempts: String

  init(_ schema: Schema) {
    self.schema = schema
    jobs = schema("jobs")
    attempts = schema("attempts")
    let ready = "status = 'pending' AND hold IS NULL"
    let columns = JobRow.columns

    insertJobs = """
      INSERT INTO \(jobs) (\(SQL.insertedColumns.joined(separator: ", ")))
      SELECT * FROM unnest(
        $1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::json[],
        $8::bigint[], $9::text[], $10::bigint[], $11::timestamptz[], $12::timestamptz[],
        $13::text[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[],
        $19::uuid[], $20::timestamptz[], $21::timestamptz[], $22::bigint[], $23::text[],
        $24::bigint[])
      """
    let step = """
      UPDATE \(jobs) j SET
        status = s.status, attempts = s.attempts, executed_at = s.executed_at,
        finished_at = s.finished_at, result = s.result, updated_at = s.updated_at,
        claim = s.claim, node = s.node, claimed_at = s.claimed_at
      FROM unnest(
        $1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::json[],
        $7::timestamptz[], $8::bigint[], $9::uuid[], $10::timestamptz[]
      """
    let stepColumns = """
      uuid, status, attempts, executed_at, finished_at, result, updated_at, claim, node, claimed_at
      """
    stepJobs = "\(step)) AS s (\(stepColumns)) WHERE j.uuid = s.uuid"
    // Not `status = 'processing'`, which would let a plan walk an index of all running jobs for each
    // row: that a claim has a node says the same.
    stepUnread = """
      \(step), $11::uuid[], $12::timestamptz[]) AS s (\(stepColumns), held_by, seen_at)
      WHERE j.uuid = s.uuid AND j.claim = s.claim AND j.node = s.held_by
        AND j.updated_at = s.seen_at AND j.cancel_requested_at IS NULL
      RETURNING j.uuid
      """
    let change = """
      UPDATE \(jobs) j SET
        status = s.status, attempts = s.attempts, executed_at = s.executed_at,
        finished_at = s.finished_at, result = s.result, updated_at = s.updated_at,
        claim = s.claim, node = s.node, claimed_at = s.claimed_at, run = s.run,
        scheduled_at = s.scheduled_at, run_at = s.run_at, hold = s.hold, held_at = s.held_at,
        max_attempts = s.max_attempts, failures = s.failures, snoozes = s.snoozes,
        crashes = s.crashes, reason = s.reason, last_error = s.last_error,
        cancel_requested_at = s.cancel_requested_at
      FROM unnest(
        $1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::json[],
        $7::timestamptz[], $8::bigint[], $9::uuid[], $10::timestamptz[], $11::bigint[],
        $12::timestamptz[], $13::timestamptz[], $14::text[], $15::timestamptz[], $16::bigint[],
        $17::bigint[], $18::bigint[], $19::bigint[], $20::text[], $21::text[], $22::timestamptz[]
      """
    let changeColumns = """
      \(stepColumns), run, scheduled_at, run_at, hold, held_at, max_attempts, failures, snoozes,
        crashes, reason, last_error, cancel_requested_at
      """
    changeJobs = "\(change)) AS s (\(changeColumns)) WHERE j.uuid = s.uuid"
    changeUnread = """
      \(change), $23::uuid[], $24::timestamptz[]) AS s (\(changeColumns), held_by, seen_at)
      WHERE j.uuid = s.uuid AND j.claim = s.claim AND j.node = s.held_by
        AND j.updated_at = s.seen_at AND j.cancel_requested_at IS NULL
      RETURNING j.uuid
      """
    placeJobs = """
      UPDATE \(jobs) j SET queue = s.queue, priority = s.priority
      FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS s (uuid, queue, priority)
      WHERE j.uuid = s.uuid
      """
    keepAttempts = """
      INSERT INTO \(attempts) (\(AttemptRow.columns))
      SELECT * FROM unnest(
        $1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::timestamptz[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::float8[], $12::text[])
      ON CONFLICT ON CONSTRAINT attempts_uuid_claim DO UPDATE SET
        number = excluded.number, node = excluded.node, started_at = excluded.started_at,
        ended_at = excluded.ended_at, outcome = excluded.outcome, error = excluded.error,
        fingerprint = excluded.fingerprint, log = excluded.log, progress = excluded.progress,
        progress_note = excluded.progress_note
      """
    // Locks are taken in the order of uuid by all who take several, so that none wait in a circle.
    lockJobs = """
      SELECT \(columns) FROM \(jobs) WHERE uuid = ANY ($1::uuid[]) ORDER BY uuid FOR UPDATE
      """
    findJobs = "SELECT \(columns) FROM \(jobs) WHERE uuid = ANY ($1::uuid[])"
    findAttempts = """
      SELECT \(AttemptRow.columns.split(separator: ", ").map { "a.\($0)" }.joined(separator: ", "))
      FROM unnest($1::uuid[], $2::bigint[]) AS s (uuid, claim)
      JOIN \(attempts) a ON a.uuid = s.uuid AND a.claim = s.claim
      """
    lockHeld = """
      SELECT \(columns) FROM \(jobs)
      WHERE status = 'processing' AND node = $1::uuid ORDER BY uuid FOR UPDATE
      """
    held = """
      SELECT \(columns) FROM \(jobs)
      WHERE status = 'processing' AND node = $1::uuid ORDER BY uuid
      """
    holdCorrupt = """
      UPDATE \(jobs) SET hold = 'corrupt', held_at = $2::timestamptz, updated_at = $2::timestamptz
      WHERE uuid = ANY ($1::uuid[]) AND status = 'pending'
      """
    cancelRequests = """
      SELECT uuid, claim FROM \(jobs)
      WHERE status = 'processing' AND cancel_requested_at IS NOT NULL AND node = $1::uuid
      """

    // The (queue, priority) pairs of ready jobs, by two seeks each in the index that begins with them.
    let first = "SELECT queue, priority FROM \(jobs) WHERE \(ready)"
    allLevels = """
      WITH RECURSIVE level (queue, priority) AS (
        (\(first) ORDER BY queue, priority DESC LIMIT 1)
        UNION ALL
        SELECT n.queue, n.priority FROM level l CROSS JOIN LATERAL (
          SELECT * FROM (
            (SELECT 1 AS step, queue, priority FROM \(jobs)
              WHERE \(ready) AND queue = l.queue AND priority < l.priority
              ORDER BY priority DESC LIMIT 1)
            UNION ALL
            (SELECT 2, queue, priority FROM \(jobs) WHERE \(ready) AND queue > l.queue
              ORDER BY queue, priority DESC LIMIT 1)
          ) either ORDER BY step LIMIT 1
        ) n
      )
      """
    levelsOf = """
      WITH RECURSIVE level (queue, priority) AS (
        SELECT n.queue, n.priority
        FROM unnest($1::text[]) AS asked (queue) CROSS JOIN LATERAL (
          \(first) AND queue = asked.queue COLLATE "C" ORDER BY priority DESC LIMIT 1
        ) n
        UNION ALL
        SELECT n.queue, n.priority FROM level l CROSS JOIN LATERAL (
          \(first) AND queue = l.queue AND priority < l.priority ORDER BY priority DESC LIMIT 1
        ) n
      )
      """
    let isKnown = #"(handler_module || E'\n' || resource_type)"#
    // A place to begin from: both or neither.
    func begins(_ runAt: String, _ uuid: String) -> String {
      """
      (run_at, uuid) >= (
        coalesce(\(runAt)::timestamptz, '-infinity'),
        coalesce(\(uuid)::uuid, '00000000-0000-0000-0000-000000000000'))
      """
    }
    // Without a time: the one at which the transaction began.
    let due = """
      \(ready) AND queue = $1 COLLATE "C" AND priority = $2::bigint
        AND run_at <= coalesce($3::timestamptz, now()) AND \(isKnown) = ANY ($4::text[])
        AND \(begins("$6", "$7"))
      """
    takeDue = """
      SELECT \(columns) FROM \(jobs) WHERE \(due)
      ORDER BY run_at, uuid LIMIT $5::bigint FOR UPDATE SKIP LOCKED
      """
    // Several queues of one priority: first how many of each come first, then so many are locked.
    // Locking as many as there is room for in every queue would keep them from other nodes.
    let dueOfQueue = """
      \(ready) AND queue = asked.queue AND priority = $2::bigint
        AND run_at <= $3::timestamptz AND \(isKnown) = ANY ($4::text[])
        AND \(begins("asked.begins_at", "asked.begins_with"))
      """
    takeDueOfSeveral = """
      WITH first AS MATERIALIZED (
        SELECT asked.queue, asked.begins_at, asked.begins_with, c.run_at, c.uuid
        FROM unnest($1::text[], $6::bigint[], $7::timestamptz[], $8::uuid[])
          AS asked (queue, room, begins_at, begins_with)
        CROSS JOIN LATERAL (
          SELECT run_at, uuid FROM \(jobs)
          WHERE \(dueOfQueue.replacing("asked.queue", with: "asked.queue COLLATE \"C\""))
          ORDER BY run_at, uuid LIMIT asked.room
        ) c
        ORDER BY c.run_at, c.uuid LIMIT $5::bigint
      ), asked AS MATERIALIZED (
        SELECT queue COLLATE "C" AS queue, begins_at, begins_with, count(*) AS room
        FROM first GROUP BY 1, 2, 3
      )
      SELECT taken.* FROM asked CROSS JOIN LATERAL (
        SELECT \(columns) FROM \(jobs) WHERE \(dueOfQueue)
        ORDER BY run_at, uuid LIMIT asked.room FOR UPDATE SKIP LOCKED
      ) taken
      """
    // Locked by others or not.
    leftDue = """
      SELECT level.queue, level.priority, l.run_at, l.uuid
      FROM unnest($1::text[], $2::bigint[], $5::timestamptz[], $6::uuid[])
        AS level (queue, priority, begins_at, begins_with)
      CROSS JOIN LATERAL (
        SELECT run_at, uuid FROM \(jobs)
        WHERE \(ready) AND queue = level.queue COLLATE "C" AND priority = level.priority
          AND run_at <= $3::timestamptz AND \(isKnown) = ANY ($4::text[])
          AND \(begins("level.begins_at", "level.begins_with"))
        ORDER BY run_at, uuid LIMIT 1
      ) l
      """
    nextDue = """
      SELECT min(n.run_at)
      FROM unnest($1::text[], $2::bigint[]) AS level (queue, priority) CROSS JOIN LATERAL (
        SELECT run_at FROM \(jobs)
        WHERE \(ready) AND queue = level.queue COLLATE "C" AND priority = level.priority
          AND run_at > $3::timestamptz
        ORDER BY run_at LIMIT 1
      ) n
      """
    let table = jobs
    let found = "(SELECT json_agg(json_build_array(queue, priority))::text FROM level)"
    // The time stands in a query of its own, so that an index can be searched for it.
    func looking(first: Int, room: String, isOpen: String, from place: String? = nil) -> String {
      let now = "(SELECT coalesce($\(first)::timestamptz, clock_timestamp()))"
      return """
        SELECT (
          SELECT min(n.run_at) FROM level CROSS JOIN LATERAL (
            SELECT run_at FROM \(table)
            WHERE \(ready) AND queue = level.queue AND priority = level.priority
              AND run_at > \(now)
            ORDER BY run_at LIMIT 1
          ) n
          WHERE \(isOpen)
        ), EXISTS (
          SELECT 1 FROM level CROSS JOIN LATERAL (
            SELECT 1 FROM \(table)
            WHERE \(ready) AND queue = level.queue AND priority = level.priority
              AND run_at <= least(\(now), $\(first + 1)::timestamptz)
              AND \(isKnown) = ANY ($\(first + 2)::text[]) \(place ?? "")
            LIMIT 1
          ) d
          WHERE \(room) AND \(isOpen)
        ), \(SQL.taken), \(place == nil ? found : "NULL::text")
        """
    }
    let all = looking(
      first: 1, room: "$4::boolean", isOpen: "level.queue <> ALL ($5::text[])")
    lookingAtAll = "\(allLevels) \(all)"
    let some = looking(first: 2, room: "level.queue = ANY ($5::text[])", isOpen: "TRUE")
    lookingAtSome = "\(levelsOf) \(some)"
    let known = looking(
      first: 5, room: "level.has_room", isOpen: "TRUE",
      from: "AND \(begins("level.begins_at", "level.begins_with"))")
    lookingAtKnown = """
      WITH level AS (
        SELECT queue COLLATE "C" AS queue, priority, begins_at, begins_with,
          queue = ANY ($8::text[]) AS has_room
        FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::uuid[])
          AS known (queue, priority, begins_at, begins_with)
      )
      \(known)
      """
  }

  /// When the next ready job is due, whether one is that a claim could take, what it took to tell, and
  /// which levels there are. The parameters that
  /// follow the queues, if those are asked for: the clock, the latest `run_at`, the handlers, and
  /// the queues that have room; or else whether there is room, and the queues that are closed.
  func looking(all: Bool) -> String { all ? lookingAtAll : lookingAtSome }

  static let insertedColumns = [
    "uuid", "run", "job_type", "handler_module", "resource_type", "resource_uuid", "args",
    "args_version", "queue", "priority", "scheduled_at", "run_at", "status", "attempts",
    "max_attempts", "failures", "snoozes", "crashes", "created_by_uuid", "inserted_at",
    "updated_at", "claim", "trace_context", "content",
  ]

  let insertJobs: String
  let stepJobs: String
  let stepUnread: String
  let changeJobs: String
  let changeUnread: String
  let placeJobs: String
  let keepAttempts: String
  let lockJobs: String
  let findJobs: String
  let findAttempts: String
  let lockHeld: String
  let held: String
  let holdCorrupt: String
  let cancelRequests: String
  private let allLevels: String
  private let levelsOf: String
  let takeDue: String
  let takeDueOfSeveral: String
  let nextDue: String

  let leftDue: String
  let lookingAtKnown: String
  private let lookingAtAll: String
  private let lookingAtSome: String

  /// How long the statement has taken so far, in microseconds.
  static let taken = """
    (extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000000)::bigint
    """

  /// Asks which levels there are; the last row says instead what finding them has taken.
  func levels(all: Bool) -> String {
    """
    \(withLevels(all: all)) SELECT queue, priority, NULL::bigint FROM level
    UNION ALL SELECT '', 0, \(SQL.taken)
    """
  }

  /// The levels of all queues, or of those in the first parameter, as `level`, for a statement.
  func withLevels(all: Bool) -> String { all ? allLevels : levelsOf }
}
