public import Foundation

/// The record of one attempt: who ran it, when, and what came of it. Keyed by (uuid, claim).
public struct Attempt: Sendable, Hashable {
  public let uuid: UUID
  public let claim: Int64
  /// The attempt's number, from 1; one that was given back has the same number as its successor.
  public var number: Int
  public var node: UUID
  public var startedAt: Instant
  /// Nil while it runs.
  public var endedAt: Instant?
  /// Nil while it runs.
  public var outcome: AttemptOutcome?
  public var error: String?
  /// Equal for errors that differ only in numbers and identities.
  public var fingerprint: String?
  /// What the handler logged, bounded; oldest first.
  public var log: [LogLine]
  /// The last reported progress, 0…1.
  public var progress: Double?
  public var progressNote: String?

  public init(
    uuid: UUID, claim: Int64, number: Int, node: UUID, startedAt: Instant,
    endedAt: Instant? = nil, outcome: AttemptOutcome? = nil, error: String? = nil,
    fingerprint: String? = nil, log: [LogLine] = [], progress: Double? = nil,
    progressNote: String? = nil
  ) {
    self.uuid = uuid
    self.claim = claim
    self.number = number
    self.node = node
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.outcome = outcome
    self.error = error
    self.fingerprint = fingerprint
    self.log = log
    self.progress = progress
    self.progressNote = progressNote
  }

  /// The record of the attempt that `job` runs; nil unless it is processing.
  public init?(running job: Job) {
    guard let node = job.node, let start = job.claimedAt else { return nil }
    self.init(
      uuid: job.uuid, claim: job.claim, number: job.attempts, node: node, startedAt: start)
  }
}

/// What an attempt came to.
public enum AttemptOutcome: String, Sendable, Hashable, CaseIterable {
  case ok, error, snooze, release, cancel
  /// Its node was gone.
  case lost
}

/// One line that a handler logged.
public struct LogLine: Sendable, Hashable, Codable {
  public let at: Int64
  public let level: String
  public let message: String

  public init(at: Instant, level: String, message: String) {
    self.at = at.microseconds
    self.level = level
    self.message = message
  }
}

extension Transition {
  /// What the attempt that ends with this transition came to; nil for one that ends none.
  public var attemptOutcome: AttemptOutcome? {
    switch self {
    case .succeed: .ok
    case .retry, .fail: .error
    case .snooze: .snooze
    case .release: .release
    case .stop: .cancel
    case .rescue, .lose, .abandon: .lost
    case .claim, .cancel, .giveUp, .reschedule, .retryByHand: nil
    }
  }

  /// The error that it writes, if any.
  package var error: String? {
    switch self {
    case .retry(_, let error), .fail(let error): error
    case .rescue, .lose, .abandon: Reason.nodeLost
    case .claim, .succeed, .snooze, .release, .cancel, .stop, .giveUp, .reschedule, .retryByHand:
      nil
    }
  }
}

/// Groups errors that are the same but for numbers, identities and addresses.
package func errorFingerprint(of error: String) -> String {
  var digest = Digest()
  var inRun = false
  for scalar in error.unicodeScalars.prefix(2_048) {
    let volatile = ("0"..."9").contains(scalar) || (inRun && ("a"..."f").contains(scalar))
    if volatile {
      if !inRun { digest.combine(byte: UInt8(ascii: "#")) }
      inRun = true
    } else {
      inRun = inRun && scalar == "-"
      if !inRun { for byte in String(scalar).utf8 { digest.combine(byte: byte) } }
    }
  }
  let hex = String(digest.value, radix: 16)
  return String(repeating: "0", count: 16 - hex.count) + hex
}
