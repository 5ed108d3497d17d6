import Carillon
import CarillonSQLite
import CarillonTesting
import Foundation
import Synchronization
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A move between schemas` {
  @Test(arguments: ArchiveRule.all)
  func `obeys every archive rule`(_ rule: ArchiveRule) async throws {
    try await rule.check { clock in try await ArchiveTests.postgres(clock).fixture }
  }
}

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A move from a file` {
  @Test(arguments: ArchiveRule.all)
  func `obeys every archive rule`(_ rule: ArchiveRule) async throws {
    let made = ArchiveTests.Turn()
    try await rule.check { clock in
      made.next().isMultiple(of: 2)
        ? try await ArchiveTests.file(clock) : try await ArchiveTests.postgres(clock).fixture
    }
  }
}

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A move to a file` {
  @Test(arguments: ArchiveRule.all)
  func `obeys every archive rule`(_ rule: ArchiveRule) async throws {
    let made = ArchiveTests.Turn()
    try await rule.check { clock in
      made.next().isMultiple(of: 2)
        ? try await ArchiveTests.postgres(clock).fixture : try await ArchiveTests.file(clock)
    }
  }

  @Test func `takes along what SQL has scheduled`() async throws {
    let (from, to) = (try await ArchiveTests.postgres(ManualClock()), try await TemporaryFile())
    let uuid = UUID()
    try await from.execute(
      """
      SELECT $schema.schedule('Handler', '\(UUID())', args => '{"a": 1.50}', uuid => '\(uuid)',
        job_type => 'job', resource_type => 'thing')
      """)
    _ = try await StoreMove(from: from.store, to: to.store).run(as: UUID())
    #expect(try await to.store.job(uuid)?.args.json == #"{"a":1.50}"#)
    let job = try #require(try await to.store.job(uuid))
    let same = try JobRequest(
      uuid: uuid, jobType: "job", handlerModule: "Handler", resource: job.resource,
      args: job.args)
    #expect(try await to.store.insert([same]) == [job])
    let finding = try await from.store.diagnose().first { $0.id == "store.moved" }
    #expect(finding?.severity == .error)
    // SQL is refused as well.
    await #expect(throws: PostgresError.self) {
      try await from.execute(
        "SELECT $schema.schedule('H', '\(UUID())', job_type => 'j', resource_type => 't')")
    }
    try await from.remove()
  }

  @Test(arguments: [
    ("UPDATE $schema.jobs SET trace_context = '{'", "trace_context"),
    ("UPDATE $schema.jobs SET args = '[]'", "args"),
    ("UPDATE $schema.jobs SET created_by_uuid = NULL, job_type = E'a\\x01'", nil),
    ("UPDATE $schema.minute_counts_changes SET run_buckets = 'many'", "run_buckets"),
  ])
  func `names a row that can't be moved as it is`(_ damage: (sql: String, name: String?))
    async throws
  {
    let (from, to) = (try await ArchiveTests.postgres(ManualClock()), try await TemporaryFile())
    let resource = Resource("post", UUID())
    let request = try JobRequest(
      uuid: UUID(), jobType: "t", handlerModule: "H", resource: resource)
    _ = try await from.store.insert([request])
    let node = Node.lost(UUID())
    try await from.store.join(node, lease: .seconds(10))
    let key = HandlerKey(handlerModule: "H", resourceType: "post")
    let claimed = try await from.store.exchange(
      [], claim: ClaimRequest(keys: [key], free: .all(1), idle: true), by: node.uuid
    ).claimed
    let job = try #require(claimed.first)
    let settlement = Settlement(
      fence: try #require(job.fence), transition: .succeed(result: nil),
      attempt: try #require(Attempt(running: job)))
    _ = try await from.store.exchange([settlement], claim: nil, by: node.uuid)
    try await from.store.leave(node.uuid)
    try await from.execute(damage.sql)
    let mover = StoreMove(from: from.store, to: to.store)
    if let name = damage.name {
      let failure = await #expect(throws: MoveFailure.self) { _ = try await mover.run(as: UUID()) }
      #expect(failure?.description.contains(name) == true, "\(String(describing: failure))")
      #expect(try await from.store.moveMark() == nil)
    } else {
      _ = try await mover.run(as: UUID())
    }
    try await from.remove()
  }
}

private enum ArchiveTests {
  static func postgres(_ clock: ManualClock) async throws -> TemporarySchema {
    try await TemporarySchema(clock)
  }

  static func file(_ clock: ManualClock) async throws -> StoreFixture {
    let file = try await TemporaryFile(clock)
    return StoreFixture(store: file.store, clock: clock, tearDown: { file.store.close() })
  }

  /// Counts the stores that a rule asks for.
  final class Turn: Sendable {
    private let count = Mutex(-1)
    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }
}

/// A store in a schema of its own, named in the URL so that its location tells it from others.
private final class TemporarySchema: Sendable {
  let store: PostgresStore
  private let clock: ManualClock
  private let schema: String

  init(_ clock: ManualClock) async throws {
    self.clock = clock
    schema = "archive_\(UUID().text.prefix(13).replacing("-", with: "_"))"
    store = try await PostgresStore(
      url: "\(TestServer.url ?? "")?pool_size=4&pool_timeout=60&schema=\(schema)", schema: nil,
      clock: clock,
      logger: TestServer.logger)
  }

  var fixture: StoreFixture {
    StoreFixture(store: store, clock: clock, tearDown: { try await self.remove() })
  }

  func execute(_ sql: String) async throws {
    _ = try await store.pool.query(sql.replacing("$schema", with: "\"\(schema)\""))
  }

  func remove() async throws {
    try await execute("DROP SCHEMA $schema CASCADE")
    await store.close()
  }
}

private final class TemporaryFile: Sendable {
  let store: SQLiteStore
  private let folder: URL

  init(_ clock: ManualClock = ManualClock()) async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "carillon-\(UUID().text)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try await SQLiteStore(path: folder.appending(path: "carillon.db").path, clock: clock)
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(at: folder)
  }
}
