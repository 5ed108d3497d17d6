import Carillon
import CarillonSQLite
import CarillonTesting
import Foundation
import Logging
import Synchronization
import Testing

/// How late the runs of a scheduler were.
private final class Lateness: Sendable {
  let all = Mutex<[Duration]>([])
}

final class PunctualHandler: JobHandler {
  static let jobType = "punctual"
  static let resourceType = "thing"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    let context = JobContext.current
    try context.service(Lateness.self).all.withLock { $0.append(context.lateness) }
    return .ok
  }
}

private let isLong = ProcessInfo.processInfo.environment["CARILLON_LONG"] != nil

/// A store with very many schedules, most of which have nothing to do.
@Suite(.enabled(if: isLong, "set CARILLON_LONG=1")) struct ManySchedulesTests {
  @Test func `a thousand of a hundred thousand fire in their second, and the rest cost nothing`()
    async throws
  {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).db").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try await SQLiteStore(path: path)
    let now = try await store.now()
    let soon = Instant(microseconds: (now.microseconds / 1_000_000 + 60) * 1_000_000)
    func add(_ name: String, count: Int, _ recurrence: String) async throws {
      for start in stride(from: 0, to: count, by: 1_000) {
        _ = try await store.addSchedules(
          (start..<min(start + 1_000, count)).map { number in
            try ScheduleRequest(
              uuid: SchedulerEnvironment.system.uuid(), name: "\(name)-\(number)",
              definition: try ScheduleDefinition(
                PunctualHandler.self, named: "\(name)-\(number)", recurrence: recurrence))
          })
      }
    }
    try await add("idle", count: 99_000, "0 0 1 1 *")
    let due = max(soon, try await store.now() + .seconds(15))
    let whole = Instant(microseconds: due.microseconds / 1_000_000 * 1_000_000)
    try await add("together", count: 1_000, "@every 24h from \(whole.rfc3339)")
    let clock = ContinuousClock()
    let took = try await clock.measure { _ = try await store.dueSchedules(limit: 250, except: []) }
    #expect(took < .milliseconds(100), "a look took \(took)")

    let lateness = Lateness()
    var configuration = SchedulerConfiguration(concurrency: 1_200)
    configuration.shutdownGrace = .seconds(5)
    let scheduler = Scheduler(
      store: store, services: Services().adding(lateness), configuration: configuration,
      catalog: HandlerCatalog(types: [PunctualHandler.self]),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let work = Task { try await scheduler.run() }
    try await Task.sleep(for: .seconds(2))
    let wait = whole - (try await store.now())
    let before = processorTime()
    try await Task.sleep(for: max(wait - .milliseconds(500), .zero))
    let idle = processorTime() - before
    print("idle: \(idle) of processor time in \(wait)")
    #expect(idle < wait * 0.02)
    try await Task.sleep(for: .seconds(10))
    work.cancel()
    try await work.value
    let all = lateness.all.withLock { $0.sorted() }
    #expect(all.count == 1_000)
    let p99 = try #require(all.dropLast(10).last)
    print("lateness: median \(all[all.count / 2]), p99 \(p99), most \(all[all.count - 1])")
    #if !DEBUG
      #expect(p99 < .milliseconds(100))
    #endif
    store.close()
  }

  private func processorTime() -> Duration {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return .seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }
}
