import Carillon
import Foundation

/// Ready jobs in claim order, by the index `jobs_ready` alone.
///
/// The index goes by queue, then priority, then `run_at`. So the (queue, priority) pairs that exist
/// are found first, by seeks, and due rows are then taken from the highest priority down. Jobs of a
/// distant future cost nothing, however many, and neither do finished ones.
struct ReadyJobs {
  struct Level: Hashable {
    let queue: String
    let priority: Int
  }

  let sql: SQL
  let queues: QueueLimits
  private(set) var levels: Set<Level>

  init(_ queues: QueueLimits, _ rows: Rows, _ sql: SQL) throws(PostgresError) {
    self.sql = sql
    self.queues = queues
    var levels: Set<Level> = []
    for row in rows { levels.insert(Level(queue: try row.text(0), priority: try row.int(1))) }
    self.levels = levels
  }

  /// Asks which levels there are.
  static func levels(of queues: QueueLimits, _ sql: SQL) throws(PostgresError) -> PostgresStatement
  {
    switch queues {
    case .all:
      try PostgresStatement("\(sql.withLevels(all: true)) SELECT queue, priority FROM level")
    case .each(let counts):
      try PostgresStatement(
        "\(sql.withLevels(all: false)) SELECT queue, priority FROM level", counts.keys.sorted())
    }
  }

  /// Notes a job that has become pending since the levels were asked for.
  mutating func note(_ job: Job) {
    guard job.status == .pending, queues.contains(job.queue) else { return }
    levels.insert(Level(queue: job.queue, priority: job.priority))
  }

  /// The priorities, highest first.
  var priorities: [Int] { Set(levels.map(\.priority)).sorted(by: >) }

  /// Locks due jobs of one priority in claim order, as many as `selection` has room for, and `more`.
  func take(
    priority: Int, _ request: ClaimRequest, _ selection: ClaimSelection, more: Int = 0,
    at now: Instant
  ) throws(PostgresError) -> PostgresStatement? {
    let names = levels.filter { $0.priority == priority }.map(\.queue).sorted()
      .filter { selection.room(in: $0) > 0 }
    guard let first = names.first else { return nil }
    let rooms = names.map { selection.room(in: $0).addingSaturated(more) }
    let due = min(now, request.dueBy ?? now)
    let keys = request.keys.map(\.joined).sorted()
    if names.count == 1 {
      return try PostgresStatement(sql.takeDue, first, priority, due, keys, rooms[0])
    }
    let all: Int =
      switch queues {
      case .all: rooms[0]
      case .each: rooms.reduce(0) { $0.addingSaturated($1) }
      }
    return try PostgresStatement(sql.takeDueOfSeveral, names, priority, due, keys, all, rooms)
  }

  /// Asks for `run_at` of the first ready job after `now`.
  func next(after now: Instant) throws(PostgresError) -> PostgresStatement {
    let levels = Array(levels)
    return try PostgresStatement(
      sql.nextDue, levels.map(\.queue), levels.map(\.priority), now)
  }

  /// Taken rows in the order in which they should start, and those that can't be read.
  static func sorted(
    _ rows: Rows
  ) throws(PostgresError) -> (jobs: [JobRow.Stored], corrupt: [UUID]) {
    var jobs: [JobRow.Stored] = []
    var corrupt: [UUID] = []
    jobs.reserveCapacity(rows.count)
    for row in rows {
      switch try JobRow.read(row) {
      case .success(let stored): jobs.append(stored)
      case .failure(let damage): corrupt.append(damage.uuid)
      }
    }
    jobs.sort { one, other in
      if one.job.runAt != other.job.runAt { return one.job.runAt < other.job.runAt }
      return one.job.uuid.precedes(other.job.uuid)
    }
    return (jobs, corrupt)
  }
}
