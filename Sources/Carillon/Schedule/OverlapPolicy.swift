/// What becomes of an occurrence whose time comes while an earlier job of its schedule hasn't ended.
///
/// A job that waits for another try hasn't ended. What a misfire policy catches up and what a backfill
/// makes is never skipped for an overlap: unless the policy is `allow`, it waits for its turn.
public enum OverlapPolicy: String, Sendable, Hashable, Codable, CaseIterable {
  /// It is noted as skipped.
  case skip
  /// It waits for the end of the earlier one, if none waits yet; otherwise it is skipped.
  case bufferOne = "buffer_one"
  /// It waits for its turn, behind at most `mostWaiting` others.
  case bufferAll = "buffer_all"
  /// The earlier ones are cancelled, and it begins when they have ended.
  case cancelOther = "cancel_other"
  /// It runs beside the earlier ones.
  case allow

  /// Jobs of one schedule that wait for their turn at most; further occurrences are skipped.
  public static let mostWaiting = 1_000
}
