/// How long to wait before the next attempt to connect: doubling, up to a bound, with chance, so that
/// a thousand clients don't come back at the same moment.
struct Backoff: Sendable {
  static let first: Duration = .milliseconds(100)
  static let most: Duration = .seconds(3)

  private(set) var failures = 0

  mutating func succeeded() { failures = 0 }

  /// From half of the doubled time to the whole of it.
  mutating func failed() -> Duration {
    failures += 1
    let doubled = Backoff.first * (1 << min(failures - 1, 10))
    return min(doubled, Backoff.most) * Double.random(in: 0.5...1)
  }
}
