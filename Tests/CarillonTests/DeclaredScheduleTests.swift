import CarillonTesting
import Foundation
import Logging
import Testing

@testable import Carillon

final class DeclaringHandler: JobHandler {
  static let jobType = "declaring"
  static let resourceType = "post"
  static let queue = "slow"
  static let schedule = ScheduleDeclaration("0 9 * * MON-FRI", in: "Europe/Paris")

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

/// What programs declare, and what becomes of it in a store.
@Suite struct DeclaredScheduleTests {
  private let clock = ManualClock()
  private let store: MemoryStore

  init() {
    store = MemoryStore(clock: clock)
  }

  private func scheduler(
    _ schedules: [DeclaredSchedule] = [], handlers: [any JobHandler.Type] = [ScriptedHandler.self]
  ) -> Scheduler {
    var environment = SchedulerEnvironment.system
    environment.clock = clock
    return Scheduler(
      store: store, schedules: schedules, services: Services().adding(Script { _, _ in .ok }),
      catalog: HandlerCatalog(types: handlers), environment: environment,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// What starting a program does, without waiting.
  private func start(_ scheduler: Scheduler) async throws { try await scheduler.processDueJobs() }

  @Test func `a handler's schedule is stored when a program that has it starts`() async throws {
    try await start(scheduler(handlers: [DeclaringHandler.self]))
    let schedule = try #require(try await store.schedule("declaring"))
    #expect(schedule.origin == .declared)
    #expect(schedule.definition.timeZone == "Europe/Paris")
    #expect(schedule.definition.queue == "slow")
    #expect(schedule.nextAt == ManualClock.start + .seconds(23 * 3_600))
    try await start(scheduler(handlers: [DeclaringHandler.self]))
    #expect(try await store.schedule("declaring") == schedule)
  }

  @Test func `an operator's edit stands until the declaration itself changes`() async throws {
    let first = DeclaredSchedule(ScriptedHandler.self, "@every 1h", name: "mine")
    try await start(scheduler([first]))
    try await scheduler().schedules.edit("mine") { $0.recurrence = "@every 2h" }
    try await start(scheduler([first]))
    #expect(try await store.schedule("mine")?.definition.recurrence == "@every 2h")
    let second = DeclaredSchedule(ScriptedHandler.self, "@every 3h", name: "mine")
    try await start(scheduler([second]))
    #expect(try await store.schedule("mine")?.definition.recurrence == "@every 3h")
  }

  @Test func `an operator's pause outlives a new declaration`() async throws {
    try await start(scheduler([.init(ScriptedHandler.self, "@every 1h", name: "mine")]))
    try await scheduler().schedules.pause("mine", by: "ada")
    try await start(scheduler([.init(ScriptedHandler.self, "@every 3h", name: "mine")]))
    let schedule = try #require(try await store.schedule("mine"))
    #expect(schedule.pause?.by == "ada")
    #expect(schedule.nextAt == nil)
    #expect(schedule.definition.recurrence == "@every 3h")
  }

  @Test func `a declaration that is wrong keeps no other from being stored`() async throws {
    try await start(
      scheduler([
        .init(ScriptedHandler.self, "61 * * * *", name: "wrong"),
        .init(ScriptedHandler.self, "@hourly", in: "Mars/Olympus", name: "elsewhere"),
        .init(ScriptedHandler.self, "@hourly", name: "right"),
      ]))
    #expect(try await store.schedules(ScheduleQuery()).map(\.name) == ["right"])
  }

  @Test func `only nodes that have the handler and don't declare it make it undeclared`() throws {
    let request = try DeclaredSchedule(ScriptedHandler.self, "@hourly", name: "mine")
      .request(uuid: UUID())
    let schedule = try request.schedule(at: ManualClock.start)
    let catalog = HandlerCatalog(types: [ScriptedHandler.self])
    func node(_ catalogue: [PublishedHandler]) -> Node {
      Node(
        uuid: UUID(), name: "n", startedAt: ManualClock.start, catalogue: catalogue,
        queues: .all(1), leaseExpiresAt: ManualClock.start)
    }
    let declares = node(
      catalog.published(declaring: [.init(ScriptedHandler.self, "@hourly", name: "mine")]))
    let doesNot = node(catalog.published(declaring: []))
    let doesNotSay = node(catalog.published)
    let isOther = node([])
    #expect(!schedule.isUndeclared(by: []))
    #expect(!schedule.isUndeclared(by: [isOther]))
    #expect(schedule.isUndeclared(by: [doesNot, isOther]))
    #expect(!schedule.isUndeclared(by: [doesNot, declares]))
    #expect(!schedule.isUndeclared(by: [doesNot, doesNotSay]))
  }
}
