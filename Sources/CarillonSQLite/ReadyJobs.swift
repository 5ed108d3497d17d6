import Carillon
import Foundation
import GRDB

/// Walks over ready jobs in claim order, by the index `carillon_jobs_ready` alone.
///
/// The index goes by queue, then priority, then `run_at`. So the walk first finds the (queue,
/// priority) pairs that exist, by one seek each, and then takes due rows from the highest priority
/// down. Jobs of a distant future cost nothing, however many, and neither do finished ones.
struct ReadyJobs {
  private struct Level {
    let priority: Int
    var queues: [String]
  }

  private let database: Database
  private let queues: QueueLimits
  private let levels: [Level]

  /// - Parameter closed: queues that are left out.
  init(
    _ queues: QueueLimits, without closed: Set<String> = [], in database: Database
  ) throws {
    self.database = database
    self.queues = queues
    let names: [String]
    switch queues {
    case .all: names = try ReadyJobs.queues(in: database)
    case .each(let counts): names = counts.keys.sorted()
    }
    var byPriority: [Int: [String]] = [:]
    for name in names where !closed.contains(name) {
      for priority in try ReadyJobs.priorities(of: name, in: database) {
        byPriority[priority, default: []].append(name)
      }
    }
    levels = byPriority.sorted { $0.key > $1.key }.map { Level(priority: $0.key, queues: $0.value) }
  }

  /// What a walk has come by.
  struct Found {
    var jobs: [JobRow.Stored] = []
    /// Rows that can't be read.
    var corrupt: [Int64] = []
    /// Jobs of closed scopes, which are to be held.
    var met: [Int64] = []
    /// Whether the walk ended somewhere because it had met so many of those.
    var isPartial = false

    var isEmpty: Bool { jobs.isEmpty && corrupt.isEmpty && met.isEmpty }
  }

  /// What a claim takes now.
  func take(
    _ request: ClaimRequest, _ closed: ClosedScopes, at now: Instant
  ) throws -> Found {
    let open = request.passing(closed)
    let heldBack = closed.closesKeys ? request.keys.subtracting(open.keys) : []
    var selection = ClaimSelection(open)
    var found = Found()
    let due = min(now, request.dueBy ?? now)
    for level in levels where !selection.isFull {
      var candidates: [JobRow.Stored] = []
      for queue in level.queues where selection.room(in: queue) > 0 {
        try collect(
          queue, level.priority, due, room: selection.room(in: queue), keys: open.keys,
          heldBack: heldBack, into: &candidates, &found)
      }
      if level.queues.count > 1 { candidates.sort(by: ReadyJobs.isBefore) }
      for candidate in candidates where !selection.isFull {
        switch selection.consider(candidate.job) {
        case .take: found.jobs.append(candidate)
        case .skip: continue
        case .stop: return found
        }
      }
    }
    return found
  }

  /// At most `limit` due jobs of these handlers, whether or not a claim would take them now.
  func due(_ keys: Set<HandlerKey>, limit: Int, at now: Instant) throws -> [JobRow.Stored] {
    var due: [JobRow.Stored] = []
    var found = Found()
    for level in levels {
      for queue in level.queues where due.count < limit {
        try collect(
          queue, level.priority, now, room: limit - due.count, keys: keys, into: &due, &found)
      }
    }
    return due
  }

  /// Tells of each level's due jobs by handler: how many, and since when.
  func countDue(at now: Instant, _ note: (HandlerKey, Int, Instant) -> Void) throws {
    for level in levels {
      for queue in level.queues {
        let rows = try SQL(
          database,
          """
          SELECT handler_module, resource_type, count(*), min(run_at)
          FROM carillon_jobs INDEXED BY carillon_jobs_ready
          WHERE status = 'pending' AND hold IS NULL AND queue = ? AND priority = ? AND run_at <= ?
          GROUP BY handler_module, resource_type
          """,
          queue, level.priority, now)
        while try rows.step() {
          note(
            HandlerKey(handlerModule: rows.text(0), resourceType: rows.text(1)), rows.int(2),
            rows.instant(3))
        }
      }
    }
  }

