public import Foundation

/// When a job should run, as it was asked for; the store's clock turns it into an instant.
public enum ScheduledTime: Sendable, Hashable {
  case now
  case `in`(Duration)
  case at(Instant)

  /// The instant it means at `now`.
  package func instant(at now: Instant) -> Instant {
    switch self {
    case .now: now
    case .in(let delay): now + delay
    case .at(let instant): instant
    }
  }
}

/// A job that is to be stored: what is asked for, before the store has answered.
public struct JobRequest: Sendable, Hashable {
  /// Attempts of a job that doesn't say otherwise.
  public static let defaultMaxAttempts = 3

  public private(set) var uuid: UUID
  public let jobType: String
  public let handlerModule: String
  public let resource: Resource
  public let args: JobArguments
  public let argsVersion: Int
  public let time: ScheduledTime
  public let queue: String
  public let priority: Int
  public let maxAttempts: Int
  public let createdByUUID: UUID?
  public private(set) var traceContext: [String: String]
  /// What tells the request apart that many jobs were asked for with. A part of their content, so that
  /// a repetition is known for one only if it is one from the first job to the last.
  private var batch: String?
  /// Who asks for it, where several people's requests are stored together; otherwise that is
  /// `AuditActor.current`. No part of what is stored.
  package var askedBy: AuditActor?

  /// Checks every part; what comes out can be stored by any store.
  public init(
    uuid: UUID, jobType: String, handlerModule: String, resource: Resource,
    args: JobArguments = [:], argsVersion: Int = 1, time: ScheduledTime = .now,
    queue: String = "default", priority: Int = 0,
    maxAttempts: Int = JobRequest.defaultMaxAttempts, createdByUUID: UUID? = nil,
    traceContext: [String: String] = [:]
  ) throws(JobRequestError) {
    for (column, text) in [
      ("job_type", jobType), ("handler_module", handlerModule), ("resource_type", resource.type),
      ("queue", queue),
    ] {
      try JobRequest.check(name: text, of: column)
    }
    try JobRequest.check(priority: priority)
    try JobRequest.check(maxAttempts: maxAttempts)
    try JobRequest.check(time: time)
    do {
      self.args = try args.checked()
    } catch {
      throw .args(error)
    }
    self.uuid = uuid
    self.jobType = jobType
    self.handlerModule = handlerModule
    self.resource = resource
    self.argsVersion = argsVersion
    self.time = time
    self.queue = queue
    self.priority = priority
    self.maxAttempts = maxAttempts
    self.createdByUUID = createdByUUID
    self.traceContext = traceContext
  }

  // MARK: Checking

  package static func check(name text: String, of column: String) throws(JobRequestError) {
    guard !text.isEmpty else { throw .empty(column: column) }
    guard text.utf8.count <= 512 else { throw .tooLong(column: column, bytes: text.utf8.count) }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      throw .controlCharacter(column: column)
    }
  }

  package static func check(priority: Int) throws(JobRequestError) {
    guard priority >= 0, priority <= Int(Int32.max) else { throw .priority(priority) }
  }

  package static func check(maxAttempts: Int) throws(JobRequestError) {
    guard maxAttempts > 0, maxAttempts <= 1_000_000 else { throw .maxAttempts(maxAttempts) }
  }

  package static func check(time: ScheduledTime) throws(JobRequestError) {
    switch time {
    case .now: break
    case .in(let delay):
      guard delay >= .zero, delay <= .seconds(36_500 * 86_400) else { throw .delay(delay) }
    case .at(let instant):
      guard Instant.representable.contains(instant) else { throw .time(instant) }
    }
  }

  /// The same within a trace, unless it belongs to one already.
  package func traced(_ context: [String: String]) -> JobRequest {
    guard traceContext.isEmpty else { return self }
    var request = self
    request.traceContext = context
    return request
  }

  /// The same as one of many that were asked for together; `batch` tells these apart from all others.
  package func part(of batch: String, uuid: UUID) -> JobRequest {
    var request = self
    (request.uuid, request.batch) = (uuid, batch)
    return request
  }

  /// Tells two requests of one uuid apart: equal for equal content, whatever has since become of
  /// the job. The trace isn't content; a repeated insert may have another.
  package var contentDigest: Int64 {
    var digest = Digest()
    for text in [
      jobType, handlerModule, resource.description, args.json, String(argsVersion), queue,
      String(priority), String(maxAttempts), createdByUUID?.text ?? "",
    ] {
      digest.combine(text)
    }
    switch time {
    case .now: digest.combine("now")
    case .in(let delay): digest.combine("in \(delay.microseconds)")
    case .at(let instant): digest.combine("at \(instant.microseconds)")
    }
    if let batch { digest.combine("batch \(batch)") }
    return Int64(bitPattern: digest.value)
  }

  /// The job as first stored at `now`.
  package func job(at now: Instant) -> Job {
    let due = time.instant(at: now)
    return Job(
      uuid: uuid, jobType: jobType, handlerModule: handlerModule, resourceType: resource.type,
      resourceUUID: resource.uuid, args: args, argsVersion: argsVersion, queue: queue,
      priority: priority, maxAttempts: maxAttempts, createdByUUID: createdByUUID, insertedAt: now,
      traceContext: traceContext, run: 1, scheduledAt: due, runAt: due, hold: nil, heldAt: nil,
      status: .pending, attempts: 0, failures: 0, snoozes: 0, crashes: 0, executedAt: nil,
      finishedAt: nil, reason: nil, lastError: nil, result: nil, cancelRequestedAt: nil,
      updatedAt: now, claim: 0, node: nil, claimedAt: nil)
  }
}

/// Why a job can't be stored as asked for.
public enum JobRequestError: Error, Sendable, Hashable, CustomStringConvertible {
  case empty(column: String)
  case tooLong(column: String, bytes: Int)
  case controlCharacter(column: String)
  case priority(Int)
  case maxAttempts(Int)
  case delay(Duration)
  case time(Instant)
  case args(JobArgumentsError)
  case unnameable(handler: String)

  public var description: String {
    switch self {
    case .empty(let column): "\(column) is empty; a job needs one."
    case .tooLong(let column, let bytes): "\(column) has \(bytes) bytes; the limit is 512."
    case .controlCharacter(let column):
      "\(column) holds a control character; use printable text."
    case .priority(let value):
      "priority \(value) is out of range; it goes from 0 (default) to \(Int32.max), higher first."
    case .maxAttempts(let value):
      "max_attempts \(value) is out of range; it goes from 1 to 1000000."
    case .delay(let delay):
      "A delay of \(delay.text) is out of range; it goes from 0s to 36500d."
    case .time(let instant):
      "The time \(instant.microseconds) µs lies outside the years 0001 to 9999."
    case .args(let error): error.description
    case .unnameable(let handler):
      "\(handler) is private, local or generic: no row can name it. Make it a final class or actor "
        + "that is neither."
    }
  }
}
