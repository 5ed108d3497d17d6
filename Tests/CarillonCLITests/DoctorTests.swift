import Carillon
import Foundation
import Synchronization
import Testing

@testable import CarillonCLI

@Suite struct `doctor` {
  private let clock = SteppedClock()
  private let node = UUID()
  private let store: MemoryStore

  init() { store = MemoryStore(clock: clock) }

  private func findings(
    _ id: String, catalog: HandlerCatalog = HandlerCatalog(types: [])
  ) async throws -> [Finding] {
    try await Examination(store: store, catalog: catalog).findings().filter { $0.id == id }
  }

  /// A node with the handlers of this file, and one job of `handler` that it runs.
  private func running(_ handler: any JobHandler.Type) async throws -> Job {
    let catalog = HandlerCatalog(types: [SendEmail.self, PublishPost.self])
    try await store.join(
      Node(
        uuid: node, name: "h:1", startedAt: clock.now(), catalogue: catalog.published,
        queues: .all(1), leaseExpiresAt: clock.now()),
      lease: .seconds(3_600))
    _ = try await store.insert([JobRequest(handler, resourceUUID: UUID(), uuid: UUID())])
    let exchange = try await store.exchange(
      [], claim: ClaimRequest(keys: catalog.keys, free: .all(1), idle: true), by: node)
    return try #require(exchange.claimed.first)
  }

  @Test func `warns when jobs wait and no node is alive`() async throws {
    #expect(try await findings("nodes.alive").map(\.severity) == [.ok])
    _ = try await store.insert([JobRequest(PublishPost.self, resourceUUID: UUID(), uuid: UUID())])
    let finding = try #require(try await findings("nodes.alive").first)
    #expect(finding.severity == .warning)
    #expect(finding.message == "No node is alive, and 1 job waits.")
  }

  @Test func `names a node whose lease has run out`() async throws {
    _ = try await running(PublishPost.self)
    #expect(try await findings("nodes.expired").isEmpty)
    clock.step(by: .seconds(3_660))
    let finding = try #require(try await findings("nodes.expired").first)
    #expect(finding.message.contains("h:1"))
    #expect(finding.message.contains("1m ago"))
  }

  @Test func `names a job that runs for longer than its handler's timeout`() async throws {
    let job = try await running(SendEmail.self)
    clock.step(by: .seconds(5))
    #expect(try await findings("jobs.stuck").map(\.severity) == [.ok])
    clock.step(by: .seconds(60))
    let finding = try #require(try await findings("jobs.stuck").first)
    #expect(finding.severity == .warning)
    #expect(finding.message.contains(job.uuid.text))
    #expect(finding.message.contains("its timeout is 1.5s"))
  }

  @Test func `names a job that was asked to end over a minute ago`() async throws {
    let job = try await running(PublishPost.self)
    _ = try await store.apply(.requestCancel(reason: "x"), to: job.uuid)
    clock.step(by: .seconds(59))
    #expect(try await findings("jobs.stuck").map(\.severity) == [.ok])
    clock.step(by: .seconds(31))
    #expect(try await findings("jobs.stuck").first?.message.contains("1m30s ago") == true)
  }

  @Test func `says why a due job finds no handler`() async throws {
    _ = try await running(PublishPost.self)
    for (name, type) in [
      ("\(PublishPost.handlerModule)", "email"), ("\(PublishPost.handlerModule)s", "post"),
    ] {
      _ = try await store.insert([
        JobRequest(
          uuid: UUID(), jobType: "x", handlerModule: name, resource: Resource(type, UUID()))
      ])
    }
    let messages = try await findings("jobs.unresolved").map(\.message)
    #expect(messages.count == 2)
    #expect(messages[0].contains("works on 'post', but the job is about 'email'"))
    #expect(messages[1].contains("Did you mean '\(PublishPost.handlerModule)'"))
  }

  @Test func `calls two handlers of one job type an error, and exits 1`() async {
    var line = CommandLineUnderTest()
    line.catalog = HandlerCatalog(types: [Failing.self, FailingToo.self])
    #expect(await line.run("doctor").status == .failed)
    let handlers = await line.run("handlers", "--json")
    #expect(handlers.status == .done)
    #expect(handlers.err.contains("belongs to 2 handlers"))
    let answer = await line.run("schedule", "fail", "--resource", UUID().text)
    #expect(answer.status == .usage)
    #expect(answer.err.contains("2 handlers have the job type 'fail'"))
  }
}

final class FailingToo: JobHandler {
  static let jobType = "fail"
  static let resourceType = "post"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

/// A clock that moves when it is told to.
final class SteppedClock: SchedulerClock {
  private let passed = Mutex(Duration.zero)

  func now() -> Instant { Instant(microseconds: 1_800_000_000_000_000) + uptime() }
  func uptime() -> Duration { passed.withLock { $0 } }
  func sleep(until deadline: Duration) async throws(CancellationError) {}
  func step(by duration: Duration) { passed.withLock { $0 += duration } }
}
