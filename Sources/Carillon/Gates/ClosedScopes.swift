/// The scopes that are closed at one instant: what a claim has to know.
package struct ClosedScopes: Sendable, Hashable {
  /// Jobs that one transaction holds, and that one frees.
  package static let batch = 2_000
  /// How long a pause that is over stays: by then no transaction is under way that has seen it closed
  /// and holds jobs for it.
  package static let linger = Duration.seconds(120)

  package internal(set) var queues: Set<String> = []
  private(set) var handlers: Set<String> = []
  private(set) var resourceTypes: Set<String> = []
  /// When the first of them opens, as far as one can tell.
  package private(set) var opensAt: Instant?
  /// Whether there are pauses that have been over for so long that their rows may go.
  package private(set) var areOver = false
  /// Whether any gate may have held jobs, or may still.
  package private(set) var mayHold = false

  package init() {}

  /// Nothing is closed, and no gate there that might be.
  package static let none = ClosedScopes()

  package mutating func close(_ scope: GateScope, until opening: Instant?) {
    switch scope {
    case .queue(let name): queues.insert(name)
    case .handler(let name): handlers.insert(name)
    case .resourceType(let name): resourceTypes.insert(name)
    }
    if let opening { opensAt = min(opensAt ?? opening, opening) }
  }

  package mutating func note(_ scope: GateScope?) {
    mayHold = mayHold || scope?.holdsJobs ?? false
  }

  package mutating func noteOver(since: Instant, at now: Instant) {
    areOver = areOver || now - since >= ClosedScopes.linger
  }

  /// Whether jobs of this key are to be held.
  ///
  /// - Parameter aliases: handlers' names by their older ones.
  package func closes(_ key: HandlerKey, aliases: [String: String] = [:]) -> Bool {
    resourceTypes.contains(key.resourceType) || handlers.contains(key.handlerModule)
      || aliases[key.handlerModule].map(handlers.contains) ?? false
  }

  /// Whether any job is to be held.
  package var closesKeys: Bool { !handlers.isEmpty || !resourceTypes.isEmpty }
}
