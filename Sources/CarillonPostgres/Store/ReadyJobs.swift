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
  /// Queues that are left out.
  private let closed: Set<String>
  private(set) var levels: Set<Level> = []
  /// Where to begin on each level; nil: from the very beginning.
  private var known: Frontier.Known?
  /// Levels of which only these jobs are taken: before and behind them stand too many that closed
  /// gates keep back.
  private var flooded: [Level: [UUID]] = [:]

  init(
    _ queues: QueueLimits, without closed: Set<String>, _ levels: Set<Level>, _ sql: SQL
  ) {
    self.sql = sql
    self.queues = queues
    self.closed = closed
    for level in levels { note(queue: level.queue, priority: level.priority) }
  }

  init(_ queues: QueueLimits, known: Frontier.Known, _ sql: SQL) {
    self.init(queues, without: [], known.levels(of: queues), sql)
    self.known = known
  }

  /// Asks which levels there are.
  static func levels(of queues: QueueLimits, _ sql: SQL) throws(PostgresError) -> PostgresStatement
  {
    switch queues {
    case .all: try PostgresStatement(sql.levels(all: true))
    case .each(let counts): try PostgresStatement(sql.levels(all: false), counts.keys.sorted())
    }
  }

  /// Which there are, and what finding them has cost the database.
  static func levels(_ rows: Rows) throws(PostgresError) -> (found: Set<Level>, cost: Duration) {
    var found: Set<Level> = []
    var cost = Duration.zero
    for row in rows {
      if let taken = try row.optionalInt64(2) {
        cost = .microseconds(taken)
      } else {
        found.insert(Level(queue: try row.text(0), priority: try row.int(1)))
      }
    }
    return (found, cost)
  }

  /// The same of an answer that holds them as JSON.
  static func levels(json text: String?) throws(PostgresError) -> Set<Level> {
    guard let text, let pairs = (try? JSONValue(json: text))?.array else { return [] }
    return Set(
      pairs.compactMap { pair in
        guard let queue = pair[0]?.string, let priority = pair[1]?.int else { return nil }
        return Level(queue: queue, priority: priority)
      })
  }

  /// Notes a job that has become pending since the levels were asked for.
  mutating func note(_ job: Job, at now: Duration) {
    guard job.status == .pending else { return }
    note(queue: job.queue, priority: job.priority)
    if job.hold == nil {
      let level = Level(queue: job.queue, priority: job.priority)
      known?.note(level, Frontier.Position(job), at: now)
    }
  }

  mutating func note(queue: String, priority: Int) {
    guard queues.contains(queue), !closed.contains(queue) else { return }
    levels.insert(Level(queue: queue, priority: priority))
  }

  // MARK: Gates

  /// Holds what closed gates keep back among the first due jobs of each level, and says how many of
  /// each it looks at, `most` in all; nil without levels.
  func hold(
    _ kept: Set<HandlerKey>, passing open: Set<HandlerKey>, most: Int, dueBy: Instant?,
    at now: Instant
  ) throws(PostgresError) -> (statement: PostgresStatement, window: Int)? {
    guard !kept.isEmpty, !levels.isEmpty else { return nil }
    let all = Array(levels)
    let window = max(most / levels.count, 20)
    let statement = try PostgresStatement(
      sql.holdPaused, all.map(\.queue), all.map(\.priority), min(now, dueBy ?? now),
      kept.map(\.joined).sorted(), open.map(\.joined).sorted(), window, now)
    return (statement, window)
  }

  /// Takes in what was held; answers whether there may be more.
  mutating func note(met rows: Rows, of window: Int) throws(PostgresError) -> Bool {
    flooded = [:]
    for row in rows {
      let (seen, kept) = (try row.int(2), try row.int(3))
      guard seen >= window, kept > 0 else { continue }
      let level = Level(queue: try row.text(0), priority: try row.int(1))
      flooded[level] = (try row.optionalText(4) ?? "").split(separator: " ")
        .compactMap { UUID(uuidString: String($0)) }
    }
    return !flooded.isEmpty
  }

  /// Locks jobs of the flooded levels of one priority.
  func takeFlooded(
    priority: Int, _ selection: ClaimSelection
  ) throws(PostgresError) -> PostgresStatement? {
    let mine = flooded.filter {
      $0.key.priority == priority && selection.room(in: $0.key.queue) > 0
    }
    let uuids = mine.values.flatMap(\.self)
    guard !uuids.isEmpty else { return nil }
    let room = mine.keys.map { selection.room(in: $0.queue) }
    let all: Int =
      switch queues {
      case .all: room[0]
      case .each: room.reduce(0) { $0.addingSaturated($1) }
      }
    return try PostgresStatement(sql.takeOf, uuids, all)
  }

  // MARK: Taking

  /// The priorities, highest first.
  var priorities: [Int] { Set(levels.map(\.priority)).sorted(by: >) }

  /// What to lock of one priority: as many due jobs as `selection` has room for, and `more`.
  func take(
    priority: Int, _ request: ClaimRequest, _ selection: ClaimSelection, more: Int = 0
  ) -> Take? {
    let names = levels.filter { $0.priority == priority && flooded[$0] == nil }.map(\.queue)
      .sorted()
      .filter { selection.room(in: $0) > 0 }
    guard !names.isEmpty else { return nil }
    let rooms = names.map { selection.room(in: $0).addingSaturated(more) }
    let all: Int =
      switch queues {
      case .all: rooms[0]
      case .each: rooms.reduce(0) { $0.addingSaturated($1) }
      }
    return Take(
      queues: names, priority: priority, keys: request.keys, dueBy: request.dueBy, rooms: rooms,
      all: all,
      starts: names.map {
        known?.start(Level(queue: $0, priority: priority), request.keys)
      })
  }

  /// Due jobs of one priority, in claim order.
  struct Take: Hashable {
    let queues: [String]
    let priority: Int
    let keys: Set<HandlerKey>
    let dueBy: Instant?
    /// How many of each queue, and of all.
    let rooms: [Int]
    let all: Int
    /// Before which place no job of each queue is looked for.
    let starts: [Frontier.Position?]

    /// What `request` would most likely take if it were told which levels there are.
    static func guess(
      _ level: Level, _ request: ClaimRequest, more: Int, known: Frontier.Known?
    ) -> Take? {
      let room = ClaimSelection(request).room(in: level.queue)
      guard request.free.contains(level.queue), room > 0 else { return nil }
      let rooms = [room.addingSaturated(more)]
      return Take(
        queues: [level.queue], priority: level.priority, keys: request.keys, dueBy: request.dueBy,
        rooms: rooms, all: rooms[0], starts: [known?.start(level, request.keys)])
    }

    /// Locks them.
    ///
    /// - Parameter now: nil if that isn't known yet.
    func statement(at now: Instant?, _ sql: SQL) throws(PostgresError) -> PostgresStatement {
      let due = [now, dueBy].compactMap(\.self).min()
      let names = keys.map(\.joined).sorted()
      if queues.count == 1 {
        return try PostgresStatement(
          sql.takeDue, queues[0], priority, due, names, rooms[0], starts[0]?.runAt, starts[0]?.uuid)
      }
      return try PostgresStatement(
        sql.takeDueOfSeveral, queues, priority, due, names, all, rooms, starts.map { $0?.runAt },
        starts.map { $0?.uuid })
    }
  }

  /// Asks for `run_at` of the first ready job after `now`.
  func next(after now: Instant) throws(PostgresError) -> PostgresStatement {
    let levels = Array(levels)
    return try PostgresStatement(
      sql.nextDue, levels.map(\.queue), levels.map(\.priority), now)
  }

  // MARK: What is left

  /// Asks where the first job stands on each level that was due at `now` and is still there.
  func left(_ request: ClaimRequest, at now: Instant) throws(PostgresError) -> PostgresStatement {
    let levels = Array(levels)
    let starts = levels.map { known?.start($0, request.keys) }
    return try PostgresStatement(
      sql.leftDue, levels.map(\.queue), levels.map(\.priority), min(now, request.dueBy ?? now),
      request.keys.map(\.joined).sorted(), starts.map { $0?.runAt }, starts.map { $0?.uuid })
  }

  /// Where it stands; where none is left, that none is before `now`.
  func left(
    _ rows: Rows, _ request: ClaimRequest, at now: Instant
  ) throws(PostgresError) -> [Level: Frontier.Position] {
    let none = Frontier.Position(before: min(now, request.dueBy ?? now))
    var left = Dictionary(levels.map { ($0, none) }, uniquingKeysWith: { $1 })
    for row in rows {
      left[Level(queue: try row.text(0), priority: try row.int(1))] = Frontier.Position(
        runAt: try row.instant(2), uuid: try row.uuid(3))
    }
    return left
  }

  /// Taken rows in the order in which they should start, and those that can't be read.
  static func sorted(
    _ rows: [Rows]
  ) throws(PostgresError) -> (jobs: [JobRow.Stored], corrupt: [UUID]) {
    var jobs: [JobRow.Stored] = []
    var corrupt: [UUID] = []
    jobs.reserveCapacity(rows.reduce(0) { $0 + $1.count })
    for row in rows.joined() {
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
