public import Foundation

/// One unit of scheduled work about one resource: a row, and all that is known of it.
///
/// The properties are the columns, in the order of the design. Only a `Transition` moves the
/// lifecycle part; see `Job+Lifecycle.swift`.
public struct Job: Sendable, Hashable, Identifiable {
  // MARK: What was asked for

  /// Identity, a UUIDv7 made by the client, so that an insert of unknown fate can be repeated.
  public let uuid: UUID
  public let jobType: String
  /// The qualified name of the handler's type, as `String(reflecting:)` prints it.
  public let handlerModule: String
  public let resourceType: String
  public let resourceUUID: UUID
  public var args: JobArguments
  /// The version of the args' shape when they were stored; see `JobHandler.argsVersion`.
  public var argsVersion: Int
  public var queue: String
  /// Higher runs first; never negative.
  public var priority: Int
  public var maxAttempts: Int
  public let createdByUUID: UUID?
  public let insertedAt: Instant
  /// The trace in which the job was scheduled, so that its run can be linked to it.
  public let traceContext: [String: String]
  /// The schedule of which it is an occurrence; nil for a job by itself.
  public let scheduleUUID: UUID?
  /// Why the schedule made it; nil for a job by itself.
  public let occurrenceReason: OccurrenceReason?

  // MARK: Where it is

  /// Grows when a finished job is rescheduled; `uuid/run` is the idempotency key.
  public internal(set) var run: Int
  /// When it was meant to run: the nominal time. Only a reschedule changes it.
  public internal(set) var scheduledAt: Instant
  /// The earliest next start: `scheduledAt` at first, later after a retry or snooze.
  public internal(set) var runAt: Instant
  /// Why a pending job isn't ready although it may be due; nil when nothing holds it.
  public internal(set) var hold: Hold?
  /// When the hold was put on.
  public internal(set) var heldAt: Instant?
  public internal(set) var status: JobStatus
  /// Attempts spent; snoozes and releases give theirs back.
  public internal(set) var attempts: Int
  public internal(set) var failures: Int
  public internal(set) var snoozes: Int
  /// Attempts that ended with their node.
  public internal(set) var crashes: Int
  public internal(set) var executedAt: Instant?
  public internal(set) var finishedAt: Instant?
  /// Why it was cancelled, expired, or failed otherwise than by its handler.
  public internal(set) var reason: String?
  /// The error of the newest failed attempt.
  public internal(set) var lastError: String?
  /// The JSON of `.ok(result)`.
  public internal(set) var result: String?
  public internal(set) var cancelRequestedAt: Instant?
  public internal(set) var updatedAt: Instant
  /// The fence: grows by one at each claim and never falls.
  public internal(set) var claim: Int64
  /// The node that runs it; nil unless processing.
  public internal(set) var node: UUID?
  /// When the running attempt was claimed; nil unless processing.
  public internal(set) var claimedAt: Instant?

  /// A job of these columns, as a store reads it; nothing is checked.
  package init(
    uuid: UUID, jobType: String, handlerModule: String, resourceType: String,
    resourceUUID:
      UUID, args: JobArguments, argsVersion: Int, queue: String, priority: Int,
    maxAttempts:
      Int, createdByUUID: UUID?, insertedAt: Instant, traceContext: [String: String],
    run:
      Int, scheduledAt: Instant, runAt: Instant, hold: Hold?, heldAt: Instant?,
    status:
      JobStatus, attempts: Int, failures: Int, snoozes: Int, crashes: Int,
    executedAt:
      Instant?, finishedAt: Instant?, reason: String?, lastError: String?, result: String?,
    cancelRequestedAt: Instant?, updatedAt: Instant, claim: Int64, node: UUID?,
    claimedAt:
      Instant?, scheduleUUID: UUID? = nil, occurrenceReason: OccurrenceReason? = nil
  ) {
    self.uuid = uuid
    self.jobType = jobType
    self.handlerModule = handlerModule
    self.resourceType = resourceType
    self.resourceUUID = resourceUUID
    self.args = args
    self.argsVersion = argsVersion
    self.queue = queue
    self.priority = priority
    self.maxAttempts = maxAttempts
    self.createdByUUID = createdByUUID
    self.insertedAt = insertedAt
    self.traceContext = traceContext
    self.run = run
    self.scheduledAt = scheduledAt
    self.runAt = runAt
    self.hold = hold
    self.heldAt = heldAt
    self.status = status
    self.attempts = attempts
    self.failures = failures
    self.snoozes = snoozes
    self.crashes = crashes
    self.executedAt = executedAt
    self.finishedAt = finishedAt
    self.reason = reason
    self.lastError = lastError
    self.result = result
    self.cancelRequestedAt = cancelRequestedAt
    self.updatedAt = updatedAt
    self.claim = claim
    self.node = node
    self.claimedAt = claimedAt
    self.scheduleUUID = scheduleUUID
    self.occurrenceReason = occurrenceReason
  }

  public var id: UUID { uuid }
  public var resource: Resource { Resource(resourceType, resourceUUID) }
  public var handlerKey: HandlerKey {
    HandlerKey(handlerModule: handlerModule, resourceType: resourceType)
  }

  /// The same for every attempt of one run, and another after a deliberate rerun.
  public var idempotencyKey: String { "\(uuid.text)/\(run)" }

  /// Whether the next attempt is the one more that a job gets after its node was lost on the last:
  /// it runs alone in its process, so that a crash is charged to nobody else.
  public var runsAlone: Bool { status == .pending && attempts >= maxAttempts }

  /// The claim that the running attempt holds; nil unless processing.
  public var fence: Fence? {
    guard let node else { return nil }
    return Fence(uuid: uuid, claim: claim, node: node)
  }
}

/// What makes a write belong to one claim: any other claim's row doesn't match.
public struct Fence: Sendable, Hashable {
  public let uuid: UUID
  public let claim: Int64
  public let node: UUID

  public init(uuid: UUID, claim: Int64, node: UUID) {
    self.uuid = uuid
    self.claim = claim
    self.node = node
  }
}

/// Why a pending job isn't ready.
public struct Hold: RawRepresentable, Sendable, Hashable {
  public let rawValue: String

  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// No live node knows the job's handler.
  public static let unresolved = Hold(rawValue: "unresolved")
  /// An earlier job of its schedule hasn't ended, and the schedule's jobs run one after another.
  public static let overlap = Hold(rawValue: "overlap")
  /// Its handler or resource type is closed, by a pause or a blackout; see `Gates`.
  public static let paused = Hold(rawValue: "paused")
  /// The row can't be read; `doctor` shows it.
  public static let corrupt = Hold(rawValue: "corrupt")

  /// Those that this version knows.
  package static let known: [Hold] = [.unresolved, .overlap, .paused, .corrupt]
}
