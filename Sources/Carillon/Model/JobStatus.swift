/// Where a job is in its life.
public enum JobStatus: String, Sendable, Hashable, CaseIterable {
  /// Waits for its time, a free slot, or whatever its `hold` names.
  case pending
  /// A node has claimed it and runs its handler.
  case processing
  /// Its handler answered `.ok`.
  case executed
  /// Its attempts are spent, or nobody could run it; `reason` and `last_error` say why.
  case failed
  /// Stopped by hand, by its handler, or because it became pointless; `reason` says which.
  case cancelled

  /// Whether only an operator's reschedule or retry can move the job on.
  public var isFinal: Bool {
    switch self {
    case .pending, .processing: false
    case .executed, .failed, .cancelled: true
    }
  }
}
