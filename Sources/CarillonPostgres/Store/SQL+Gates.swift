import Carillon

/// The statements on pauses, blackouts, and the jobs that they hold back.
extension SQL {
  var gates: String { schema("gates") }

  /// All rows as a JSON array, in a fixed order; null for none.
  var gatesText: String {
    "(SELECT nullif(value, '') FROM \(schema("meta")) WHERE key = 'gates')"
  }

  var writeGate: String {
    """
    INSERT INTO \(gates) AS g
      (scope, name, blackout, since, until, "by", reason, calendars, time_zone)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (scope, name, blackout) DO UPDATE SET
      since = excluded.since, until = excluded.until, "by" = excluded."by",
      reason = excluded.reason, calendars = excluded.calendars, time_zone = excluded.time_zone
    """
  }

  var deleteGate: String {
    "DELETE FROM \(gates) WHERE scope = $1 AND name = $2 AND blackout = $3"
  }

  /// Pauses that were over before a time.
  var forgetGates: String {
    "DELETE FROM \(gates) WHERE blackout = '' AND until <= $1::timestamptz"
  }

  /// The handlers of jobs that gates hold, by a seek each.
  var pausedKeys: String {
    let keys = "SELECT handler_module, resource_type FROM \(jobs) WHERE hold = 'paused'"
    let order = "ORDER BY handler_module, resource_type LIMIT 1"
    return """
      WITH RECURSIVE key (handler_module, resource_type) AS (
        (\(keys) \(order))
        UNION ALL
        SELECT n.* FROM key k CROSS JOIN LATERAL (
          \(keys) AND (handler_module, resource_type) > (k.handler_module, k.resource_type)
          \(order)
        ) n
      )
      SELECT handler_module, resource_type FROM key
      """
  }

  /// Frees jobs of these handlers, the longest due first; answers with where they are now ready, and
  /// how many. The parameters are the handlers' names, their resource types, how many of all, and the
  /// time.
  ///
  /// Locked rows are found again by their place. By uuid a plan that was made while few jobs were held,
  /// as nearly always, walks all that are held, for each.
  var freePaused: String {
    """
    WITH opened AS MATERIALIZED (
      SELECT j.place FROM unnest($1::text[], $2::text[]) AS key (handler_module, resource_type)
      CROSS JOIN LATERAL (
        SELECT ctid AS place FROM \(jobs)
        WHERE hold = 'paused' AND handler_module = key.handler_module COLLATE "C"
          AND resource_type = key.resource_type COLLATE "C"
        ORDER BY run_at, uuid LIMIT $3::bigint FOR UPDATE SKIP LOCKED
      ) j
      LIMIT $3::bigint
    ), freed AS (
      UPDATE \(jobs) j SET hold = NULL, held_at = NULL, updated_at = $4::timestamptz
      FROM opened WHERE j.ctid = opened.place
      RETURNING j.queue, j.priority
    )
    SELECT queue, priority, count(*) FROM freed GROUP BY queue, priority
    """
  }

  /// Holds what closed gates keep back among the first due jobs of each level; answers by level with
  /// how many it looked at, how many of them were kept back, and the uuids of those that weren't. The
  /// parameters are the levels, the latest `run_at`, the handlers to hold, the others, how many to look
  /// at, and the time.
  var holdPaused: String {
    let key = #"(handler_module || E'\n' || resource_type)"#
    return """
      WITH met AS MATERIALIZED (
        SELECT level.queue, level.priority, c.* FROM unnest($1::text[], $2::bigint[])
          AS level (queue, priority) CROSS JOIN LATERAL (
          SELECT ctid AS place, uuid, \(key) = ANY ($4::text[]) AS is_closed,
            \(key) = ANY ($5::text[]) AS is_open
          FROM \(jobs)
          WHERE status = 'pending' AND hold IS NULL AND queue = level.queue COLLATE "C"
            AND priority = level.priority AND run_at <= $3::timestamptz
          ORDER BY run_at, uuid LIMIT $6::bigint
        ) c
      ), locked AS MATERIALIZED (
        SELECT j.place FROM (SELECT place FROM met WHERE is_closed ORDER BY uuid) c
        CROSS JOIN LATERAL (
          SELECT ctid AS place FROM \(jobs)
          WHERE ctid = c.place AND status = 'pending' AND hold IS NULL
          LIMIT 1 FOR UPDATE SKIP LOCKED
        ) j
      ), held AS (
        UPDATE \(jobs) j SET hold = 'paused', held_at = $7::timestamptz,
          updated_at = $7::timestamptz
        FROM locked WHERE j.ctid = locked.place
      )
      SELECT queue, priority, count(*), count(*) FILTER (WHERE is_closed),
        array_to_string(array_agg(uuid) FILTER (WHERE is_open), ' ')
      FROM met GROUP BY queue, priority
      """
  }

  /// Locks those of these jobs that are still ready.
  var takeOf: String {
    """
    SELECT \(JobRow.columns) FROM \(jobs)
    WHERE uuid = ANY ($1::uuid[]) AND status = 'pending' AND hold IS NULL
    ORDER BY run_at, uuid LIMIT $2::bigint FOR UPDATE SKIP LOCKED
    """
  }
}
