import Carillon

/// What a seed makes of the cluster, its load and its faults.
///
/// Each seed switches each kind of fault on or off: a fault that is always there hides what happens
/// without it.
struct Setting: Sendable {
  var nodes: Int
  var jobs: Int
  var schedules: Int
  var configuration: SchedulerConfiguration
  /// How long load and faults go on.
  var unrest: Duration
  var isCalm: Bool
  /// How long a call is on its way, in milliseconds.
  var latency: ClosedRange<Int>
  /// Per call.
  var failsBefore: Double
  var failsAfter: Double
  var writesLate: Double
  var isSlow: Double
  /// Per outcome: somebody else has locked its row.
  var locksRow: Double
  var dropsWakeUp: Double
  /// Between two acts of the nemesis, in milliseconds.
  var pause: ClosedRange<Int>
  var acts: [Act]
  /// Whether it is also watched doing nothing. Not always: it takes as long as all else together.
  var endsIdle: Bool
  /// Whether jobs may crash their node.
  var hasPoison: Bool

  enum Act: Int, Sendable, CaseIterable {
    case crash, freeze, stop, partition, outage, skew, stepStoreClock, sweep
  }

  init(seed: UInt64) {
    var dice = SplitMix64(seed: seed, stream: 2)
    nodes = dice.within(2...4)
    jobs = dice.within(16...32)
    schedules = dice.within(0...3)
    let concurrency = dice.within(1...6)
    configuration = SchedulerConfiguration(concurrency: concurrency)
    if dice.isLucky(0.25) {
      configuration.queues = .each(["default": concurrency, "other": dice.within(1...2)])
    }
    // Faults that come and go within a minute only meet leases of seconds.
    let lease = dice.within(3...8)
    configuration.lease = .seconds(lease)
    configuration.heartbeatInterval = .milliseconds(lease * 1_000 / 4)
    configuration.rescueGrace = .milliseconds(lease * 1_000 / 2 + 500)
    configuration.watchInterval = .seconds(2)
    configuration.recheckInterval = .seconds(dice.within(2...5))
    configuration.shutdownGrace = dice.milliseconds(0...6_000)
    configuration.cancelGrace = .seconds(2)
    isCalm = dice.isLucky(0.1)
    unrest = .seconds(dice.within(15...30))
    latency = dice.element(of: [0...0, 0...0, 0...5, 0...5, 0...80]) ?? 0...0
    let isFaulty = !isCalm && dice.isLucky(0.7)
    failsBefore = isFaulty && dice.isLucky(0.6) ? 0.03 : 0
    failsAfter = isFaulty && dice.isLucky(0.6) ? 0.03 : 0
    writesLate = isFaulty && dice.isLucky(0.6) ? 0.03 : 0
    isSlow = isFaulty && dice.isLucky(0.4) ? 0.02 : 0
    locksRow = isFaulty && dice.isLucky(0.4) ? 0.1 : 0
    dropsWakeUp = isCalm ? 0 : dice.element(of: [0, 0.3, 1]) ?? 0
    pause = dice.element(of: [1_000...4_000, 3_000...10_000]) ?? 1_000...4_000
    acts = []
    for act in Act.allCases where !isCalm && dice.isLucky(0.5) { acts.append(act) }
    endsIdle = dice.isLucky(0.2)
    hasPoison = !isCalm && dice.isLucky(0.4)
    if isCalm {
      // There is always room, so that being late would be the engine's fault alone.
      configuration.queues = .all(64)
      latency = 0...1
    }
  }

  /// Within so long a dead node's jobs run elsewhere.
  var rescueBound: Duration {
    configuration.lease + configuration.rescueGrace + configuration.watchInterval * 2
  }
}
