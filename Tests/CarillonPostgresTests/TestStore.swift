import Carillon
import CarillonTesting
import Foundation
import Logging
import Testing

@testable import CarillonPostgres

/// A store in a schema of its own, which goes with it.
final class TestStore: Sendable {
  let store: PostgresStore
  let clock: ManualClock
  let schema: String
  let resource = Resource("post", UUID())
  private let url: String
  private let others = OpenStores()

  private init(_ store: PostgresStore, _ clock: ManualClock, _ schema: String, _ url: String) {
    self.store = store
    self.clock = clock
    self.schema = schema
    self.url = url
  }

  /// On the test's own clock, or the database's.
  static func open(
    url: String? = nil, isOnDatabaseClock: Bool = false
  ) async throws -> TestStore {
    let schema = "test_\(UUID().text.prefix(13))"
    let clock = ManualClock()
    let url = url ?? TestServer.url ?? ""
    let store = try await TestStore.another(url, schema, isOnDatabaseClock ? nil : clock)
    return TestStore(store, clock, schema, url)
  }

  private static func another(
    _ url: String, _ schema: String, _ clock: ManualClock?
  ) async throws -> PostgresStore {
    try await PostgresStore(
      url: url + (url.contains("?") ? "&" : "?") + "pool_size=6&pool_timeout=60", schema: schema,
      clock: clock,
      logger: TestServer.logger)
  }

  static func with(
    isOnDatabaseClock: Bool = false, _ body: (TestStore) async throws -> Void
  ) async throws {
    let store = try await TestStore.open(isOnDatabaseClock: isOnDatabaseClock)
    do {
      try await body(store)
    } catch {
      try? await store.remove()
      throw error
    }
    try await store.remove()
  }

  var fixture: StoreFixture {
    StoreFixture(store: store, clock: clock) {
      try await self.another()
    } tearDown: {
      try await self.remove()
    }
  }

  /// As a second process has it; `url` may lead another way.
  func another(
    url: String? = nil, isOnDatabaseClock: Bool = false
  ) async throws -> PostgresStore {
    let another = try await TestStore.another(
      url ?? self.url, schema, isOnDatabaseClock ? nil : clock)
    await others.add(another)
    return another
  }

  func remove() async throws {
    await others.close()
    try await execute("DROP SCHEMA $schema CASCADE")
    await store.close()
  }

  // MARK: Somebody with psql

  @discardableResult
  func execute(_ sql: String) async throws -> Rows {
    try await store.pool.query(
      sql.replacing("$schema", with: store.schema.quoted), deadline: .now + .seconds(120))
  }

  /// Changes a row past the constraints, as a restored or hand-made table may have it.
  func damage(_ job: Job, _ what: String) async throws {
    let names = try await execute(
      """
      SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE conrelid = '$schema.jobs'::regclass AND contype = 'c'
      """)
    var checks: [(String, String)] = []
    for row in names { checks.append((try row.text(0), try row.text(1))) }
    for (name, _) in checks {
      try await execute("ALTER TABLE $schema.jobs DROP CONSTRAINT \(name)")
    }
    try await execute("UPDATE $schema.jobs SET \(what) WHERE uuid = '\(job.uuid.text)'")
    for (name, check) in checks {
      try await execute(
        "ALTER TABLE $schema.jobs ADD CONSTRAINT \(name) \(check.replacing(" NOT VALID", with: "")) "
          + "NOT VALID")
    }
  }

  // MARK: Jobs

  static let handler = "Publish"
  static let key = HandlerKey(handlerModule: handler, resourceType: "post")
  static let oldKey = HandlerKey(handlerModule: "Old\(handler)", resourceType: "post")

  func request(
    uuid: UUID = UUID(), time: ScheduledTime = .now, priority: Int = 0, args: JobArguments = [:],
    queue: String = "default", maxAttempts: Int = JobRequest.defaultMaxAttempts
  ) throws -> JobRequest {
    try JobRequest(
      uuid: uuid, jobType: "publish_post", handlerModule: TestStore.handler, resource: resource,
      args: args, time: time, queue: queue, priority: priority, maxAttempts: maxAttempts)
  }

  func insert(priority: Int = 0) async throws -> Job {
    try #require(try await store.insert([request(priority: priority)]).first)
  }

  func insert(count: Int, time: ScheduledTime = .now) async throws -> [Job] {
    try await store.insert((0..<count).map { _ in try request(time: time) })
  }

  func join(
    knowing name: String = TestStore.handler, _ store: PostgresStore? = nil,
    lease: Duration = .seconds(30)
  ) async throws -> UUID {
    let node = Node(
      uuid: UUID(), name: "h:1", startedAt: clock.now(),
      catalogue: [
        PublishedHandler(
          handlerModule: name, jobType: "publish_post", resourceType: "post",
          aliases: ["Old\(name)"], queue: "mail", priority: 7, maxAttempts: 9)
      ],
      queues: .all(10), leaseExpiresAt: clock.now())
    try await (store ?? self.store).join(node, lease: lease)
    return node.uuid
  }

  func claim(
    _ most: Int = 10, by node: UUID, _ store: PostgresStore? = nil, idle: Bool = true
  ) async throws -> [Job] {
    let request = ClaimRequest(
      keys: [TestStore.key, TestStore.oldKey], free: .all(most), idle: idle)
    return try await (store ?? self.store).exchange([], claim: request, by: node).claimed
  }

  func settlement(
    _ job: Job, _ transition: Transition = .succeed(result: nil), isRead: Bool = false
  ) throws -> Settlement {
    Settlement(
      fence: try #require(job.fence), transition: transition,
      attempt: try #require(Attempt(running: job)), claimed: isRead ? nil : job)
  }
}

/// Further stores on a test's schema, to be closed with it.
private actor OpenStores {
  private var stores: [PostgresStore] = []

  func add(_ store: PostgresStore) { stores.append(store) }

  func close() async {
    for store in stores { await store.close() }
    stores = []
  }
}
