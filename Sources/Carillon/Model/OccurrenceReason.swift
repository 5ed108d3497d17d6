/// Why an occurrence gets its job.
public enum OccurrenceReason: String, Sendable, Hashable, Codable, CaseIterable {
  case onTime = "on_time"
  /// It was missed, and the misfire policy fires it after all.
  case catchUp = "catch_up"
  /// Somebody asked for a past range.
  case backfill
  /// Somebody asked for a run now.
  case manual
}
