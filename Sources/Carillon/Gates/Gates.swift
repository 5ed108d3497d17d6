/// All pauses and blackouts of a store: which gates are closed at an instant, why, and until when.
///
/// Jobs of a closed gate wait; those that run go on, and schedules go on firing.
public struct Gates: Sendable, Hashable {
  /// One that can't be read. Its gate counts as closed, if at least that can be told.
  public struct Unreadable: Sendable, Hashable {
    public let scope: GateScope?
    public let name: String
    public let why: String
  }

  /// Also those that are over.
  public var pauses: [Pause] = []
  public var blackouts: [Blackout] = []
  public var unreadable: [Unreadable] = []

  public init() {}

  /// No gate at all.
  public static let none = Gates()

  public var isEmpty: Bool { pauses.isEmpty && blackouts.isEmpty && unreadable.isEmpty }

  /// Without the pauses that are over at `now`.
  public func standing(at now: Instant) -> Gates {
    var gates = self
    gates.pauses.removeAll { !$0.isClosed(at: now) }
    return gates
  }

  /// What closes a scope's gate at `now`; nil when nothing does.
  public func closure(of scope: GateScope, at now: Instant) -> GateClosure? {
    let mine = of(scope)
    let pause = mine.pauses.first { $0.isClosed(at: now) }
    let closed = mine.blackouts.filter { $0.isClosed(at: now) }
    let broken = mine.unreadable.map(\.name)
    guard pause != nil || !closed.isEmpty || !broken.isEmpty else { return nil }
    return GateClosure(
      scope: scope, pause: pause, blackouts: closed.map(\.name) + broken,
      opensAt: mine.opening(after: now), reason: pause?.reason ?? closed.compactMap(\.reason).first)
  }

  /// Every gate that is closed at `now`.
  public func closures(at now: Instant) -> [GateClosure] {
    scopes.compactMap { closure(of: $0, at: now) }
  }

  /// What keeps a pending job from starting at `now`; nothing for a job of another status.
  public func closures(keeping job: Job, at now: Instant) -> [GateClosure] {
    guard job.status == .pending else { return [] }
    return job.gateScopes.compactMap { closure(of: $0, at: now) }
  }

  /// The scopes that it says something about, in order.
  public var scopes: [GateScope] {
    let all = pauses.map(\.scope) + blackouts.map(\.scope) + unreadable.compactMap(\.scope)
    return Set(all).sorted()
  }

  private func of(_ scope: GateScope) -> Gates {
    var gates = self
    gates.pauses.removeAll { $0.scope != scope }
    gates.blackouts.removeAll { $0.scope != scope }
    gates.unreadable.removeAll { $0.scope != scope }
    return gates
  }

  /// When none of them closes any more; nil when there is no telling.
  private func opening(after now: Instant) -> Instant? {
    guard unreadable.isEmpty else { return nil }
    var instant = now
    // What opens when another closes may do so for ever.
    for _ in 0..<200 {
      var latest = instant
      for pause in pauses where pause.isClosed(at: instant) {
        guard let until = pause.until else { return nil }
        latest = max(latest, until)
      }
      for blackout in blackouts {
        guard let opening = blackout.nextOpening(after: instant) else { return nil }
        latest = max(latest, opening)
      }
      if latest == instant { return instant }
      instant = latest
    }
    return nil
  }
}

extension Job {
  /// The scopes whose gates it passes through to start.
  package var gateScopes: [GateScope] {
    [.queue(queue), .handler(handlerModule), .resourceType(resourceType)]
  }
}

/// That a gate is closed, and all that is known of it.
public struct GateClosure: Sendable, Hashable {
  public let scope: GateScope
  public let pause: Pause?
  /// The names of those that close it just now.
  public let blackouts: [String]
  /// When nothing closes it any more; nil for not before somebody acts.
  public let opensAt: Instant?
  /// The pause's, or a blackout's.
  public let reason: String?

  /// `paused until 2027-03-01T09:00:00Z by ada@host: database upgrade`.
  public var words: String {
    var words: String
    if let pause {
      words = "paused since \(pause.since.wholeText)"
    } else {
      words = "closed"
    }
    if !blackouts.isEmpty {
      let names = blackouts.map { "'\($0)'" }.joined(separator: ", ")
      words += pause == nil ? " by blackout \(names)" : " and by blackout \(names)"
    }
    if let opensAt {
      words += " until \(opensAt.wholeText)"
    } else if pause != nil, pause?.until == nil {
      words += " until it is resumed"
    }
    if let by = pause?.by { words += " by \(by)" }
    if let reason { words += ": \(reason)" }
    return words
  }
}

extension Instant {
  /// To the second: `2027-03-01T09:00:00Z`.
  var wholeText: String { "\(rfc3339.prefix { $0 != "." && $0 != "Z" })Z" }
}
