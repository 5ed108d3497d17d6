import Logging

/// What the main loop remembers from turn to turn.
struct Loop: Sendable {
  /// For a sweep: the time up to which jobs are due.
  var dueBy: Instant?
  /// Ended attempts that are not on their way to the store.
  var unsettled: [Ended] = []
  /// Ended attempts whose rows somebody else has locked.
  private(set) var heldUp: [Ended] = []
  /// The uptime at which they are sent again.
  private var nextTry: Duration?
  /// Exchanges that are, by number.
  private(set) var flights: [Int: Flight] = [:]
  private var lastFlight = 0
  /// The uptime of the next look at the store if nothing happens before.
  private var nextCheck: Duration
  /// The uptime at which the next job becomes due, as the newest claim saw it.
  private var nextDue: Duration?
  /// Something may have become due since the last departure.
  var isWoken = false
  /// Claims whose end the store won't take in any form.
  var refused: Set<Fence> = []
  /// A store call failed, so a claim of ours may stand there that we don't know of.
  var isUnsure = false
  /// The uptime of the next look at what the store says we hold.
  var nextReconciling: Duration
  private(set) var lastClaimWasEmpty = false
  var drainDeadline: Duration?
  var leaveDeadline: Duration?
  /// Whichever of the two is next.
  var stopDeadline: Duration?
  private(set) var outage: Outage?
  var tally = Tally()

  struct Outage: Sendable {
    let since: Duration
    let pause: Duration
  }

  init(dueBy: Instant?, start: Duration, nextReconciling: Duration) {
    self.dueBy = dueBy
    nextCheck = start
    self.nextReconciling = nextReconciling
  }

  /// The uptime at which an exchange leaves even if nothing happens.
  var nextLook: Duration { min(nextCheck, nextDue ?? nextCheck, nextTry ?? nextCheck) }

  // MARK: Flights

  /// Whether an exchange should leave now.
  func isTimeToLeave(at uptime: Duration) -> Bool {
    guard let flight = flights.values.first else {
      return isWoken || uptime >= nextLook || (outage == nil && !unsettled.isEmpty)
    }
    return outage == nil && flights.count < Flight.most && unsettled.count >= flight.enoughBeside
  }

  /// How many more attempts have to end before one should leave.
  var enough: Int {
    guard outage == nil, flights.count < Flight.most else { return .max }
    return max((flights.values.first?.enoughBeside ?? 1) - unsettled.count, 1)
  }

  /// Slots that exchanges under way have asked for.
  var asked: [QueueLimits] { flights.values.compactMap { $0.request?.free } }

  /// How many jobs an exchange may carry and ask for in each queue. What a store can't do in time as
  /// one transaction, a thousand jobs with a mebibyte of args each, it can in smaller ones.
  private(set) var batchLimit = Int.max

  /// A batch went through: bigger ones may. When it was the limit that kept a claim small, there may be
  /// more to claim at once.
  private mutating func noteBatch(of flight: Flight, claimed: Int) {
    guard flight.size >= batchLimit else { return }
    if claimed >= batchLimit { isWoken = true }
    batchLimit = batchLimit.addingSaturated(max(batchLimit / 8, 1))
  }

  /// What the next exchange takes along.
  var nextBatch: ArraySlice<Ended> { unsettled.prefix(batchLimit) }

  /// Takes the next batch along; answers with the exchange's number.
  mutating func depart(asking request: ClaimRequest?, at uptime: Duration) -> Int {
    lastFlight += 1
    let batch = nextBatch
    flights[lastFlight] = Flight(
      settlements: Array(batch), request: request, departedAt: uptime)
    unsettled.removeFirst(batch.count)
    isWoken = false
    nextDue = nil
    return lastFlight
  }

  /// The exchange of that number has come back, with or without an answer.
  mutating func land(_ number: Int) -> Flight? { flights.removeValue(forKey: number) }

  /// The store has answered; without news the next leaves when `recheck` is
  /// over or a job is due.
  mutating func noteSuccess(_ exchange: Exchange, of flight: Flight, recheck: Duration) {
    outage = nil
    noteBatch(of: flight, claimed: exchange.claimed.count)
    lastClaimWasEmpty =
      flight.request != nil && exchange.claimed.isEmpty && !exchange.isPartial
    nextCheck = flight.departedAt + recheck
    guard flight.request != nil else { return }
    nextDue = exchange.nextDue.map { flight.departedAt + ($0 - exchange.now) }
  }

  // MARK: Locked rows

  /// Trying costs the others of its exchange half a second, so it isn't done all the time.
  static let pauseWhenLocked = Duration.seconds(5)

  var isHeldUp: Bool { !heldUp.isEmpty }

  /// Keeps ends for later.
  mutating func putOff(_ ended: [Ended], at uptime: Duration) {
    guard !ended.isEmpty else { return }
    heldUp += ended
    nextTry = uptime + Loop.pauseWhenLocked
  }

  /// Puts them back among the others when their time has come.
  mutating func takeUp(at uptime: Duration) {
    guard let time = nextTry, uptime >= time else { return }
    unsettled += heldUp
    heldUp = []
    nextTry = nil
  }

  // MARK: Outages

  /// The exchange has failed: the next ones are smaller.
  mutating func noteFailure(of flight: Flight) {
    batchLimit = max(min(batchLimit, flight.size) / 2, 1)
  }

  /// The store has failed: it is tried again later, sooner at first.
  mutating func noteFailure(_ error: StoreError, at uptime: Duration, _ logger: Logger) {
    isUnsure = true
    if let known = outage {
      outage = Outage(since: known.since, pause: min(known.pause * 2, .seconds(5)))
    } else {
      // Once per outage, not once per try.
      logger.error("The store can't be used; running jobs go on and it is tried again: \(error)")
      outage = Outage(since: uptime, pause: .milliseconds(100))
    }
    nextCheck = uptime + (outage?.pause ?? .zero)
    nextDue = nil
  }
}

extension Ended {
  /// The same end said in the plainest way, for a store that won't take it as it is; nil when it was
  /// plain already.
  func simplified(_ why: String) -> Ended? {
    let plain = StoredText.error("the outcome could not be stored: \(why)")
    if case .fail(let error) = settlement.transition, error.hasPrefix("the outcome could not") {
      return nil
    }
    guard let attempt = Attempt(running: job) else { return nil }
    return Ended(
      settlement: Settlement(
        fence: settlement.fence, transition: .fail(error: plain), attempt: attempt),
      job: job)
  }
}

/// How many attempts a run of the engine has brought to which end.
public struct Tally: Sendable, Hashable {
  /// Attempts whose job was executed.
  public private(set) var executed = 0
  /// Attempts that failed, whether or not the job is tried again.
  public private(set) var failed = 0
  /// Attempts that ended otherwise: snoozed, released, cancelled.
  public private(set) var other = 0

  public init() {}

  package mutating func add(_ other: Tally) {
    executed += other.executed
    failed += other.failed
    self.other += other.other
  }

  mutating func add(_ outcome: AttemptOutcome) {
    switch outcome {
    case .ok: executed += 1
    case .error: failed += 1
    case .snooze, .release, .cancel, .lost: other += 1
    }
  }
}