  /// `run_at` of the first ready job after `now`.
  func next(after now: Instant) throws -> Instant? {
    var first: Instant?
    for level in levels {
      for queue in level.queues {
        let row = try SQL(
          database,
          """
          SELECT run_at FROM carillon_jobs INDEXED BY carillon_jobs_ready
          WHERE status = 'pending' AND hold IS NULL AND queue = ? AND priority = ? AND run_at > ?
          ORDER BY run_at LIMIT 1
          """,
          queue, level.priority, now)
        if try row.step() { first = min(first ?? row.instant(0), row.instant(0)) }
      }
    }
    return first
  }

  /// `run_at` of the ready job of `queue` that has been due longest at `now`.
  static func oldestDue(
    in queue: String, at now: Instant, _ database: Database
  ) throws -> Instant? {
    var first: Instant?
    for priority in try ReadyJobs.priorities(of: queue, in: database) {
      let row = try SQL(
        database,
        """
        SELECT run_at FROM carillon_jobs INDEXED BY carillon_jobs_ready
        WHERE status = 'pending' AND hold IS NULL AND queue = ? AND priority = ? AND run_at <= ?
        ORDER BY run_at LIMIT 1
        """,
        queue, priority, now)
      if try row.step() { first = min(first ?? row.instant(0), row.instant(0)) }
    }
    return first
  }

  private func collect(
    _ queue: String, _ priority: Int, _ due: Instant, room: Int, keys: Set<HandlerKey>,
    heldBack: Set<HandlerKey> = [], into candidates: inout [JobRow.Stored],
    _ found: inout Found
  ) throws {
    let rows = try SQL(
      database,
      """
      SELECT \(JobRow.columns) FROM carillon_jobs INDEXED BY carillon_jobs_ready
      WHERE status = 'pending' AND hold IS NULL AND queue = ? AND priority = ? AND run_at <= ?
      ORDER BY run_at, uuid
      """,
      queue, priority, due)
    var count = 0
    while count < room, try rows.step() {
      let key = HandlerKey(handlerModule: rows.text(3), resourceType: rows.text(4))
      guard keys.contains(key) else {
        guard heldBack.contains(key) else { continue }
        // There may be a million behind it: what is left is for the next exchange.
        guard found.met.count < ClosedScopes.batch else {
          found.isPartial = true
          return
        }
        found.met.append(rows.int64(33))
        continue
      }
      do throws(JobRow.Corrupt) {
        candidates.append(try JobRow.read(rows))
        count += 1
      } catch {
        found.corrupt.append(error.seq)
      }
    }
  }

  private static func isBefore(_ one: JobRow.Stored, _ other: JobRow.Stored) -> Bool {
    if one.job.runAt != other.job.runAt { return one.job.runAt < other.job.runAt }
    return one.job.uuid.precedes(other.job.uuid)
  }

  private static func queues(in database: Database) throws -> [String] {
    var names: [String] = []
    while let name = try nextQueue(after: names.last ?? "", in: database) { names.append(name) }
    return names
  }

  private static func nextQueue(after name: String, in database: Database) throws -> String? {
    let row = try SQL(
      database,
      """
      SELECT queue FROM carillon_jobs INDEXED BY carillon_jobs_ready
      WHERE status = 'pending' AND hold IS NULL AND queue > ? ORDER BY queue LIMIT 1
      """,
      name)
    return try row.step() ? row.text(0) : nil
  }

  private static func priorities(of queue: String, in database: Database) throws -> [Int] {
    var priorities: [Int] = []
    while let next = try nextPriority(of: queue, below: priorities.last ?? .max, in: database) {
      priorities.append(next)
    }
    return priorities
  }

  private static func nextPriority(
    of queue: String, below priority: Int, in database: Database
  ) throws -> Int? {
    let row = try SQL(
      database,
      """
      SELECT priority FROM carillon_jobs INDEXED BY carillon_jobs_ready
      WHERE status = 'pending' AND hold IS NULL AND queue = ? AND priority < ?
      ORDER BY priority DESC LIMIT 1
      """,
      queue, priority)
    return try row.step() ? row.int(0) : nil
  }
}
