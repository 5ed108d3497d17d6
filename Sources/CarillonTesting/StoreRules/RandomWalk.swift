import Carillon
import Foundation

/// A repeatable sequence of operations such as nodes, programs and operators ask for, with the
/// mistakes that late and repeated messages make: stale claims, dead nodes, jobs that are gone.
struct RandomWalk {
  private var random: SeededGenerator
  private let trial: Trial
  private var uuids: [UUID] = []
  private var requests: [JobRequest] = []
  private var nodes: [UUID] = []
  /// Jobs as they were claimed, many of them long ended.
  private var claimed: [Job] = []

  private static let handlers = ["A", "B", "C", "Unknown"]
  private static let queues = ["default", "mail", "slow"]

  init(seed: UInt64, trial: Trial) {
    random = SeededGenerator(seed: seed)
    self.trial = trial
  }

  /// The next operation; a wait has already moved the clock.
  mutating func step() -> StoreOperation {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<18: return insert()
    case ..<26: return .command(command(), uuids.randomElement(using: &random) ?? trial.uuid())
    case ..<28: return .cancelJobs(resource())
    case ..<30: return operation()
    case ..<66: return exchange()
    case ..<70: return .report(reports())
    case ..<75: return join()
    case ..<79: return .heartbeat(node(), draining: Bool.random(using: &random))
    case ..<81: return .leave(node())
    case ..<85: return .rescue(node(), beats: Int64.random(in: 0...1, using: &random))
    case ..<88: return .holdUnresolved
    case ..<90: return .giveUp(.seconds(Int.random(in: 0...60, using: &random)))
    case ..<92:
      return .prune(
        .seconds(Int.random(in: 0...120, using: &random)),
        Set(JobStatus.allCases.filter { _ in Bool.random(using: &random) }))
    case ..<95: return .gate(gate())
    default:
      let pause = Duration.milliseconds(
        Int.random(in: 0...3, using: &random) == 0
          ? Int.random(in: 0...40_000, using: &random) : Int.random(in: 0...1_500, using: &random))
      trial.clock.advance(by: pause)
      return .wait(pause)
    }
  }

  /// Learns from an answer what there is to act on.
  mutating func note(_ answer: StoreAnswer) {
    guard case .exchange(let exchange) = answer else { return }
    claimed += exchange.claimed
  }

  // MARK: Operations

  /// Of queues alone: which of a closed handler's jobs a claim meets is the store's choice.
  private mutating func gate() -> GateCommand {
    let queue = GateScope.queue(RandomWalk.queues.randomElement(using: &random) ?? "mail")
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return .resume(queue)
    case 1: return .pause(queue, until: nil, by: "walk", reason: nil)
    default:
      return .pause(
        queue, until: .in(.milliseconds(Int.random(in: -100...4_000, using: &random))), by: nil,
        reason: "walk")
    }
  }

  private mutating func insert() -> StoreOperation {
    var batch: [JobRequest] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      if let known = requests.randomElement(using: &random),
        Int.random(in: 0..<6, using: &random) == 0
      {
        // The same request again.
        batch.append(known)
      } else if let request = newRequest() {
        batch.append(request)
      }
    }
    for request in batch where !uuids.contains(request.uuid) {
      uuids.append(request.uuid)
      requests.append(request)
    }
    return .insert(batch)
  }

  private mutating func newRequest() -> JobRequest? {
    let isConflict = !uuids.isEmpty && Int.random(in: 0..<25, using: &random) == 0
    let uuid = isConflict ? uuids.randomElement(using: &random) : nil
    let time: ScheduledTime =
      switch Int.random(in: 0..<4, using: &random) {
      case 0: .in(.milliseconds(Int.random(in: 0...20_000, using: &random)))
      case 1: .at(trial.now - .milliseconds(Int.random(in: 0...5_000, using: &random)))
      default: .now
      }
    return try? trial.request(
      uuid: uuid, RandomWalk.handlers.randomElement(using: &random) ?? "A", resource: resource(),
      args: ["n": .number(JSONNumber(Int.random(in: 0...9, using: &random)))], time: time,
      queue: RandomWalk.queues.randomElement(using: &random) ?? "default",
      priority: Int.random(in: 0...2, using: &random),
      maxAttempts: Int.random(in: 1...3, using: &random))
  }

  private mutating func resource() -> Resource {
    Resource(
      "post", UUID(high: 0, low: UInt64.random(in: 0..<5, using: &random)))
  }

  private mutating func command() -> JobCommand {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: .cancel(reason: "walk")
    case 1, 2: .requestCancel(reason: "walk")
    case 3: .reschedule(.in(.milliseconds(Int.random(in: 0...5_000, using: &random))))
    case 4: .retry
    case 5, 6: edit()
    default: .delete
    }
  }

  private mutating func edit() -> JobCommand {
    let edit = try? JobEdit(
      priority: Int.random(in: 0...2, using: &random),
      queue: RandomWalk.queues.randomElement(using: &random),
      maxAttempts: Bool.random(using: &random) ? Int.random(in: 1...4, using: &random) : nil)
    return edit.map(JobCommand.edit) ?? .retry
  }

  private mutating func operation() -> StoreOperation {
    let texts = [
      "status:pending", "status:failed,cancelled", "queue:mail status:pending", "handler:A",
      "-queue:default", "priority:>0 -status:processing", "hold:unresolved",
    ]
    let text = texts.randomElement(using: &random) ?? ""
    let filter = (try? JobFilter(text, now: trial.now)) ?? JobFilter.all
    return .operation(
      OperationRequest(
        uuid: trial.uuid(), command: command(), filterText: text, filter: filter,
        total: Bool.random(using: &random) ? 3 : nil))
  }

  private mutating func exchange() -> StoreOperation {
    let node = node()
    var settlements: [Settlement] = []
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      if let settlement = settlement() { settlements.append(settlement) }
    }
    guard Int.random(in: 0..<8, using: &random) > 0 else {
      return .exchange(settlements, nil, node: node)
    }
    let keys = RandomWalk.handlers.dropLast().filter { _ in Bool.random(using: &random) }
      .map { HandlerKey(handlerModule: $0, resourceType: "post") }
    let free: QueueLimits =
      Bool.random(using: &random)
      ? .all(Int.random(in: 0...5, using: &random))
      : .each(
        Dictionary(
          uniqueKeysWithValues: RandomWalk.queues.dropLast(
            Int.random(in: 0...2, using: &random)
          ).map { ($0, Int.random(in: 0...2, using: &random)) }))
    return .exchange(
      settlements,
      ClaimRequest(
        keys: Set(keys), free: free, idle: Bool.random(using: &random),
        dueBy: Int.random(in: 0..<5, using: &random) == 0 ? trial.now - .seconds(1) : nil),
      node: node)
  }

  /// The end of a claim, mostly one of the newest, with an outcome that the engine could report.
  private mutating func settlement() -> Settlement? {
    let recent = Bool.random(using: &random) ? Array(claimed.suffix(6)) : claimed
    guard let job = recent.randomElement(using: &random), let fence = job.fence,
      var attempt = Attempt(running: job)
    else { return nil }
    let ends: [Transition] =
      [
        .succeed(result: nil), .succeed(result: "{\"n\":1}"), .fail(error: "broken 7"),
        .snooze(.seconds(Int.random(in: 0...9, using: &random))), .release,
        .stop(reason: "pointless"), .retryByHand,
      ]
      + (job.attempts < job.maxAttempts
        ? [.retry(after: .milliseconds(Int.random(in: 0...3_000, using: &random)), error: "busy")]
        : [])
    guard let end = ends.randomElement(using: &random) else { return nil }
    if Bool.random(using: &random) {
      attempt.progress = Double(Int.random(in: 0...8, using: &random)) / 8
      attempt.log = [LogLine(at: trial.now, level: "info", message: "walking")]
    }
    return Settlement(
      fence: fence, transition: end, attempt: attempt,
      claimed: Bool.random(using: &random) ? job : nil)
  }

  private mutating func reports() -> [Attempt] {
    claimed.suffix(8).filter { _ in Bool.random(using: &random) }.compactMap { job in
      var attempt = Attempt(running: job)
      attempt?.progress = 0.5
      return attempt
    }
  }

  private mutating func join() -> StoreOperation {
    let known = RandomWalk.handlers.dropLast().filter { _ in Bool.random(using: &random) }
    let again = nodes.randomElement(using: &random)
    let node = trial.node(
      knowing: known, uuid: Int.random(in: 0..<6, using: &random) == 0 ? again : nil)
    if !nodes.contains(node.uuid) { nodes.append(node.uuid) }
    return .join(node)
  }

  /// A node, mostly one of the newest; some of them have left.
  private mutating func node() -> UUID {
    let recent = Int.random(in: 0..<4, using: &random) > 0 ? Array(nodes.suffix(3)) : nodes
    return recent.randomElement(using: &random) ?? trial.uuid()
  }
}
