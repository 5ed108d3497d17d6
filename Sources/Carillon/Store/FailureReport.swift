public import Foundation

/// Attempts that failed lately, those with the same error together.
public struct FailureReport: Sendable, Hashable {
  /// How many failed attempts a store looks at, the newest, however many there are.
  package static let mostAttempts = 5_000

  /// Attempts of one handler that failed alike.
  public struct Group: Sendable, Hashable, Identifiable {
    /// Equal for errors that differ only in numbers and identities.
    public let fingerprint: String
    public let handlerModule: String
    public let jobType: String
    /// Attempts, not jobs.
    public var count: Int
    public var jobs: Int
    /// Those of the jobs that are failed now and failed like this last: somebody has to put them right.
    public var failedNow: Int
    /// Those of the jobs that failed like this last and haven't ended: they are tried again.
    public var unfinished: Int
    /// Those of the jobs that have failed in another way since, and weren't executed or cancelled: they
    /// stand there.
    public var failedOtherwise: Int
    public var firstAt: Instant
    public var lastAt: Instant
    /// The job of the newest of them.
    public var example: UUID
    /// The error of the newest of them.
    public var error: String

    public init(
      fingerprint: String, handlerModule: String, jobType: String, count: Int, jobs: Int,
      failedNow: Int, unfinished: Int, failedOtherwise: Int, firstAt: Instant, lastAt: Instant,
      example: UUID, error: String
    ) {
      self.fingerprint = fingerprint
      self.handlerModule = handlerModule
      self.jobType = jobType
      self.count = count
      self.jobs = jobs
      self.failedNow = failedNow
      self.unfinished = unfinished
      self.failedOtherwise = failedOtherwise
      self.firstAt = firstAt
      self.lastAt = lastAt
      self.example = example
      self.error = error
    }

    /// Unique within a report.
    public var id: String {
      var digest = Digest()
      digest.combine(fingerprint)
      digest.combine(handlerModule)
      return String(digest.value, radix: 36)
    }
  }

  /// The one that failed last comes first.
  public var groups: [Group]
  /// Failed attempts that were looked at.
  public var attempts: Int
  /// Whether there are older ones in the time asked for that weren't.
  public var hasOlder: Bool

  public init(groups: [Group], attempts: Int, hasOlder: Bool) {
    self.groups = groups
    self.attempts = attempts
    self.hasOlder = hasOlder
  }
}

/// One failed attempt, as far as grouping needs it.
package struct FailedAttempt: Sendable, Hashable {
  package let uuid: UUID
  package let claim: Int64
  package let handlerModule: String
  package let jobType: String
  /// The job's, as it is now; nil where the row says something else.
  package let status: JobStatus?
  package let fingerprint: String
  package let endedAt: Instant

  package init(
    uuid: UUID, claim: Int64, handlerModule: String, jobType: String, status: JobStatus?,
    fingerprint: String, endedAt: Instant
  ) {
    self.uuid = uuid
    self.claim = claim
    self.handlerModule = handlerModule
    self.jobType = jobType
    self.status = status
    self.fingerprint = fingerprint
    self.endedAt = endedAt
  }
}

/// Failed attempts on their way into groups, for every store.
package struct FailureTally: Sendable {
  private struct Key: Hashable {
    let fingerprint: String
    let handlerModule: String
  }

  /// A group that lacks its error still, and the attempt that has it.
  package struct Draft: Sendable {
    package var group: FailureReport.Group
    package let claim: Int64
  }

  /// The ones that failed last, at most as many groups as were asked for.
  package let drafts: [Draft]
  private let attempts: Int
  private let hasOlder: Bool

  /// - Parameter newest: newest first; one more than `FailureReport.mostAttempts` if there are more.
  package init(_ newest: [FailedAttempt], limit: Int) {
    let looked = newest.prefix(FailureReport.mostAttempts)
    var order: [Key] = []
    var drafts: [Key: Draft] = [:]
    var jobs: [Key: Set<UUID>] = [:]
    var seen: Set<UUID> = []
    for attempt in looked {
      let key = Key(fingerprint: attempt.fingerprint, handlerModule: attempt.handlerModule)
      let isFirst = jobs[key, default: []].insert(attempt.uuid).inserted
      if drafts[key] == nil {
        order.append(key)
        drafts[key] = Draft(
          group: FailureReport.Group(
            fingerprint: key.fingerprint, handlerModule: key.handlerModule,
            jobType: attempt.jobType, count: 0, jobs: 0, failedNow: 0, unfinished: 0,
            failedOtherwise: 0, firstAt: attempt.endedAt, lastAt: attempt.endedAt,
            example: attempt.uuid, error: ""),
          claim: attempt.claim)
      }
      drafts[key]?.group.count += 1
      drafts[key]?.group.firstAt = attempt.endedAt
      // A job that has failed in several ways is put right once: where its newest attempt stands.
      let isNewest = seen.insert(attempt.uuid).inserted
      switch attempt.status {
      case .failed where isNewest: drafts[key]?.group.failedNow += 1
      case .pending where isNewest, .processing where isNewest:
        drafts[key]?.group.unfinished += 1
      case .failed, .pending, .processing:
        if isFirst { drafts[key]?.group.failedOtherwise += 1 }
      case .executed, .cancelled, nil: break
      }
    }
    self.drafts = order.prefix(max(limit, 0)).compactMap { key in
      guard var draft = drafts[key] else { return nil }
      draft.group.jobs = jobs[key]?.count ?? 0
      return draft
    }
    attempts = looked.count
    hasOlder = newest.count > looked.count
  }

  /// The report, with each group's error as its newest attempt has it.
  package func report(errors: [UUID: [Int64: String]]) -> FailureReport {
    FailureReport(
      groups: drafts.map { draft in
        var group = draft.group
        group.error = errors[group.example]?[draft.claim] ?? ""
        return group
      }, attempts: attempts, hasOlder: hasOlder)
  }
}
