/// The statements on schedules and their occurrences.
extension SQL {
  var schedules: String { schema("schedules") }
  var occurrences: String { schema("occurrences") }

  /// The columns of schedules as arrays, `$1` and on.
  private var scheduleArrays: String {
    let arrays = ScheduleRow.types.enumerated().map { "$\($0.offset + 1)::\($0.element.1)[]" }
    return "unnest(\(arrays.joined(separator: ", "))) AS s (\(ScheduleRow.columns))"
  }

  var insertSchedules: String {
    "INSERT INTO \(schedules) (\(ScheduleRow.columns)) SELECT * FROM \(scheduleArrays)"
  }

  var writeSchedules: String {
    let columns = ScheduleRow.types.map(\.0).filter { $0 != "uuid" }
    return """
      UPDATE \(schedules) t SET \(columns.map { "\($0) = s.\($0)" }.joined(separator: ", "))
      FROM \(scheduleArrays) WHERE t.uuid = s.uuid
      """
  }

  /// Locks are taken in the order of uuid by all who take several, and after those of jobs.
  var lockSchedules: String {
    """
    SELECT \(ScheduleRow.columns) FROM \(schedules) WHERE uuid = ANY ($1::uuid[])
    ORDER BY uuid FOR UPDATE
    """
  }

  var findSchedule: String { "SELECT \(ScheduleRow.columns) FROM \(schedules) WHERE name = $1" }

  /// The time stands in a query of its own, so that an index can be searched for it.
  private var now: String { "(SELECT coalesce($1::timestamptz, clock_timestamp()))" }

  /// Due schedules but for some names; the parameters are the clock, the names and how many.
  var dueSchedules: String {
    """
    SELECT \(ScheduleRow.columns) FROM \(schedules)
    WHERE next_at IS NOT NULL AND next_at <= \(now) AND name <> ALL ($2::text[])
    ORDER BY next_at LIMIT $3::bigint
    """
  }

  /// `next_at` of the first schedule that isn't due yet.
  var nextSchedule: String {
    """
    SELECT next_at FROM \(schedules)
    WHERE next_at IS NOT NULL AND next_at > \(now) AND name <> ALL ($2::text[])
    ORDER BY next_at LIMIT 1
    """
  }

  private func unfinished(of source: String) -> String {
    """
    SELECT j.* FROM \(source) CROSS JOIN LATERAL (
      SELECT schedule_uuid, uuid, scheduled_at, status, hold FROM \(jobs)
      WHERE schedule_uuid = s.uuid AND finished_at IS NULL
      ORDER BY scheduled_at, uuid LIMIT 3000
    ) j
    """
  }

  /// Unfinished jobs of the due schedules, with the parameters of `dueSchedules`.
  var unfinishedOfDue: String {
    unfinished(
      of: """
        (SELECT uuid FROM \(schedules)
          WHERE next_at IS NOT NULL AND next_at <= \(now) AND name <> ALL ($2::text[])
            AND overlap_policy <> 'allow'
          ORDER BY next_at LIMIT $3::bigint) s
        """)
  }

  var unfinishedOf: String { unfinished(of: "unnest($1::uuid[]) AS s (uuid)") }

  /// Writes what firing and ends of jobs change of locked rows.
  var stepSchedules: String {
    """
    UPDATE \(schedules) t SET runs = s.runs, failures_in_a_row = s.failures_in_a_row,
      paused_at = s.paused_at, paused_until = s.paused_until, paused_by = s.paused_by,
      paused_why = s.paused_why, last_at = s.last_at, next_at = s.next_at, turn = s.turn,
      updated_at = s.updated_at
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[],
      $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[], $10::bigint[],
      $11::timestamptz[]) AS s (uuid, runs, failures_in_a_row, paused_at, paused_until, paused_by,
      paused_why, last_at, next_at, turn, updated_at)
    WHERE t.uuid = s.uuid
    """
  }

  private var insertOccurrences: String {
    """
    INSERT INTO \(occurrences) (\(OccurrenceRow.columns))
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::uuid[],
      $6::text[], $7::bigint[], $8::timestamptz[])
    """
  }

  /// Writes records, also over those of occurrences that didn't fire; answers with those written.
  var writeOccurrences: String {
    """
    \(insertOccurrences)
    ON CONFLICT ON CONSTRAINT occurrences_schedule_nominal DO UPDATE SET
      outcome = excluded.outcome, occurrence_reason = excluded.occurrence_reason,
      job_uuid = excluded.job_uuid, why = excluded.why, count = excluded.count,
      noted_at = excluded.noted_at
    WHERE \(occurrences).outcome <> 'fired'
    RETURNING job_uuid
    """
  }

  var restoreOccurrences: String { insertOccurrences }

  /// Jobs of schedules; one that is there stays as it is.
  var insertJobsOfSchedules: String {
    """
    INSERT INTO \(jobs) (uuid, run, job_type, handler_module, resource_type, resource_uuid, args,
      args_version, queue, priority, scheduled_at, run_at, hold, held_at, status, attempts,
      max_attempts, failures, snoozes, crashes, inserted_at, updated_at, claim, schedule_uuid,
      occurrence_reason)
    SELECT uuid, 1, job_type, handler_module, resource_type, resource_uuid, args, args_version,
      queue, priority, scheduled_at, run_at, hold, held_at, 'pending', 0, max_attempts, 0, 0, 0,
      inserted_at, inserted_at, 0, schedule_uuid, occurrence_reason
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::json[],
      $7::bigint[], $8::text[], $9::bigint[], $10::timestamptz[], $11::timestamptz[],
      $12::text[], $13::timestamptz[], $14::bigint[], $15::timestamptz[], $16::uuid[],
      $17::text[]) AS s (uuid, job_type, handler_module, resource_type, resource_uuid, args,
      args_version, queue, priority, scheduled_at, run_at, hold, held_at, max_attempts,
      inserted_at, schedule_uuid, occurrence_reason)
    ON CONFLICT ON CONSTRAINT jobs_uuid DO NOTHING
    RETURNING uuid
    """
  }
}
