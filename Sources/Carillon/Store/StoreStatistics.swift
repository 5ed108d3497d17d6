public import Foundation

/// The state of a store in numbers that are kept, not counted.
public struct StoreStatistics: Sendable, Hashable {
  /// One queue's pending and running jobs.
  public struct Queue: Sendable, Hashable {
    public let name: String
    public var pending = 0
    public var processing = 0
    public var held = 0
    /// `run_at` of the job that has waited longest; nil when none is due.
    public var oldestDueAt: Instant?
    /// What closes it; nil while it is open.
    public var closure: GateClosure?

    public init(name: String) { self.name = name }
  }

  /// Due jobs whose handler no live node knows.
  public struct Unresolved: Sendable, Hashable {
    public let key: HandlerKey
    public let count: Int
    /// `run_at` of the oldest.
    public let dueSince: Instant

    public init(key: HandlerKey, count: Int, dueSince: Instant) {
      self.key = key
      self.count = count
      self.dueSince = dueSince
    }
  }

  public var jobs: [JobStatus: Int] = [:]
  public var queues: [Queue] = []
  public var unresolved: [Unresolved] = []
  public var nodes: [Node] = []
  /// Handlers and resource types that are closed; queues say it themselves.
  public var closed: [GateClosure] = []
  /// The store's clock.
  public var now: Instant

  public init(now: Instant) { self.now = now }

  /// All that is closed.
  package var closures: [GateClosure] { queues.compactMap(\.closure) + closed }

  /// Says which gates are closed; a closed queue is listed also without jobs.
  package mutating func note(_ gates: Gates) {
    for closure in gates.closures(at: now) {
      guard case .queue(let name) = closure.scope else {
        closed.append(closure)
        continue
      }
      if !queues.contains(where: { $0.name == name }) {
        queues.append(Queue(name: name))
        queues.sort { $0.name < $1.name }
      }
      for index in queues.indices where queues[index].name == name {
        queues[index].closure = closure
      }
    }
  }
}

/// One thing that `doctor` has looked at.
public struct Finding: Sendable, Hashable {
  public enum Severity: String, Sendable, Hashable, CaseIterable {
    case ok, warning, error
  }

  /// Stable, for programs: `sqlite.version`.
  public let id: String
  public let severity: Severity
  /// What was found, as a sentence.
  public let message: String
  /// What to do about it; nil when nothing.
  public let advice: String?
  /// What it is about, where that is one thing.
  public let subject: Subject?

  /// One thing that can be looked at by itself.
  public enum Subject: Sendable, Hashable {
    case job(UUID)
    /// By its name.
    case schedule(String)
  }

  public init(
    id: String, severity: Severity, message: String, advice: String? = nil,
    subject: Subject? = nil
  ) {
    self.id = id
    self.severity = severity
    self.message = message
    self.advice = advice
    self.subject = subject
  }
}
