import Carillon
import Foundation
import Synchronization

/// One check of a rule: the store, its clock, and the shortest ways to say what rules say.
final class Trial: Sendable {
  static let handler = "Rules.Handler"
  static let key = HandlerKey(handlerModule: handler, resourceType: "post")
  static let lease = Duration.seconds(18)

  let rule: String
  let store: any JobStore
  let clock: ManualClock
  let another: (@Sendable () async throws -> any JobStore)?
  private let chance: Chance

  init(rule: String, fixture: StoreFixture, seed: UInt64 = 7) {
    chance = Chance(SeededGenerator(seed: seed))
    self.rule = rule
    store = fixture.store
    clock = fixture.clock
    another = fixture.another
  }

  var now: Instant { clock.now() }

  func uuid() -> UUID { chance.uuid(at: clock.now()) }

  // MARK: Jobs

  func request(
    uuid: UUID? = nil, _ handler: String = Trial.handler, resource: Resource? = nil,
    args: JobArguments = [:], time: ScheduledTime = .now, queue: String = "default",
    priority: Int = 0, maxAttempts: Int = 3
  ) throws -> JobRequest {
    try JobRequest(
      uuid: uuid ?? self.uuid(), jobType: "rule", handlerModule: handler,
      resource: resource ?? Resource("post", self.uuid()), args: args, time: time, queue: queue,
      priority: priority, maxAttempts: maxAttempts)
  }

  @discardableResult
  func insert(_ request: JobRequest) async throws -> Job {
    let jobs = try await store.insert([request])
    return try unwrap(jobs.first, "the inserted job")
  }

  /// Stores a job; by default one that is due now.
  @discardableResult
  func insert(
    _ handler: String = Trial.handler, resource: Resource? = nil, args: JobArguments = [:],
    time: ScheduledTime = .now, queue: String = "default", priority: Int = 0, maxAttempts: Int = 3
  ) async throws -> Job {
    try await insert(
      request(
        handler, resource: resource, args: args, time: time, queue: queue, priority: priority,
        maxAttempts: maxAttempts))
  }

  func job(_ uuid: UUID) async throws -> Job {
    try unwrap(try await store.job(uuid), "job \(uuid.text)")
  }

  // MARK: Nodes

  @discardableResult
  func join(
    knowing handlers: [String] = [Trial.handler], resourceType: String = "post",
    uuid: UUID? = nil, lease: Duration = Trial.lease
  ) async throws -> UUID {
    let node = node(knowing: handlers, resourceType: resourceType, uuid: uuid)
    try await store.join(node, lease: lease)
    return node.uuid
  }

  func node(
    knowing handlers: [String] = [Trial.handler], resourceType: String = "post",
    uuid: UUID? = nil, name: String = "host:1"
  ) -> Node {
    Node(
      uuid: uuid ?? self.uuid(), name: name, startedAt: now,
      catalogue: handlers.map {
        PublishedHandler(handlerModule: $0, jobType: "rule \($0)", resourceType: resourceType)
      },
      queues: .all(10), leaseExpiresAt: now)
  }

  // MARK: Turns

  func exchange(
    _ settlements: [Settlement] = [], free: QueueLimits = .all(100),
    knowing keys: Set<HandlerKey> = [Trial.key], idle: Bool = true, dueBy: Instant? = nil,
    by node: UUID
  ) async throws -> Exchange {
    try await store.exchange(
      settlements, claim: ClaimRequest(keys: keys, free: free, idle: idle, dueBy: dueBy), by: node)
  }

  func claim(_ most: Int = 100, by node: UUID) async throws -> [Job] {
    try await exchange(free: .all(most), by: node).claimed
  }

  /// Claims exactly one job.
  func claimOne(by node: UUID) async throws -> Job {
    let claimed = try await claim(1, by: node)
    return try unwrap(claimed.first, "a claimed job")
  }

