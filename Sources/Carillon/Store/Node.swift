public import Foundation

/// One running scheduler process, as the others see it.
public struct Node: Sendable, Hashable {
  /// New at each start, so that two processes are never taken for one.
  public let uuid: UUID
  /// For people: `host:pid`.
  public let name: String
  public let startedAt: Instant
  /// What it can run.
  public var catalogue: [PublishedHandler]
  public var queues: QueueLimits
  /// The lease runs out at this instant unless it is renewed.
  public var leaseExpiresAt: Instant
  /// Renewals so far: the fence of a rescue.
  public var beats: Int64
  /// It claims nothing more and will leave.
  public var draining: Bool

  public init(
    uuid: UUID, name: String, startedAt: Instant, catalogue: [PublishedHandler],
    queues: QueueLimits, leaseExpiresAt: Instant, beats: Int64 = 0, draining: Bool = false
  ) {
    self.uuid = uuid
    self.name = name
    self.startedAt = startedAt
    self.catalogue = catalogue
    self.queues = queues
    self.leaseExpiresAt = leaseExpiresAt
    self.beats = beats
    self.draining = draining
  }
}

extension Node {
  /// A node of which nothing is known but that it ran a job and is gone: to be rescued by others.
  package static func lost(_ uuid: UUID) -> Node {
    Node(
      uuid: uuid, name: "unknown", startedAt: Instant(microseconds: 0), catalogue: [],
      queues: .all(0), leaseExpiresAt: Instant(microseconds: 0))
  }
}

/// One handler as a node publishes it.
public struct PublishedHandler: Sendable, Hashable, Codable {
  public var handlerModule: String
  public var jobType: String
  public var resourceType: String
  public var aliases: [String]
  public var queue: String
  public var priority: Int
  public var maxAttempts: Int
  /// Milliseconds; nil: none.
  public var timeoutMilliseconds: Int64?
  /// Names of the schedules that the node declares for it; nil: an older node, which doesn't say.
  public var schedules: [String]?

  public init(
    handlerModule: String, jobType: String, resourceType: String, aliases: [String] = [],
    queue: String = "default", priority: Int = 0, maxAttempts: Int = 3,
    timeoutMilliseconds: Int64? = nil, schedules: [String]? = nil
  ) {
    self.handlerModule = handlerModule
    self.jobType = jobType
    self.resourceType = resourceType
    self.aliases = aliases
    self.queue = queue
    self.priority = priority
    self.maxAttempts = maxAttempts
    self.timeoutMilliseconds = timeoutMilliseconds
    self.schedules = schedules
  }

  /// The keys that rows may carry for it: its name and its older names.
  public var keys: [HandlerKey] {
    ([handlerModule] + aliases).map {
      HandlerKey(handlerModule: $0, resourceType: resourceType)
    }
  }
}

/// What a store answers to a heartbeat.
public enum HeartbeatAnswer: Sendable, Hashable {
  /// The lease is renewed.
  case renewed
  /// The node was rescued: it holds nothing any more.
  case gone
}
