import Carillon

/// What `doctor` says of a database: each finding from plain values.
enum Diagnosis {
  static func version(_ server: ServerFacts) -> Finding {
    if server.isStandby || server.isReadOnly {
      return Finding(
        id: "postgres.version", severity: .error,
        message: "PostgreSQL \(server.versionText) takes no writes here: it is "
          + (server.isStandby ? "a standby." : "read-only."),
        advice: "Connect to the primary; `target_session_attrs=read-write` with several hosts "
          + "finds it.")
    }
    guard server.version >= 130_000 else {
      return Finding(
        id: "postgres.version", severity: .error,
        message: "PostgreSQL \(server.versionText) is older than 13.",
        advice: "Upgrade the server.")
    }
    return Finding(
      id: "postgres.version", severity: .ok, message: "PostgreSQL \(server.versionText).")
  }

  static func schema(_ found: String) -> Finding {
    guard found == String(Schema.version) else {
      return Finding(
        id: "postgres.schema", severity: .error,
        message: "The database has schema \(found), this program \(Schema.version).",
        advice: "Run `migrate`, or a newer program.")
    }
    return Finding(
      id: "postgres.schema", severity: .ok, message: "Schema \(found) is this program's.")
  }

  static func pooler(_ server: ServerFacts) -> Finding {
    Finding(
      id: "postgres.pooler", severity: .ok,
      message: server.isPooled
        ? "A pooler stands between; statements are not prepared."
        : "The connection leads to the server itself.")
  }

  /// How far this machine's clock is from the database's, which decides.
  static func clock(_ now: Instant, between before: Instant, and after: Instant) -> Finding {
    let skew = now < before ? before - now : now > after ? now - after : .zero
    guard skew > .seconds(1) else {
      return Finding(
        id: "postgres.clock", severity: .ok,
        message: "This machine's clock and the database's agree within \(skew.milliseconds) ms.")
    }
    return Finding(
      id: "postgres.clock", severity: .warning,
      message: "This machine's clock is \(skew.text) \(now < before ? "ahead of" : "behind") the "
        + "database's. Jobs go by the database's; times that this program makes are off.",
      advice: "Set both by NTP.")
  }

  static func durability(_ faults: [String]) -> Finding {
    guard !faults.isEmpty else {
      return Finding(
        id: "postgres.durability", severity: .ok,
        message: "A commit waits for the disk: an acknowledged job survives a crash.")
    }
    return Finding(
      id: "postgres.durability", severity: .warning,
      message: "\(faults.joined(separator: ", ")): a crash of the server may lose acknowledged "
        + "jobs.",
      advice: "Turn it on in postgresql.conf, or for this database with ALTER DATABASE … SET.")
  }

  static func vacuum(
    live: Int, dead: Int, last: Instant?, isOn: Bool, at now: Instant, _ schema: Schema
  ) -> Finding {
    let when = last.map { "\((now - $0).text) ago" } ?? "never"
    let state = "jobs has \(live) live and \(dead) dead rows; it was vacuumed \(when)"
    guard !isOn || dead > 100_000 && dead > live / 2 else {
      return Finding(id: "postgres.vacuum", severity: .ok, message: "\(state).")
    }
    return Finding(
      id: "postgres.vacuum", severity: .warning,
      message: "\(state)\(isOn ? "" : ", and autovacuum is off").",
      advice: "Turn autovacuum on, end long transactions, and run VACUUM \(schema("jobs")).")
  }

  static func leases(_ nodes: [Node], at now: Instant) -> Finding {
    let expired = nodes.filter { $0.leaseExpiresAt <= now }
    guard !expired.isEmpty else {
      return Finding(
        id: "nodes", severity: .ok,
        message: nodes.isEmpty
          ? "No node is registered."
          : "\(counted(nodes.count, "node has", "nodes have")) a lease.")
    }
    return Finding(
      id: "nodes", severity: .warning,
      message: "The lease has run out of \(expired.map(\.name).joined(separator: ", ")); "
        + "\(counted(nodes.count - expired.count, "node has", "nodes have")) one.",
      advice: "A running node rescues what they hold, within half a minute.")
  }

  static func damaged(
    _ held: [String], aside: [String], _ constraints: [String], _ sql: SQL
  ) -> Finding {
    var faults: [String] = []
    if !held.isEmpty {
      faults.append("Jobs \(held.joined(separator: ", ")) can't be read or written; they are held.")
    }
    if !aside.isEmpty {
      faults.append(
        "Jobs \(aside.joined(separator: ", ")) break a constraint; they are stepped over.")
    }
    if !constraints.isEmpty {
      faults.append(
        "Constraints of jobs aren't validated: \(constraints.joined(separator: ", ")); rows may "
          + "break them.")
    }
    guard !faults.isEmpty else {
      return Finding(id: "jobs.damaged", severity: .ok, message: "No damaged job is held.")
    }
    return Finding(
      id: "jobs.damaged", severity: .error, message: faults.joined(separator: " "),
      advice: "Look at them with psql (\(sql.jobs) WHERE hold = 'corrupt'); mend or delete them. "
        + "ALTER TABLE … VALIDATE CONSTRAINT finds a row that breaks one.")
  }

  static func orphaned(_ orphans: [String], _ sql: SQL) -> Finding {
    guard !orphans.isEmpty else {
      return Finding(
        id: "jobs.orphaned", severity: .ok, message: "Every running job belongs to a node.")
    }
    return Finding(
      id: "jobs.orphaned", severity: .error,
      message: "Jobs \(orphans.joined(separator: ", ")) are marked as running, but their node is "
        + "gone, and they are too damaged to be taken from it.",
      advice: "Mend them with psql and set status = 'pending', node = NULL, claimed_at = NULL in "
        + "\(sql.jobs); or delete them.")
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 { microseconds / 1_000 }
}
