public import Foundation

/// What became of one occurrence of a schedule; all of them are its history.
///
/// Unique by schedule and nominal time in every store: that is what keeps an occurrence from firing
/// twice, whoever tries.
public struct OccurrenceRecord: Sendable, Hashable {
  public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
    /// It has a job.
    case fired
    /// Another job of the schedule hadn't ended.
    case skipped
    /// Its time, and that of `count` in all from it on, passed unnoticed, and the misfire policy
    /// doesn't want it caught up.
    case missed
  }

  public let scheduleUUID: UUID
  public let nominalAt: Instant
  public let outcome: Outcome
  /// Why it fired; nil when it didn't.
  public let occurrenceReason: OccurrenceReason?
  /// The job, which may have been pruned since; nil when it didn't fire.
  public let jobUUID: UUID?
  /// In words, why it didn't fire.
  public let why: String?
  /// Occurrences that it stands for: one, or those of a time in which all were missed.
  public let count: Int
  public let notedAt: Instant

  public init(
    scheduleUUID: UUID, nominalAt: Instant, outcome: Outcome,
    occurrenceReason: OccurrenceReason? = nil, jobUUID: UUID? = nil, why: String? = nil,
    count: Int = 1, notedAt: Instant
  ) {
    self.scheduleUUID = scheduleUUID
    self.nominalAt = nominalAt
    self.outcome = outcome
    self.occurrenceReason = occurrenceReason
    self.jobUUID = jobUUID
    self.why = why
    self.count = count
    self.notedAt = notedAt
  }

  /// The record as JSON, under its column names.
  public var jsonValue: JSONValue {
    .object([
      "schedule_uuid": .string(scheduleUUID.text),
      "nominal_at": JSONValue(nominalAt),
      "outcome": .string(outcome.rawValue),
      "occurrence_reason": JSONValue(occurrenceReason?.rawValue),
      "job_uuid": JSONValue(jobUUID?.text),
      "why": JSONValue(why),
      "count": JSONValue(count),
      "noted_at": JSONValue(notedAt),
    ])
  }
}
