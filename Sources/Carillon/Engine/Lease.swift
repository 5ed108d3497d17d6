/// What a node knows of its own lease, by its own monotonic clock: a value, moved by events.
struct Lease: Sendable, Hashable {
  let duration: Duration
  let interval: Duration
  /// When the newest successful renewal was asked for; the store counts from a moment after it.
  private(set) var renewedAt: Duration
  /// Since when renewals have come without a gap.
  private(set) var unbrokenSince: Duration

  init(duration: Duration, interval: Duration, startedAt uptime: Duration) {
    self.duration = duration
    self.interval = interval
    renewedAt = uptime
    unbrokenSince = uptime
  }

  /// A renewal asked for at `uptime` has succeeded.
  mutating func renew(askedAt uptime: Duration) {
    if uptime - renewedAt > interval * 2 { unbrokenSince = uptime }
    renewedAt = max(renewedAt, uptime)
  }

  /// A renewal has failed.
  mutating func fail(at uptime: Duration) { unbrokenSince = uptime }

  var expiresAt: Duration { renewedAt + duration }

  func isExpired(at uptime: Duration) -> Bool { uptime >= expiresAt }

  /// Whether renewals have come without a gap from `start` until `uptime`.
  func isUnbroken(from start: Duration, to uptime: Duration) -> Bool {
    unbrokenSince <= start && uptime - renewedAt <= interval * 2
  }
}

/// Who may be rescued: watches nodes whose lease has run out for a grace time of its own.
///
/// Two steps, so that a store outage, a suspended host or a clock jump doesn't double everything: an
/// expired node is first a suspect; it is rescued only if it hasn't renewed after the grace, by the
/// watcher's monotonic clock, and only by a watcher whose own renewals were unbroken meanwhile.
struct RescueWatch: Sendable {
  private struct Suspicion {
    let beats: Int64
    let since: Duration
  }

  private let grace: Duration
  private var suspects: [Node: Suspicion] = [:]

  init(grace: Duration) { self.grace = grace }

  /// The nodes to rescue now, from a look at all of them.
  ///
  /// - Parameters:
  ///   - nodes: as the store shows them at `storeNow`.
  ///   - asked: when the look was begun.
  ///   - answered: when it was over. A suspicion counts from here: a look that hung in the store says
  ///     nothing about the time before.
  ///   - own: the watcher's lease.
  mutating func look(
    at nodes: [Node], storeNow: Instant, asked: Duration, answered: Duration, own: Lease
  ) -> [Node] {
    var current: [Node: Suspicion] = [:]
    var ripe: [Node] = []
    for node in nodes where node.leaseExpiresAt <= storeNow {
      // A node with another lease is another key: a renewal ends the suspicion.
      var suspicion = suspects[node] ?? Suspicion(beats: node.beats, since: answered)
      if !own.isUnbroken(from: suspicion.since, to: answered) {
        suspicion = Suspicion(beats: node.beats, since: answered)
      }
      current[node] = suspicion
      if asked - suspicion.since >= grace { ripe.append(node) }
    }
    suspects = current
    return ripe
  }
}
