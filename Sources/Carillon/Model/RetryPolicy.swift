/// How long a failed job waits for its next attempt.
public struct RetryPolicy: Sendable {
  /// A day: no delay is longer.
  public static let longest = Duration.seconds(86_400)

  /// What a policy may look at.
  public struct Failure: Sendable {
    /// Failures so far, this one included: 1 after the first.
    public let failures: Int
    public let error: String

    public init(failures: Int, error: String) {
      self.failures = failures
      self.error = error
    }
  }

  private let baseDelay: @Sendable (Failure) -> Duration
  private let jitter: Double

  /// A policy of its own: `delay` is cut to 0…1 day, then moved by up to ±`jitter` of itself.
  public init(jitter: Double = 0.1, delay: @escaping @Sendable (Failure) -> Duration) {
    baseDelay = delay
    self.jitter = jitter.isFinite ? min(max(jitter, 0), 1) : 0
  }

  /// 15 s + 2^n s, ±10 %, at most a day; n = failures so far.
  public static let standard = RetryPolicy { failure in
    .seconds(15) + .seconds(powerOfTwo(failure.failures))
  }

  /// Always the same delay.
  public static func fixed(_ delay: Duration) -> RetryPolicy {
    RetryPolicy(jitter: 0) { _ in delay }
  }

  /// `base` × 2^(n-1), ±10 %, at most `cap`; n = failures so far.
  public static func exponential(base: Duration, cap: Duration = longest) -> RetryPolicy {
    RetryPolicy { failure in
      let scaled = min(base, longest) * Double(powerOfTwo(failure.failures - 1))
      return min(scaled, cap)
    }
  }

  /// The delay after `failure`. `random` is in 0..<1 and places it within the jitter.
  public func delay(after failure: Failure, random: Double) -> Duration {
    let base = min(max(baseDelay(failure), .zero), RetryPolicy.longest)
    guard jitter > 0 else { return base }
    return min(base * (1 + jitter * (2 * random - 1)), RetryPolicy.longest)
  }

  /// 2^n seconds, from 1 to 2^17 (more than a day): never overflows.
  private static func powerOfTwo(_ exponent: Int) -> Int {
    1 << min(max(exponent, 0), 17)
  }
}
