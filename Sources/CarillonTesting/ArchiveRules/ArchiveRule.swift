import Carillon
import Foundation

/// One sentence of the contract that every `StoreArchive` obeys, and the check of it on two stores.
package struct ArchiveRule: Sendable, Identifiable, CustomStringConvertible {
  /// What a store does, in the third person.
  package let sentence: String
  private let body: @Sendable (MoveTrial) async throws -> Void

  init(_ sentence: String, _ body: @escaping @Sendable (MoveTrial) async throws -> Void) {
    self.sentence = sentence
    self.body = body
  }

  package var id: String { sentence }
  package var description: String { "Archive: \(sentence)" }

  /// Checks the rule on two stores that `make` makes, empty, on one clock, and for this check alone.
  package func check(_ make: (ManualClock) async throws -> StoreFixture) async throws {
    let clock = ManualClock()
    let source = try await make(clock)
    do {
      let target = try await make(clock)
      do {
        try await body(try MoveTrial(rule: description, source, target))
      } catch {
        try? await target.tearDown()
        throw error
      }
      try await target.tearDown()
    } catch {
      try? await source.tearDown()
      throw error
    }
    try await source.tearDown()
  }
}

/// One check of an archive rule: where jobs move from, and where to.
struct MoveTrial: Sendable {
  let from: Trial
  let to: Trial
  let source: any StoreArchive
  let target: any StoreArchive
  let move = UUID(high: 1, low: 2)

  init(rule: String, _ source: StoreFixture, _ target: StoreFixture) throws {
    from = Trial(rule: rule, fixture: source)
    to = Trial(rule: rule, fixture: target, seed: 8)
    self.source = try from.unwrap(source.store as? any StoreArchive, "an archive")
    self.target = try from.unwrap(target.store as? any StoreArchive, "an archive")
  }

  /// A move in pages so small that there are several.
  func mover(into store: (any StoreArchive)? = nil, rowsAPage: Int = 3) -> StoreMove {
    StoreMove(from: source, to: store ?? target, rowsAPage: rowsAPage)
  }

  @discardableResult
  func run() async throws -> StoreMove.Report { try await mover().run(as: move) }

  /// Jobs in every status and with every column in use, and tokens.
  func fill() async throws {
    try await addTokens()
    for status in JobStatus.allCases where status != .processing {
      _ = try await from.job(in: status)
    }
    let resource = Resource("päge '\"\u{1F514}", from.uuid())
    let request = try JobRequest(
      uuid: from.uuid(), jobType: "type", handlerModule: Trial.handler, resource: resource,
      args: JobArguments(json: #"{"n":9007199254740993,"m":1e400,"t":"\u0001\n🔔"}"#),
      argsVersion: 3, time: .at(from.now + .seconds(86_400)), queue: "slow", priority: 7,
      maxAttempts: 9, createdByUUID: from.uuid(), traceContext: ["traceparent": "00-1", "b": "'"])
    try await from.insert(request)
    // Retried with a log, snoozed, crashed, rescheduled, held, asked to end, and processing.
    let (retried, node) = try await from.running()
    var attempt = try from.unwrap(Attempt(running: retried), "its attempt")
    attempt.log = [LogLine(at: from.now, level: "info", message: "lines with \"'\n")]
    attempt.progress = 0.1
    attempt.progressNote = "a tenth"
    let settlement = Settlement(
      fence: try from.unwrap(retried.fence, "its fence"),
      transition: .retry(after: .seconds(90), error: "busy 17"), attempt: attempt)
    _ = try await source.exchange([settlement], claim: nil, by: node)
    let (snoozed, _) = try await from.running()
    try await from.apply(.snooze(.seconds(70)), to: snoozed)
    let again = try await from.job(in: .executed)
    _ = try await source.apply(.reschedule(.in(.seconds(600))), to: again.uuid)
    try await from.insert("Unknown")
    _ = try await source.holdUnresolved(limit: 10)
    let (asked, _) = try await from.running()
    _ = try await source.apply(.requestCancel(reason: "enough"), to: asked.uuid)
    _ = try await from.running()
    // Every node of before is dead.
    from.clock.advance(by: Trial.lease + .seconds(1))
  }

  /// What a store shows of all its jobs, newest first.
  func contents(of store: any StoreArchive) async throws -> [Contents] {
    var contents: [Contents] = []
    for job in try await store.jobs(JobQuery(limit: 10_000)) {
      contents.append(Contents(job: job, attempts: try await store.attempts(of: job.uuid)))
    }
    return contents
  }

  struct Contents: Equatable {
    let job: Job
    let attempts: [Attempt]
  }

  /// Expects that something is refused by a closed store.
  func expectRefusal(
    _ expected: StoreError, _ subject: String, line: UInt = #line,
    _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
    } catch let error as StoreError {
      return try from.expect(error, expected, subject, line: line)
    }
    throw from.violation(subject, "\(expected)", "no error", line: line)
  }
}