  /// A job that has been claimed, and its node.
  func running(maxAttempts: Int = 3) async throws -> (job: Job, node: UUID) {
    let node = try await join()
    try await insert(maxAttempts: maxAttempts)
    return (try await claimOne(by: node), node)
  }

  func settlement(_ job: Job, _ transition: Transition) throws -> Settlement {
    Settlement(
      fence: try unwrap(job.fence, "the fence of a running job"), transition: transition,
      attempt: try unwrap(Attempt(running: job), "the attempt of a running job"), claimed: job)
  }

  /// Settles without claiming.
  @discardableResult
  func settle(_ job: Job, _ transition: Transition) async throws -> SettlementAnswer {
    let settlement = try settlement(job, transition)
    let answers = try await store.exchange([settlement], claim: nil, by: settlement.fence.node)
      .answers
    return try unwrap(answers.first, "the answer to a settlement")
  }

  /// Settles, and expects that it is written.
  @discardableResult
  func apply(_ transition: Transition, to job: Job) async throws -> Job {
    let answer = try await settle(job, transition)
    guard case .applied(let changed) = answer else {
      throw violation("the answer to '\(transition.name)'", "applied", "\(answer)")
    }
    return changed
  }

  /// A job brought to `status` by legal moves alone.
  func job(in status: JobStatus) async throws -> Job {
    if status == .pending { return try await insert() }
    let (job, _) = try await running()
    switch status {
    case .pending, .processing: return job
    case .executed: return try await apply(.succeed(result: "{\"n\":1}"), to: job)
    case .failed: return try await apply(.fail(error: "broken"), to: job)
    case .cancelled: return try await apply(.stop(reason: "pointless"), to: job)
    }
  }

  // MARK: Several claims

  /// Loses the node that runs a job, `times` times: each time the job is claimed and its node dies.
  func crash(_ uuid: UUID, times: Int) async throws -> Job {
    for _ in 0..<times {
      clock.advance(by: .seconds(86_400))
      let node = try await join()
      let claimed = try await claimOne(by: node)
      try expect(claimed.uuid, uuid, "the claimed job")
      clock.advance(by: Trial.lease)
      try expect(try await store.rescue(node, at: 0) != nil, "a dead node is rescued")
    }
    return try await job(uuid)
  }

  // MARK: Expecting

  func expect(
    _ condition: Bool, _ what: String, line: UInt = #line
  ) throws(RuleViolation) {
    guard !condition else { return }
    throw violation(what, "true", "false", line: line)
  }

  func expect<Value: Equatable>(
    _ found: Value, _ expected: Value, _ subject: String, line: UInt = #line
  ) throws(RuleViolation) {
    guard found != expected else { return }
    let (expected, found) = difference(expected, found)
    throw violation(subject, expected, found, line: line)
  }

  func unwrap<Value>(
    _ value: Value?, _ subject: String, line: UInt = #line
  ) throws(RuleViolation) -> Value {
    guard let value else { throw violation(subject, "there", "nil", line: line) }
    return value
  }

  func violation(
    _ subject: String, _ expected: String, _ found: String, line: UInt = #line
  ) -> RuleViolation {
    RuleViolation(rule: rule, subject: subject, expected: expected, found: found, line: line)
  }
}

extension Transition {
  /// One of each.
  static func samples(node: UUID) -> [Transition] {
    [
      .claim(node: node), .succeed(result: "{\"n\":1}"),
      .retry(after: .seconds(5), error: "busy"), .fail(error: "broken"),
      .snooze(.seconds(7)), .release, .cancel(reason: "by hand"), .stop(reason: "pointless"),
      .rescue(after: .seconds(3)), .lose(reason: Reason.nodeLost),
      .abandon(reason: Reason.cancelRequested), .giveUp(reason: Reason.handlerNotFound),
      .reschedule(.in(.seconds(9))), .retryByHand,
    ]
  }
}
