import Carillon

/// What keeps dead rows from being cleared away: whatever was begun long ago and hasn't ended.
extension Diagnosis {
  /// A transaction that is open, or prepared, and for how long.
  typealias OpenTransaction = (name: String, age: Duration, who: String)

  private static let longest = Duration.seconds(600)

  /// - Parameters:
  ///   - transaction: the oldest that can be seen; its name is its process's id.
  ///   - hidden: other roles' sessions, of which `role` isn't told what they do.
  static func oldest(_ transaction: OpenTransaction?, hidden: Int, from role: String) -> Finding {
    if let transaction, transaction.age > longest {
      return Finding(
        id: "postgres.transactions", severity: .warning,
        message: "Process \(transaction.name) (\(transaction.who)) has had a transaction open for "
          + "\(transaction.age.text). Until it ends no row that has changed since can be cleared "
          + "away: the tables grow, and statistics become slower.",
        advice: "End it: SELECT pg_terminate_backend(\(transaction.name)).")
    }
    // No warning, which an administrator's choice would make a lasting one.
    guard hidden == 0 else {
      return Finding(
        id: "postgres.transactions", severity: .ok,
        message: "Whether a transaction has been open for long isn't known: the role \(role) may "
          + "not see what \(counted(hidden, "session")) of other roles \(hidden == 1 ? "does" : "do").",
        advice: "As an administrator: GRANT pg_monitor TO \(role).")
    }
    return Finding(
      id: "postgres.transactions", severity: .ok,
      message: "No transaction has been open for long.")
  }

  /// The oldest of this database's prepared transactions, which outlive their sessions and restarts.
  static func prepared(_ transaction: OpenTransaction?) -> Finding {
    guard let transaction, transaction.age > longest else {
      return Finding(
        id: "postgres.prepared", severity: .ok,
        message: "No prepared transaction waits for its end.")
    }
    let name = transaction.name.quotedLiteral
    return Finding(
      id: "postgres.prepared", severity: .warning,
      message: "The transaction \(name) of \(transaction.who) was prepared \(transaction.age.text) "
        + "ago and hasn't ended. Until it does no row that has changed since can be cleared away.",
      advice: "End it, as its owner or an administrator: ROLLBACK PREPARED \(name), or "
        + "COMMIT PREPARED.")
  }

  /// A replication slot, and what it keeps.
  struct Slot: Sendable, Hashable {
    let name: String
    /// Somebody reads from it.
    let isActive: Bool
    /// How many transactions have begun since the oldest whose rows it keeps.
    let transactions: Int
    /// How much of the write-ahead log it keeps.
    let bytes: Int

    /// Whether it keeps more than a reader that is a little late.
    var isBehind: Bool {
      transactions > 1_000_000 || bytes > (isActive ? 10_737_418_240 : 1_073_741_824)
    }
  }

  static func slots(_ slots: [Slot]) -> Finding {
    let behind = slots.filter(\.isBehind)
    guard !behind.isEmpty else {
      return Finding(
        id: "postgres.slots", severity: .ok, message: "No replication slot is far behind.")
    }
    let what = behind.map { slot in
      "\(slot.name) (\(slot.isActive ? "in use" : "read by nobody")) keeps "
        + "\(slot.bytes / 1_048_576) MB of the write-ahead log and the rows of the last "
        + counted(slot.transactions, "transaction")
    }
    return Finding(
      id: "postgres.slots", severity: .warning,
      message: "A replication slot is far behind: \(what.joined(separator: "; ")). The disk fills, "
        + "and dead rows can't be cleared away.",
      advice: "Let its reader catch up, or remove it if it has none any more: "
        + "SELECT pg_drop_replication_slot(\(behind[0].name.quotedLiteral)).")
  }
}

extension String {
  /// As a text of SQL's.
  fileprivate var quotedLiteral: String { "'\(replacing("'", with: "''"))'" }
}
