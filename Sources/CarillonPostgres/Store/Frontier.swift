import Carillon
import Foundation

/// Before which place, in each level of ready jobs, nothing is left to claim, as far as this process
/// knows.
///
/// PostgreSQL keeps an index entry of every job that was claimed until vacuum clears it away, and
/// vacuum waits for the oldest open transaction. Beside a report that runs for an hour a claim would
/// step over the entries of that hour, every time, and the more it steps over the fewer jobs it
/// claims. So a look that goes from the very beginning says what that cost. While it costs next to
/// nothing all looks do, and there is nothing to know. While it is dear, claims begin where earlier
/// ones have left off, and a look from the beginning comes now and then: what others put before that
/// place, or on a level that had none, is claimed by then.
struct Frontier: Sendable {
  typealias Level = ReadyJobs.Level

  /// Whose jobs a look is for. Each has looks from the beginning of its own, for those of others pass
  /// over its handlers and its queue.
  fileprivate struct Scope: Hashable {
    let keys: Set<HandlerKey>
    /// Nil for all.
    let queue: String?

    /// All that a request is for, or only where it has room.
    static func all(of request: ClaimRequest, withRoom: Bool) -> [Scope] {
      switch request.free {
      case .all(let room): withRoom && room <= 0 ? [] : [Scope(keys: request.keys, queue: nil)]
      case .each(let rooms):
        rooms.filter { !withRoom || $0.value > 0 }.map { Scope(keys: request.keys, queue: $0.key) }
      }
    }
  }

  /// One look: what it may go by, and what it is to find out.
  struct Look: Sendable {
    /// Nil: it goes from the very beginning.
    let known: Known?
    /// Whether it is to ask what is left.
    let asksForTheRest: Bool
    fileprivate let request: ClaimRequest?
    fileprivate let generation: Int
    fileprivate let beganAt: Duration
  }

  /// What a walk costs that is dear.
  static let dear = Duration.milliseconds(1)
  /// What a level costs that has nothing to step over.
  private static let level = Duration.microseconds(5)
  /// So many times what it costs passes from one look from the beginning to the next. Each walks up to
  /// four times: to see whether there is anything, for the levels, for the jobs, and for what is left.
  private static let share = 60
  private static let longest = Duration.seconds(3)
  /// Looks from the beginning never take more than a quarter of the time, however dear they are.
  private static let leastShare = 12
  /// For so long a place must have been passed before claims begin there: other processes may have
  /// stored jobs before it and not yet committed.
  static let lag = Duration.milliseconds(100)
  /// For so long a level is looked at after it was last known to have jobs: others may store more.
  private static let memory = Duration.seconds(60)
  private static let mostLevels = 1_000
  /// So many sets of handlers are told apart: which have room changes all the time.
  private static let mostSets = 32
  private static let mostScopes = 1_000
  private static let mostNotes = 4_096

  private var known = Known()
  /// What this process has made ready, in order of time: a look that is under way may have missed it.
  private var notes: [(at: Duration, level: Level, position: Position)] = []
  /// Since when nothing is missing there.
  private var notesBegin = Duration.zero
  /// Of the last two looks from the beginning: one alone may have been kept waiting.
  private var costs = (Duration.zero, Duration.zero)
  /// When each last looked from the beginning. Empty when anything may have changed.
  private var anew: [Scope: Duration] = [:]
  /// How many sets of handlers look from the beginning.
  private var setsAnew = 0
  private var generation = 0
  private let least: Duration

  /// - Parameter least: what a look from the beginning is taken to cost at least, for tests.
  init(least: Duration = .zero) { self.least = least }

  /// What a look from the beginning costs.
  private var cost: Duration { max(min(costs.0, costs.1), least) }
  private var pause: Duration {
    let all = cost * max(setsAnew, 1)
    return max(min(all * Frontier.share, Frontier.longest), all * Frontier.leastShare)
  }

  // MARK: Going by it

  /// - Parameters:
  ///   - now: of a clock that only goes forward, like all times here that aren't jobs'.
  ///   - isExact: whether nothing may be missed.
  func look(for request: ClaimRequest?, at now: Duration, isExact: Bool) -> Look {
    let isDear = cost >= Frontier.dear
    var isKnown = isDear && !isExact && !known.places.isEmpty
    if isKnown, let request {
      let pause = pause
      isKnown = Scope.all(of: request, withRoom: true).allSatisfy { scope in
        anew[scope].map { now - $0 < pause } ?? false
      }
    }
    return Look(
      known: isKnown ? known : nil, asksForTheRest: isDear, request: request,
      generation: generation, beganAt: now)
  }

  /// See `Known`.
  func start(_ level: Level, _ keys: Set<HandlerKey>) -> Position? { known.start(level, keys) }

  /// See `Known`.
  func levels(of queues: QueueLimits) -> Set<Level> { known.levels(of: queues) }

  // MARK: Knowing more

  /// Takes in the levels that a walk from the beginning found, and what it cost; nil when it didn't go
  /// all the way. Nothing has been claimed by it yet.
  mutating func found(_ found: Set<Level>, by look: Look, cost: Duration?) {
    if let cost { costs = (costs.1, max(cost - Frontier.level * found.count, .zero)) }
    guard look.generation == generation else { return }
    for level in found {
      known.levels[level] = max(known.levels[level] ?? look.beganAt, look.beganAt)
    }
    known.levels = known.levels.filter { $0.value >= look.beganAt - Frontier.memory }
    if known.places.count > Frontier.mostLevels {
      known.places = known.places.filter { known.levels[$0.key] != nil }
    }
  }

