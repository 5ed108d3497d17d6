import Carillon
import Foundation

/// One open transaction: its time, its connection, and what it is still to write.
final class Ledger {
  let connection: PostgresConnection
  let sql: SQL
  /// The store's clock when the transaction began.
  let now: Instant
  /// One row has spoiled the batch before; each is now written within a savepoint of its own.
  let oneByOne: Bool
  /// Who asks for what is written; nil for the engine.
  let actor: AuditActor?
  var changes = Changes()
  /// Written with the commit.
  var entries: [AuditEntry] = []
  /// Something has become due, or has a new time, beside what was asked for.
  var hasReleased = false
  private let fate: Fate
  private let deadline: ContinuousClock.Instant

  /// What is known of a transaction after its connection broke.
  final class Fate {
    /// Until COMMIT has been sent nothing can have happened.
    fileprivate(set) var isCommitSent = false
  }

  init(
    _ connection: PostgresConnection, _ sql: SQL, now: Instant, oneByOne: Bool, fate: Fate,
    deadline: ContinuousClock.Instant
  ) {
    self.connection = connection
    self.sql = sql
    self.now = now
    self.oneByOne = oneByOne
    actor = AuditActor.current
    self.fate = fate
    self.deadline = deadline
  }

  // MARK: Round trips

  /// Several statements, in one round trip.
  nonisolated(nonsending) func run(
    _ statements: [PostgresStatement]
  ) async throws(PostgresError) -> [Rows] {
    try await connection.pipeline(statements, deadline: deadline)
  }

  nonisolated(nonsending) func run(
    _ statement: PostgresStatement
  ) async throws(PostgresError) -> Rows {
    try await connection.query(statement, deadline: deadline)
  }

  /// Writes what has been gathered, carries out `statements`, and commits: one round trip. Answers
  /// with the statements' rows.
  @discardableResult
  nonisolated(nonsending) func commit(
    _ statements: [PostgresStatement] = []
  ) async throws(PostgresError) -> [Rows] {
    try await concludeSchedules()
    var all = try changes.takeRows(sql)
    all += try changes.takeSums(sql)
    if !entries.isEmpty { all.append(try AuditRow.write(entries, to: sql.schema("audit"))) }
    let begin = all.count
    all += statements
    all.append(try PostgresStatement("COMMIT"))
    fate.isCommitSent = true
    let rows = try await connection.pipeline(all, deadline: deadline)
    return Array(rows[begin..<(begin + statements.count)])
  }

  nonisolated(nonsending) func rollBack() async throws(PostgresError) {
    _ = try await connection.query(PostgresStatement("ROLLBACK"), deadline: deadline)
  }

  // MARK: Rows and attempts

  /// Locks rows; those that can't be read are left out.
  func locking(_ uuids: [UUID]) throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(sql.lockJobs, uuids)
  }

  /// The recorded attempts of claims, by uuid.
  nonisolated(nonsending) func attempts(
    of claims: [(uuid: UUID, claim: Int64)]
  ) async throws(PostgresError) -> [UUID: Attempt] {
    guard !claims.isEmpty else { return [:] }
    let rows = try await run(
      PostgresStatement(sql.findAttempts, claims.map(\.uuid), claims.map(\.claim)))
    var found: [UUID: Attempt] = [:]
    for row in rows {
      let attempt = try AttemptRow.read(row)
      found[attempt.uuid] = attempt
    }
    return found
  }

  // MARK: Damaged rows

  /// Does the same to each of these locked rows, and answers with those that could be written. One
  /// that can't is passed over; if it is pending, it is held, so that it comes no more.
  nonisolated(nonsending) func each(
    _ rows: [JobRow.Stored],
    _ body: (JobRow.Stored, inout Changes) throws(IllegalTransition) -> Job
  ) async throws(PostgresError) -> [Job] {
    var changed: [Job] = []
    for stored in rows {
      do throws(RowFault) {
        changed.append(
          try await alone { (changes) throws(RowFault) in
            do throws(IllegalTransition) {
              return try body(stored, &changes)
            } catch {
              throw RowFault(why: error.description)
            }
          })
      } catch {
        if let other = error.other { throw other }
        if stored.job.status == .pending { try await holdCorrupt([stored.job.uuid]) }
      }
    }
    return changed
  }

  /// Does something to one row. Where rows are taken one by one it is written at once, within a
  /// savepoint, and leaves nothing behind when the row is to blame; otherwise it is gathered. `body`
  /// throws, if at all, before it has gathered anything.
  nonisolated(nonsending) func alone<Answer>(
    _ body: (inout Changes) throws(RowFault) -> Answer
  ) async throws(RowFault) -> Answer {
    // Not on a copy, which would cost as much as all that has been gathered.
    guard oneByOne else { return try body(&changes) }
    var after = changes
    let answer = try body(&after)
    do throws(PostgresError) {
      let rows = try after.takeRows(sql)
      let all = try [PostgresStatement("SAVEPOINT row")] + rows
      _ = try await run(all + [try PostgresStatement("RELEASE SAVEPOINT row")])
    } catch {
      guard let fault = RowFault(error) else { throw RowFault(other: error) }
      // A value that can't be sent at all has begun no savepoint.
      if error.report != nil {
        do throws(PostgresError) {
          _ = try await run(PostgresStatement("ROLLBACK TO SAVEPOINT row"))
        } catch {
          throw RowFault(other: error)
        }
      }
      throw fault
    }
    changes = after
    return answer
  }

  /// Takes damaged rows out of the way of others; `doctor` shows them. Answers false if a constraint
  /// forbids even that, for PostgreSQL checks all of a row's constraints at every update.
  @discardableResult
  nonisolated(nonsending) func holdCorrupt(_ uuids: [UUID]) async throws(PostgresError) -> Bool {
    guard !uuids.isEmpty else { return true }
    do throws(PostgresError) {
      _ = try await run([
        PostgresStatement("SAVEPOINT hold"),
        PostgresStatement(sql.holdCorrupt, uuids, now),
        PostgresStatement("RELEASE SAVEPOINT hold"),
      ])
      return true
    } catch {
      guard RowFault(error) != nil else { throw error }
      _ = try await run(PostgresStatement("ROLLBACK TO SAVEPOINT hold"))
      return false
    }
  }
}

/// A fault that lies in one row, not in the store: others can go on.
struct RowFault: Error {
  let why: String
  /// Not the row's fault after all.
  var other: PostgresError?

  init(why: String) { self.why = why }

  init(other: PostgresError) {
    why = other.message
    self.other = other
  }

  /// Nil for any other error.
  init?(_ error: PostgresError) {
    if error.kind == .invalidParameter {
      self.init(why: error.message)
      return
    }
    // Data exceptions, violated constraints, limits that a row exceeds, and what a trigger raises.
    guard let state = error.sqlState,
      ["22", "23", "54", "P0"].contains(state.prefix(2)) || state == "42846"
    else { return nil }
    self.init(why: error.report?.message ?? error.message)
  }
}
