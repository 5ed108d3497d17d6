import Foundation

/// What a handler says its attempt came to.
///
///     return .ok
///     return .ok(["path": url.path])
///     return .error("not_found")
///     return .retry(after: .seconds(30), reason: "busy")
///     return .snooze(.seconds(60))
///     return .cancel("the post was deleted")
public struct Outcome: Sendable {
  /// The cases, for those who have to tell them apart.
  public enum Kind: Sendable {
    case ok(result: (any Encodable & Sendable)?)
    case error(reason: String)
    case retry(after: Duration, reason: String)
    case snooze(Duration)
    case cancel(reason: String)
  }

  public let kind: Kind

  /// Done.
  public static let ok = Outcome(kind: .ok(result: nil))

  /// Done, and `result` is kept with the job as JSON, up to 64 KiB.
  public static func ok(_ result: some Encodable & Sendable) -> Outcome {
    Outcome(kind: .ok(result: result))
  }

  /// The attempt failed: it is tried again while attempts < max_attempts.
  public static func error(_ reason: String) -> Outcome {
    Outcome(kind: .error(reason: reason))
  }

  /// The attempt failed; if one is left, the next starts after `delay`.
  public static func retry(after delay: Duration, reason: String) -> Outcome {
    Outcome(kind: .retry(after: delay, reason: reason))
  }

  /// Not now: the job runs again after `delay` and no attempt is spent. Counted, and capped.
  public static func snooze(_ delay: Duration) -> Outcome {
    Outcome(kind: .snooze(delay))
  }

  /// The job ends here, without another try.
  public static func cancel(_ reason: String) -> Outcome {
    Outcome(kind: .cancel(reason: reason))
  }
}