  /// A walk from the beginning has met gates. What they keep back and let go isn't known by handlers
  /// alone, so all is to be looked for anew when they are gone.
  mutating func metGates(cost: Duration) {
    costs = (costs.1, cost)
    forget()
  }

  private mutating func hasLookedAnew(_ look: Look, at scopes: [Scope]) {
    let isNew = scopes.contains { anew[$0] == nil }
    for scope in scopes { anew[scope] = max(anew[scope] ?? look.beganAt, look.beganAt) }
    guard isNew else { return }
    let oldest = look.beganAt - max(Frontier.memory, pause)
    anew = anew.filter { $0.value >= oldest }
    if anew.count > Frontier.mostScopes { anew = [:] }
    setsAnew = Set(anew.keys.map(\.keys)).count
  }

  /// A claim has been committed. Takes in where the first job of these handlers stands that it left on
  /// a level, as of `time`.
  mutating func left(
    _ positions: [Level: Position], for keys: Set<HandlerKey>, asOf time: Instant, by look: Look,
    at now: Duration
  ) {
    guard look.generation == generation, look.beganAt >= notesBegin else { return }
    if look.known == nil {
      for (level, position) in positions { goBack(to: position, on: level, for: keys, at: now) }
    }
    pass(positions, for: keys, asOf: time, by: look, at: now)
    // All its levels have been walked, also where there was no room.
    if look.known == nil, let request = look.request {
      hasLookedAnew(look, at: Scope.all(of: request, withRoom: false))
    }
  }

  /// A look from the beginning has seen a job that others have put before where claims begin: those
  /// that are under way go by the old place, and other sets of handlers may have passed it too.
  private mutating func goBack(
    to position: Position, on level: Level, for keys: Set<HandlerKey>, at now: Duration
  ) {
    guard var sets = known.places[level] else { return }
    let passed = sets.filter { !$0.key.isDisjoint(with: keys) && position < $0.value.latest }
    guard !passed.isEmpty else { return }
    for (set, place) in passed { sets[set] = place.back(to: position, at: now) }
    known.places[level] = sets
    append(level, position, at: now)
  }

  private mutating func pass(
    _ positions: [Level: Position], for keys: Set<HandlerKey>, asOf time: Instant, by look: Look,
    at now: Duration
  ) {
    guard look.generation == generation, look.beganAt >= notesBegin else { return }
    var positions = positions
    for note in notes.reversed() {
      guard note.at >= look.beganAt else { break }
      positions[note.level] = positions[note.level].map { min($0, note.position) }
    }
    for (level, position) in positions {
      var sets = known.places[level] ?? [:]
      if let place = sets[keys] {
        sets[keys] = place.passing(position, at: now)
      } else {
        // The one for most handlers serves the others too.
        if sets.count >= Frontier.mostSets,
          let most = sets.max(by: { $0.key.count < $1.key.count })
        {
          sets = [most.key: most.value]
        }
        // What is being stored at this time may be committed later.
        let settled = min(position, Position(before: time - Frontier.lag))
        sets[keys] = Place(settled: settled, latest: position, latestAt: now)
      }
      known.places[level] = sets
    }
  }

  /// Nothing of these handlers was due at `time` on any level of the queues with room.
  mutating func nothingDue(
    at time: Instant, _ request: ClaimRequest, by look: Look, now: Duration
  ) {
    let room = ClaimSelection(request)
    let position = Position(before: time)
    // One that was found meanwhile hasn't been looked at.
    let levels = (look.known ?? known).levels
      .filter { $0.value <= look.beganAt && room.room(in: $0.key.queue) > 0 }
    if look.known == nil, look.generation == generation {
      hasLookedAnew(look, at: Scope.all(of: request, withRoom: true))
    }
    pass(
      Dictionary(levels.keys.map { ($0, position) }, uniquingKeysWith: { $1 }), for: request.keys,
      asOf: time, by: look, at: now)
  }

  /// These jobs are to be claimed again, or for the first time.
  mutating func note(_ jobs: [Job], at now: Duration) {
    var first: [Level: Position] = [:]
    for job in jobs where job.status == .pending && job.hold == nil {
      let level = Level(queue: job.queue, priority: job.priority)
      first[level] = min(first[level] ?? Position(job), Position(job))
    }
    for (level, position) in first { note(level, position, at: now) }
  }

  mutating func note(_ level: Level, _ position: Position, at now: Duration) {
    known.note(level, position, at: now)
    // Only claims clear away what was long ago, and this process may make none.
    if known.levels.count > Frontier.mostLevels { forget() }
    append(level, position, at: now)
  }

  private mutating func append(_ level: Level, _ position: Position, at now: Duration) {
    notes.append((now, level, position))
    if notes.count > Frontier.mostNotes {
      notesBegin = notes[Frontier.mostNotes / 2].at
      notes.removeFirst(Frontier.mostNotes / 2)
    }
  }

  /// Anything may have become ready, anywhere.
  mutating func forget() {
    generation += 1
    known = Known()
    anew = [:]
    setsAnew = 0
  }
}
