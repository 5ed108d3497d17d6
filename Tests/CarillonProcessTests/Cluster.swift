import Carillon
import CarillonPostgres
import Foundation
import Testing

/// Several nodes of the probe program on one PostgreSQL schema, and what may happen to them.
final class Cluster {
  /// Where the temporary server is; nil when the tests run without one.
  static let server = ProcessInfo.processInfo.environment["CARILLON_TEST_POSTGRES"]
  /// The same server through PgBouncer in transaction mode.
  static let pooler = ProcessInfo.processInfo.environment["CARILLON_TEST_PGBOUNCER"]
  /// Whether the long campaigns are asked for.
  static let isLong = ProcessInfo.processInfo.environment["CARILLON_LONG"] != nil

  let shop: Workshop
  let store: PostgresStore
  private let slots: Int
  private(set) var nodes: [Process] = []
  /// When a node was killed or suspended for good.
  private(set) var kills: [Instant] = []

  init(
    lease: Int = 1_500, slots: Int = 16, through url: String? = server, parameters: String = ""
  ) async throws {
    let base = try #require(url)
    let schema = "t_" + UUID().text.replacing("-", with: "")
    let location = "\(base)?schema=\(schema)\(parameters)"
    shop = try Workshop(lease: lease, store: location)
    store = try await PostgresStore(url: location)
    self.slots = slots
  }

  func start(_ count: Int) async throws {
    for _ in 0..<count { nodes.append(try await shop.serve("--concurrency", String(slots))) }
  }

  /// Ends one of the nodes without warning and starts another in its place.
  func killOne() async throws {
    let index = Int.random(in: nodes.indices)
    kills.append(SystemClock().now())
    nodes[index].signal(SIGKILL)
    await nodes[index].ended()
    nodes[index] = try await shop.serve("--concurrency", String(slots))
  }

  /// Asks one of the nodes to end, waits for it, and starts another in its place.
  func rollOne(_ number: Int) async throws {
    let index = number % nodes.count
    nodes[index].signal(SIGTERM)
    await nodes[index].ended()
    #expect(nodes[index].terminationStatus == 0)
    nodes[index] = try await shop.serve("--concurrency", String(slots))
  }

  func end() async throws {
    for node in nodes {
      #expect(node.isRunning, "a node has ended by itself")
      node.signal(SIGTERM)
    }
    for node in nodes {
      await node.ended()
      #expect(node.terminationStatus == 0)
    }
    await store.close()
  }

  /// Restarts the server, `fast` or `immediate`.
  func restartServer(_ mode: String) async throws {
    let control = try #require(
      ProcessInfo.processInfo.environment["CARILLON_TEST_POSTGRES_CONTROL"])
    let process = Process()
    process.executableURL = URL(filePath: control)
    process.arguments = ["restart", mode]
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    await process.ended()
    #expect(process.terminationStatus == 0)
  }

  /// Waits until so many jobs are executed.
  func untilExecuted(_ count: Int, within limit: Duration) async throws -> Bool {
    try await eventually(within: limit) {
      // The server may be down at this very moment.
      guard let counts = try? await store.statistics(known: []).jobs else { return false }
      return counts[.executed] == count
    }
  }

  /// All jobs, page by page.
  func jobs() async throws -> [Job] {
    var all: [Job] = []
    while true {
      let page = try await store.jobs(JobQuery(limit: 1_000, after: all.last.map { .job($0.uuid) }))
      all += page
      if page.count < 1_000 { return all }
    }
  }

  /// Checks what must hold however nodes have died: no job lost, no effect without its attempt, two
  /// effects only where a claim was in flight on a node that was lost, one accepted outcome each.
  func expectNothingLost(_ uuids: [String], isolation comment: Comment) async throws {
    let jobs = try await jobs()
    #expect(Set(jobs.map(\.uuid.text)) == Set(uuids), comment)
    #expect(jobs.allSatisfy { $0.status == .executed }, comment)
    let resources = Dictionary(grouping: shop.effects) { $0.split(separator: " ").first ?? "" }
    for job in jobs {
      let effects = resources[Substring(job.resourceUUID.text)]?.count ?? 0
      #expect(effects >= 1, comment)
      guard job.attempts > 1 || effects > 1 else { continue }
      #expect(job.crashes >= 1, "\(job.uuid.text) ran \(effects) times, but no node was lost")
      let outcomes = try await store.attempts(of: job.uuid).map(\.outcome)
      #expect(outcomes.filter { $0 == .ok }.count == 1, "\(job.uuid.text): \(outcomes)")
      #expect(outcomes.last == .ok)
    }
  }
}
