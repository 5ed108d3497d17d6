import Carillon

/// The statements of statistics and housekeeping.
extension SQL {
  var nodes: String {
    "SELECT \(NodeRow.columns) FROM \(schema("nodes")) ORDER BY started_at, uuid"
  }

  /// Both tables of totals as one, named `t`.
  private var totals: String {
    """
    (SELECT * FROM \(schema("totals")) UNION ALL SELECT * FROM \(schema("totals_changes"))) t
    """
  }

  /// A sum of numbers that may be anything, within the range of `bigint`.
  private func sum(_ column: String) -> String {
    "greatest(least(sum(\(column)), 9223372036854775807), -9223372036854775808)::bigint"
  }

  var sumOfTotals: String {
    // By handler first: a sum that lies beyond the range stays at its end.
    """
    SELECT status, queue, \(sum("jobs")) AS jobs FROM (
      SELECT status, queue, \(sum("jobs")) AS jobs FROM \(totals)
      GROUP BY status, queue, handler_module, resource_type
    ) h GROUP BY status, queue
    """
  }

  /// The handlers that have pending jobs.
  var pendingKeys: String {
    """
    SELECT handler_module, resource_type FROM \(totals) WHERE status = 'pending'
    GROUP BY handler_module, resource_type HAVING sum(jobs) > 0
    """
  }

  /// Held jobs by queue: few, or they would not be held.
  var heldByQueue: String {
    "SELECT queue, count(*) FROM \(jobs) WHERE hold IS NOT NULL GROUP BY queue"
  }

  /// As a list, so that an index which begins with the hold serves.
  private var holds: String {
    [Hold.unresolved, .overlap, .paused, .corrupt].map { "'\($0.rawValue)'" }
      .joined(separator: ", ")
  }

  private func now(_ parameter: String) -> String {
    "(SELECT coalesce(\(parameter)::timestamptz, clock_timestamp()))"
  }

  /// `run_at` of the ready job of each queue that has been due longest.
  var oldestDue: String {
    """
    \(withLevels(all: true))
    SELECT level.queue, min(n.run_at) FROM level CROSS JOIN LATERAL (
      SELECT run_at FROM \(jobs)
      WHERE status = 'pending' AND hold IS NULL AND queue = level.queue
        AND priority = level.priority AND run_at <= \(now("$1"))
      ORDER BY run_at LIMIT 1
    ) n GROUP BY level.queue
    """
  }

  /// Due jobs by handler, of handlers that no live node knows, nor the asking program.
  var dueByKey: String {
    """
    \(withLevels(all: true)), keys AS MATERIALIZED (
      SELECT handler_module, resource_type FROM (\(pendingKeys)) p
      WHERE NOT (handler_module || E'\\n' || resource_type) = ANY ($2::text[])
        AND NOT EXISTS (
          SELECT 1 FROM \(schema("nodes")) n
          CROSS JOIN LATERAL jsonb_array_elements(n.catalogue::jsonb) h
          WHERE n.lease_expires_at > \(now("$1"))
            AND h ->> 'resourceType' = p.resource_type
            AND (h ->> 'handlerModule' = p.handler_module OR h -> 'aliases' ? p.handler_module))
    )
    SELECT handler_module, resource_type, count(*), min(run_at) FROM (
      SELECT keys.*, held.run_at FROM keys CROSS JOIN LATERAL (
        SELECT run_at FROM \(jobs)
        WHERE hold IN (\(holds)) AND handler_module = keys.handler_module
          AND resource_type = keys.resource_type AND run_at <= \(now("$1"))
      ) held
      UNION ALL
      SELECT d.* FROM level CROSS JOIN LATERAL (
        SELECT handler_module, resource_type, run_at FROM \(jobs)
        WHERE status = 'pending' AND hold IS NULL AND queue = level.queue
          AND priority = level.priority AND run_at <= \(now("$1"))
      ) d
      WHERE (SELECT count(*) FROM keys) > 0
        AND (handler_module, resource_type) IN (SELECT * FROM keys)
    ) due
    GROUP BY handler_module, resource_type
    """
  }

  /// Due ready jobs of these handlers, locked.
  var dueOfKeys: String {
    """
    \(withLevels(all: true))
    SELECT due.* FROM level CROSS JOIN LATERAL (
      SELECT \(JobRow.columns) FROM \(jobs)
      WHERE status = 'pending' AND hold IS NULL AND queue = level.queue
        AND priority = level.priority AND run_at <= $1::timestamptz
        AND (handler_module || E'\\n' || resource_type) = ANY ($2::text[])
      ORDER BY run_at, uuid LIMIT $3::bigint FOR UPDATE SKIP LOCKED
    ) due LIMIT $3::bigint
    """
  }

  /// Deletes old jobs with their attempts, and takes them off the totals.
  var prune: String {
    """
    WITH old AS MATERIALIZED (
      SELECT uuid FROM \(jobs)
      WHERE finished_at IS NOT NULL AND finished_at < $1::timestamptz
        AND status = ANY ($2::text[])
      ORDER BY finished_at LIMIT $3::bigint FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM \(jobs) j USING old WHERE j.uuid = old.uuid
      RETURNING j.status, j.queue, j.handler_module, j.resource_type
    ), ended AS (
      DELETE FROM \(attempts) a USING old WHERE a.uuid = old.uuid
    ), sums AS (
      INSERT INTO \(schema("totals_changes"))
      SELECT status, queue, handler_module, resource_type, -count(*) FROM gone GROUP BY 1, 2, 3, 4
    )
    SELECT count(*) FROM gone
    """
  }

  var foldTotals: String {
    """
    WITH gone AS (
      DELETE FROM \(schema("totals_changes"))
      WHERE ctid = ANY (ARRAY(SELECT ctid FROM \(schema("totals_changes")) LIMIT $1::bigint))
      RETURNING *
    )
    INSERT INTO \(schema("totals")) AS t
    SELECT status, queue, handler_module, resource_type, \(sum("jobs")) FROM gone
    GROUP BY status, queue, handler_module, resource_type
    ON CONFLICT (status, queue, handler_module, resource_type) DO UPDATE SET jobs =
      greatest(least(t.jobs::numeric + excluded.jobs, 9223372036854775807),
        -9223372036854775808)::bigint
    """
  }

  var takeCounts: String {
    """
    DELETE FROM \(schema("minute_counts_changes"))
    WHERE ctid = ANY (
      ARRAY(SELECT ctid FROM \(schema("minute_counts_changes")) LIMIT $1::bigint))
    RETURNING \(MinuteCountRow.columns)
    """
  }

  func counts(_ table: String) -> String {
    """
    SELECT \(MinuteCountRow.columns) FROM \(schema(table)) WHERE minute BETWEEN $1 AND $2
    """
  }
}
