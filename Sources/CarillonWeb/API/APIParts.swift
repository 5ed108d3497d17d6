import Carillon
import Foundation
import HTTPTypes
import Logging
import Synchronization

/// What the routes work with.
struct APIParts: Sendable {
  let store: any JobStore
  let catalog: HandlerCatalog
  /// The store in numbers.
  let statistics: SharedReading<StoreStatistics>
  let inserter: JobInserter
  let redaction: Redaction
  let cursorKey: CursorKey
  let feed: EventFeed
  let metrics: PrometheusExposition?
  /// The program's name in the commands that pages teach.
  let program: String
  let clock: any SchedulerClock
  let chance = Chance(SystemRandomNumberGenerator())
  let drain = DrainFlag()
  let bulk = BulkGate()
  let driver = OperationDriver()

  func makeUUID() -> UUID { chance.uuid(at: clock.now()) }

  /// Throws `forbidden` for a filter that asks about what the caller may not see: that could be
  /// guessed at, one value after another.
  func check(_ filter: JobFilter, for call: Call) throws(Problem) {
    guard call.caller.role != .admin,
      let path = filter.argsPaths.first(where: redaction.hides(path:))
    else { return }
    throw Problem(
      .forbidden,
      "args.\(path.joined(separator: ".")) may be a secret: only an admin may ask for it.")
  }

  /// A job's record as the caller may see it.
  func record(_ job: Job, for call: Call) -> JSONValue {
    redaction.record(job.jsonValue, for: call.caller.role)
  }

  /// A changed job: the record, its version, and an event for whoever listens.
  func changed(_ job: Job, for call: Call) -> Answer {
    feed.publish("job", job.eventValue)
    let record = record(job, for: call)
    return .json(record, headers: [.eTag: EntityTag(job, shown: record.json).header])
  }
}

/// Set once, when the program is about to stop.
final class DrainFlag: Sendable {
  private let flag = Atomic(false)

  var isUp: Bool { flag.load(ordering: .acquiring) }
  func raise() { flag.store(true, ordering: .releasing) }
}

/// Lets a few bulk requests in at once: each may need a hundred megabytes while it is read.
final class BulkGate: Sendable {
  private static let room = 2
  private let inside = Mutex(0)

  func pass<Answer: Sendable>(
    on executor: any TaskExecutor, _ body: @Sendable () async throws -> Answer
  ) async throws -> Answer {
    let isIn = inside.withLock { count in
      guard count < BulkGate.room else { return false }
      count += 1
      return true
    }
    guard isIn else {
      throw Problem(
        .tooManyRequests, "\(BulkGate.room) bulk requests are being stored already. Ask again.",
        headers: [.retryAfter: "1"])
    }
    defer { inside.withLock { $0 -= 1 } }
    return try await withTaskExecutorPreference(executor) { try await body() }
  }
}
