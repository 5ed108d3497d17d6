import Carillon
import CarillonSQLite
import CarillonTesting
import Foundation
import GRDB
import Testing

@Suite struct `A row that can't be written` {
  private let file: DamagedFile

  init() async throws { file = try await DamagedFile() }

  /// What somebody with `sqlite3` may have done to a row.
  private static let damages = [
    "attempts = 99", "failures = -1", "result = 'no json'", "finished_at = 1", "max_attempts = -5",
  ]

  @Test(arguments: damages)
  func `is held, and others are claimed`(_ damage: String) async throws {
    let (bad, good) = (try await file.insert(priority: 1), try await file.insert())
    try file.damage(bad, damage)
    let node = try await file.join()
    let claimed = try await file.claim(by: node)
    #expect(claimed.map(\.uuid) == [good.uuid])
    #expect(try await file.claim(by: node).isEmpty)
    let finding = try await file.store.diagnose().first { $0.id == "jobs.damaged" }
    #expect(finding?.severity == .error)
  }

  @Test(arguments: damages)
  func `doesn't keep a dead node's other jobs from running again`(_ damage: String) async throws {
    let (bad, good) = (try await file.insert(), try await file.insert())
    let node = try await file.join()
    #expect(try await file.claim(by: node).count == 2)
    try file.damage(bad, damage)
    file.clock.advance(by: .seconds(60))
    let rescued = try await file.store.rescue(node, at: 0)
    #expect(rescued?.map(\.uuid) == [good.uuid])
    let finding = try await file.store.diagnose().first { $0.id == "jobs.orphaned" }
    #expect(finding?.severity == .error)
  }

  @Test func `doesn't keep a node from signing off`() async throws {
    let (bad, good) = (try await file.insert(), try await file.insert())
    let node = try await file.join()
    #expect(try await file.claim(by: node).count == 2)
    try file.damage(bad, "attempts = 99")
    try await file.store.leave(node)
    #expect(try await file.store.nodes().isEmpty)
    #expect(try await file.store.job(good.uuid)?.status == .pending)
  }

  @Test func `doesn't keep the other jobs of its resource from being cancelled`() async throws {
    let (bad, good) = (try await file.insert(), try await file.insert())
    try file.damage(bad, "failures = -1")
    let cancelled = try await file.store.cancelJobs(for: file.resource, reason: "enough")
    #expect(cancelled.map(\.uuid) == [good.uuid])
  }

  @Test func `doesn't keep others from being given up`() async throws {
    let (bad, good) = (try await file.insert(), try await file.insert())
    _ = try await file.join(knowing: "another")
    #expect(try await file.store.holdUnresolved(limit: 10) == 2)
    try file.damage(bad, "failures = -1")
    file.clock.advance(by: .seconds(60))
    _ = try await file.join(knowing: "another")
    let failed = try await file.store.giveUpUnresolved(after: .seconds(30), limit: 10)
    #expect(failed.map(\.uuid) == [good.uuid])
  }
}

@Suite struct `Numbers at the end of their range` {
  private let file: DamagedFile

  init() async throws { file = try await DamagedFile() }

  @Test func `in the counts of a minute stay there`() async throws {
    let node = try await file.join()
    for _ in 0..<2 {
      _ = try await file.insert()
      let job = try #require(try await file.claim(by: node).first)
      #expect(try await file.succeed(job) == .done)
      try file.execute(
        """
        UPDATE carillon_minute_counts SET attempts = 9223372036854775807,
          run_buckets = '9223372036854775807 9223372036854775807'
        """)
    }
    let now = file.clock.now()
    let counts = try await file.store.minuteCounts(from: now, to: now)
    #expect(counts.map(\.count) == [.max])
  }

  @Test func `in the totals stay there`() async throws {
    _ = try await file.insert()
    try file.execute("UPDATE carillon_totals SET jobs = 9223372036854775807")
    _ = try await file.insert()
    try file.execute(
      """
      INSERT INTO carillon_totals (status, queue, handler_module, resource_type, jobs)
      VALUES ('pending', 'default', 'other', 'post', 9223372036854775807)
      """)
    let statistics = try await file.store.statistics(known: [])
    #expect(statistics.jobs[.pending] == .max)
    #expect(statistics.queues.map(\.pending) == [.max])
  }
}

@Suite struct `A file of another version` {
  @Test(arguments: ["-1", "-9223372036854775808", "many", ""])
  func `is refused when its version is no version`(_ version: String) async throws {
    let file = try await DamagedFile()
    try file.execute("UPDATE carillon_meta SET value = '\(version)'")
    await #expect(throws: StoreError.self) { _ = try await SQLiteStore(path: file.path) }
  }
}

/// A store on a clock of the test's own, and the hands of somebody who has `sqlite3`.
final class DamagedFile: Sendable {
  let store: SQLiteStore
  let clock = ManualClock()
  let path: String
  let resource = Resource("post", UUID())
  private let folder: URL
  private let hands: DatabaseQueue

  init() async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "carillon-\(UUID().text)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appending(path: "carillon.db").path
    store = try await SQLiteStore(path: path, clock: clock)
    hands = try DatabaseQueue(path: path)
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(at: folder)
  }

  func execute(_ sql: String) throws { try hands.write { try $0.execute(sql: sql) } }

  func damage(_ job: Job, _ what: String) throws {
    try hands.write { database in
      try database.execute(sql: "PRAGMA ignore_check_constraints = 1")
      try database.execute(
        sql: "UPDATE carillon_jobs SET \(what) WHERE lower(hex(uuid)) = ?",
        arguments: [job.uuid.text.replacing("-", with: "")])
    }
  }

  func insert(priority: Int = 0) async throws -> Job {
    let request = try JobRequest(
      uuid: UUID(), jobType: "publish_post", handlerModule: "Publish", resource: resource,
      priority: priority)
    return try #require(try await store.insert([request]).first)
  }

  func join(knowing name: String = "Publish") async throws -> UUID {
    let node = Node(
      uuid: UUID(), name: "h:1", startedAt: clock.now(),
      catalogue: [
        PublishedHandler(handlerModule: name, jobType: "publish_post", resourceType: "post")
      ],
      queues: .all(10), leaseExpiresAt: clock.now())
    try await store.join(node, lease: .seconds(30))
    return node.uuid
  }

  func claim(by node: UUID) async throws -> [Job] {
    let key = HandlerKey(handlerModule: "Publish", resourceType: "post")
    let request = ClaimRequest(keys: [key], free: .all(10), idle: true)
    return try await store.exchange([], claim: request, by: node).claimed
  }

  enum End { case done, refused }

  func succeed(_ job: Job) async throws -> End {
    let fence = try #require(job.fence)
    let attempt = try #require(Attempt(running: job))
    let settlement = Settlement(
      fence: fence, transition: .succeed(result: nil), attempt: attempt)
    let answers = try await store.exchange([settlement], claim: nil, by: fence.node).answers
    if case .applied = answers.first { return .done }
    return .refused
  }
}
