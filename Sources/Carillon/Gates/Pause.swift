/// Closes a gate until it is resumed, or by itself until a time.
public struct Pause: Sendable, Hashable {
  public let scope: GateScope
  public let since: Instant
  /// When it ends by itself; nil for not before somebody resumes it.
  public let until: Instant?
  /// Who: `ada@host`, or a token's name.
  public let by: String?
  public let reason: String?

  public init(
    scope: GateScope, since: Instant, until: Instant? = nil, by: String? = nil,
    reason: String? = nil
  ) {
    self.scope = scope
    self.since = since
    self.until = until
    self.by = by
    self.reason = reason
  }

  /// Whether it closes its gate at `now`.
  public func isClosed(at now: Instant) -> Bool { until.map { $0 > now } ?? true }
}
