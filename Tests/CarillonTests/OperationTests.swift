import CarillonTesting
import Foundation
import Synchronization
import Testing

@testable import Carillon

@Suite struct OperationTests {
  let clock = ManualClock()
  let store: MemoryStore

  init() { store = MemoryStore(clock: clock) }

  private func request(_ queue: String = "default") throws -> JobRequest {
    try JobRequest(
      uuid: UUID(), jobType: "t", handlerModule: "M.T", resource: Resource("post", UUID()),
      queue: queue)
  }

  private func operation(_ text: String = "status:pending") throws -> JobOperation {
    OperationRequest(
      uuid: UUID(), command: .cancel(reason: "x"), filterText: text,
      filter: try JobFilter(text, now: clock.now()), total: 9
    ).operation(at: clock.now(), by: nil)
  }

  // MARK: Steps

  @Test func `a batch that was broken off goes on after the last job it came to`() throws {
    let uuids = (0..<4).map { UUID(high: 1, low: UInt64($0)) }
    let survey = JobSurvey(uuids: uuids, next: UUID(high: 2, low: 0))
    let operation = try operation()
    var batch = OperationBatch(operation, survey)
    #expect(batch.result(at: clock.now()) == operation)
    batch.noteDone()
    batch.noteSkip("running")
    let half = batch.result(at: clock.now())
    #expect(half.cursor == uuids[1] && half.done == 1 && half.skipped == ["running": 1])
    batch.noteDone()
    batch.noteSkip("running")
    #expect(batch.result(at: clock.now()).cursor == survey.next)
    #expect(batch.result(at: clock.now()).state == .running)
  }

  @Test func `a batch with nothing beyond it is the last`() throws {
    let batch = OperationBatch(try operation(), JobSurvey())
    let end = batch.result(at: clock.now())
    #expect(end.state == .done && end.finishedAt == clock.now())
  }

  @Test func `a window without a match is no end`() throws {
    let next = UUID(high: 7, low: 7)
    let batch = OperationBatch(try operation(), JobSurvey(next: next))
    #expect(batch.result(at: clock.now()).state == .running)
    #expect(batch.result(at: clock.now()).cursor == next)
  }

  @Test func `counters saturate`() throws {
    var operation = try operation()
    operation.done = .max
    operation.skipped = ["running": .max]
    let more = operation.advanced(
      done: 5, skipped: ["running": 5, "gone": 1], cursor: nil, at: clock.now())
    #expect(more.done == .max && more.skipped["running"] == .max && more.skips == .max)
  }

  @Test func `a filter of secrets is shown without them`() throws {
    let redaction = Redaction()
    #expect(try operation("status:failed").shownFilter(redaction) == "status:failed")
    #expect(try operation("args.a.token:x").shownFilter(redaction) == "[redacted]")
    #expect(
      try operation("status:failed args.token:x,y").shownFilter(redaction)
        == "status:failed [redacted]")
  }

  // MARK: The front door

  private func scheduler() -> Scheduler {
    Scheduler(store: store, catalog: HandlerCatalog(types: []))
  }

  @Test func `an operation is begun, driven and told of`() async throws {
    _ = try await store.insert((0..<1_200).map { _ in try request() })
    let operations = scheduler().operations
    let filter = try await operations.meaning(of: "status:pending queue:default")
    var found: [Int] = []
    #expect(try await operations.count(filter) { found.append($0) } == 1_200)
    #expect(found.last == 1_200)
    let begun = try await operations.begin(
      .cancel(reason: "x"), on: "status:pending queue:default", total: 1_200)
    var done: [Int] = []
    let end = try await operations.finish(begun.uuid) { done.append($0.done) }
    #expect(done == [500, 1_000, 1_200])
    #expect(end.summary == "1200 cancelled")
    #expect(begun.startedBy == SchedulerEnvironment.system.nodeName)
    #expect(try await operations.list() == [end])
    #expect(try await operations.cancel(end.uuid) == end)
    let audit = try await scheduler().audit()
    #expect(audit.map(\.note.action) == ["begin"])
    #expect(audit.first?.actor.source == .library)
  }

  @Test func `nothing is known of an operation that there isn't`() async throws {
    let operations = scheduler().operations
    let uuid = UUID()
    await #expect(throws: OperationRefusal.notFound(uuid)) { try await operations.named(uuid) }
    await #expect(throws: OperationRefusal.notFound(uuid)) { try await operations.cancel(uuid) }
    await #expect(throws: OperationRefusal.notFound(uuid)) { try await operations.finish(uuid) }
  }

  @Test func `a filter that names nodes means those that there are when it begins`() async throws {
    let node = Node(
      uuid: UUID(), name: "web:1", startedAt: clock.now(), catalogue: [], queues: .all(1),
      leaseExpiresAt: clock.now())
    try await store.join(node, lease: .seconds(9))
    let operations = scheduler().operations
    let filter = try await operations.meaning(of: "node:web:1")
    #expect(filter.terms.first?.anyOf == [.node(node.uuid)])
    await #expect(throws: JobFilterError.self) { try await operations.begin(.retry, on: "x:1") }
  }

  @Test func `what the engine does has no actor, whoever has started it`() async throws {
    let test = TestScheduler(catalog: HandlerCatalog(types: [AskingHandler.self]))
    let ada = AuditActor(name: "ada", source: .cli)
    let job = try await ada.doing {
      let job = try await test.scheduler.schedule(AskingHandler.self, for: UUID())
      try await test.scheduler.processDueJobs()
      return job
    }
    #expect(try await test.scheduler.job(job.uuid)?.status == .executed)
    #expect(AskingHandler.actors.withLock { $0 } == [nil])
    #expect(try await test.scheduler.audit().map(\.note.action) == ["schedule"])
  }
}

final class AskingHandler: JobHandler {
  static let jobType = "asking"
  static let resourceType = "post"
  static let actors = Mutex<[AuditActor?]>([])

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    AskingHandler.actors.withLock { $0.append(AuditActor.current) }
    return .ok
  }
}
