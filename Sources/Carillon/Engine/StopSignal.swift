import Synchronization

/// How far a stop has been asked for; it only ever grows.
final class StopSignal: Sendable {
  enum Stage: Int, Sendable, Comparable {
    case none
    /// Claim nothing more; what runs may end in its own time.
    case drain
    /// Cancel what runs.
    case now

    static func < (lhs: Stage, rhs: Stage) -> Bool { lhs.rawValue < rhs.rawValue }
  }

  private let reached = Mutex(Stage.none)
  /// For handlers.
  let flag = ShutdownFlag()

  var stage: Stage { reached.withLock { $0 } }

  func raise(to stage: Stage) {
    reached.withLock { $0 = max($0, stage) }
    flag.raise()
  }
}
