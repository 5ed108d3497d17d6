import Carillon
import Foundation

extension PostgresStore {
  /// What keeps dead rows alive: open and prepared transactions, and replication slots.
  func deadRows(_ operation: String) async throws(StoreError) -> [Finding] {
    let looks = [
      try statement(
        operation,
        """
        SELECT pid::bigint, extract(epoch FROM clock_timestamp() - xact_start)::bigint,
          coalesce(application_name, ''), coalesce(state, '')
        FROM pg_stat_activity
        WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()
          AND backend_type = 'client backend'
        ORDER BY xact_start LIMIT 1
        """),
      // Of sessions of roles that it isn't a member of a role is told no more than that they are there.
      try statement(
        operation,
        """
        SELECT quote_ident(current_user),
          CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN 0 ELSE count(*) END
        FROM pg_stat_activity
        WHERE datname = current_database() AND usesysid IS NOT NULL
          AND NOT pg_has_role(usesysid, 'USAGE')
        """),
      try statement(
        operation,
        """
        SELECT gid, extract(epoch FROM clock_timestamp() - prepared)::bigint, owner::text
        FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared LIMIT 1
        """),
      try statement(
        operation,
        """
        SELECT slot_name::text, active, coalesce(age(xmin), 0)::bigint,
          coalesce(pg_wal_lsn_diff(
            CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
            ELSE pg_current_wal_lsn() END, restart_lsn), 0)::bigint
        FROM pg_replication_slots ORDER BY 1
        """),
    ]
    return try await read(operation, looks) { _, opening in
      let open = try opening.rows[0].first.map { row in
        (
          name: "\(try row.int(0))", age: Duration.seconds(try row.int64(1)),
          who: "\(try row.text(2)), \(try row.text(3))"
        )
      }
      let prepared = try opening.rows[2].first.map { row in
        (name: try row.text(0), age: Duration.seconds(try row.int64(1)), who: try row.text(2))
      }
      var slots: [Diagnosis.Slot] = []
      for row in opening.rows[3] {
        slots.append(
          Diagnosis.Slot(
            name: try row.text(0), isActive: try row.bool(1), transactions: try row.int(2),
            bytes: try row.int(3)))
      }
      return [
        Diagnosis.oldest(
          open, hidden: try opening.rows[1].first?.int(1) ?? 0,
          from: try opening.rows[1].first?.text(0) ?? ""),
        Diagnosis.prepared(prepared),
        Diagnosis.slots(slots),
      ]
    }
  }
}
