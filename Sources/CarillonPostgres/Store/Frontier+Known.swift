import Carillon
import Foundation

/// What a frontier knows: values of one moment, which a look takes with it.
extension Frontier {
  /// Where a job stands within its level.
  struct Position: Hashable, Comparable, Sendable {
    let runAt: Instant
    let uuid: UUID

    init(_ job: Job) { self.init(runAt: job.runAt, uuid: job.uuid) }

    init(runAt: Instant, uuid: UUID) { (self.runAt, self.uuid) = (runAt, uuid) }

    /// Before all jobs of that time.
    init(before time: Instant) {
      self.init(runAt: time, uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    }

    static func < (one: Position, other: Position) -> Bool {
      one.runAt == other.runAt ? one.uuid.precedes(other.uuid) : one.runAt < other.runAt
    }
  }

  /// Levels, and where to begin on them.
  struct Known: Sendable {
    var levels: [Level: Duration] = [:]
    var places: [Level: [Set<HandlerKey>: Place]] = [:]

    /// The levels of these queues.
    func levels(of queues: QueueLimits) -> Set<Level> {
      Set(levels.keys.filter { queues.contains($0.queue) })
    }

    /// Before which place no job of these handlers is left; nil when that isn't known.
    func start(_ level: Level, _ keys: Set<HandlerKey>) -> Position? {
      guard let sets = places[level] else { return nil }
      if let place = sets[keys] { return place.settled }
      // Where nothing is left for more handlers, nothing is left for fewer.
      return sets.filter { $0.key.isSuperset(of: keys) }.map(\.value.settled).max()
    }

    /// Something at this place is ready, or will be.
    mutating func note(_ level: Level, _ position: Position, at now: Duration) {
      levels[level] = now
      places[level] = places[level]?.mapValues { $0.back(to: position, at: now) }
    }
  }

  /// Up to where the jobs of a set of handlers are claimed, on one level.
  struct Place {
    /// Where claims begin.
    var settled: Position
    /// Passed later.
    var latest: Position
    var latestAt: Duration

    func passing(_ position: Position, at now: Duration) -> Place {
      guard position >= latest else { return back(to: position, at: latestAt) }
      guard now - latestAt >= Frontier.lag else { return self }
      return Place(settled: latest, latest: position, latestAt: now)
    }

    func back(to position: Position, at now: Duration) -> Place {
      guard position < latest else { return self }
      return Place(settled: min(position, settled), latest: position, latestAt: now)
    }
  }
}
