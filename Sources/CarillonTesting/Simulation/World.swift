import Carillon
import Foundation

/// Everything that one seed's run consists of.
///
/// @unchecked: touched only by the thread that drives the executor.
final class World: @unchecked Sendable {
  let seed: UInt64
  let setting: Setting
  let time = VirtualTime()
  let executor: SeededExecutor
  /// Where calls to the store travel, and where load, nemesis and supervisors live: what no crash
  /// of a node stops.
  let outside: SeededExecutor.Lane
  let trace: Trace
  let dice: Dice
  let storeClock: VirtualClock
  private(set) lazy var invariants = Invariants(self)
  private(set) lazy var runs = RunLedger(self)
  private(set) lazy var load = Load(self)
  private(set) lazy var store = WatchedStore(makeStore(storeClock), world: self)
  private let makeStore: @Sendable (VirtualClock) -> any JobStore

  /// Every process that was ever started.
  var nodes: [SimulatedNode] = []
  /// Whether faults are still injected.
  var isRestless = true
  /// Whether nodes that end are not replaced any more.
  var isClosing = false
  /// The verdict is made; what still runs is only taken down.
  var isOver = false
  /// When the store's clock was last stepped.
  var clockSteppedAt: Duration?
  /// Whether every call to the store fails.
  var isStoreDown = false

  init(
    seed: UInt64, lines: Int,
    makeStore: @escaping @Sendable (VirtualClock) -> any JobStore
  ) {
    self.seed = seed
    self.makeStore = makeStore
    setting = Setting(seed: seed)
    executor = SeededExecutor(seed: seed)
    outside = executor.lane("outside")
    trace = Trace(time, keeping: lines)
    dice = Dice(seed: seed, stream: 3)
    storeClock = VirtualClock(time)
  }

  /// Does `body` where no fault of a node reaches it.
  @discardableResult
  func outside(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    Task(executorPreference: outside) { await body() }
  }

  func pause(_ duration: Duration) async { await time.rest(until: time.elapsed + duration) }

  var living: [SimulatedNode] { nodes.filter(\.isAlive) }
}
