package import Carillon

/// A whole cluster in one process and one thread: engines, store, load and faults, all following
/// from one seed.
///
/// A run goes through unrest, in which jobs come and things break; rest, in which everything has to
/// come to its end; idleness, in which hardly anything may happen; and a shutdown. The invariants
/// are checked all the time. The same seed gives the same run, in any process.
package struct Simulation: Sendable {
  /// What a seed came to.
  package struct Verdict: Sendable {
    package let seed: UInt64
    /// The first invariant that was broken; nil if none was.
    package let violation: String?
    /// Equal for runs in which the same things happened at the same times.
    package let hash: UInt64
    /// Executor jobs and virtual time that it took.
    package let steps: Int
    package let elapsed: Duration
    /// The newest events, if they were asked for.
    package let trace: String
  }

  private let makeStore: @Sendable (VirtualClock) -> any JobStore

  /// - Parameter store: makes the store that all nodes share; it must do without threads and time of
  ///   its own.
  package init(
    store: @escaping @Sendable (VirtualClock) -> any JobStore = { MemoryStore(clock: $0) }
  ) {
    makeStore = store
  }

  /// Runs a seed on the calling thread.
  ///
  /// - Parameter lines: how many of the newest events to keep as text.
  package func run(seed: UInt64, lines: Int = 0) -> Verdict {
    let world = World(seed: seed, lines: lines, makeStore: makeStore)
    let play = world.outside { await Play(world: world).run() }
    var isDone = false
    let invariants = world.invariants
    while invariants.violation == nil, !isDone {
      if !world.executor.step(), !world.time.advance() { isDone = true }
      if world.isOver { isDone = true }
      invariants.expect(world.executor.strays == 0, "something woke a task from outside")
      invariants.expect(world.executor.steps < 2_000_000, "it goes on and on")
    }
    invariants.expect(world.isOver, "everything waits for something that never comes")
    let verdict = Verdict(
      seed: seed, violation: invariants.violation,
      hash: world.trace.hash ^ world.executor.digest, steps: world.executor.steps,
      elapsed: world.time.elapsed, trace: world.trace.text)
    takeDown(world, play)
    return verdict
  }

  /// Lets every task end, so that a thousand seeds leave nothing behind.
  private func takeDown(_ world: World, _ play: Task<Void, Never>) {
    world.isOver = true
    play.cancel()
    for node in world.nodes { node.takeDown() }
    var steps = 0
    while steps < 500_000, world.executor.step() || world.time.advance() { steps += 1 }
    world.nodes = []
  }
}
