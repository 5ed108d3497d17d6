import Foundation
import Synchronization

/// Runs Swift tasks one at a time on the thread that asks, in an order that follows from a seed.
///
/// Whatever tasks do among each other (task groups, actors, streams, continuations) then happens in
/// the same order each time, as long as nothing wakes them from outside: no real sleep, no other
/// thread, no unordered collection whose order matters.
///
///     let executor = SeededExecutor(seed: 42)
///     let task = Task(executorPreference: executor.lane("node 1")) { await work() }
///     while executor.step() {}
public final class SeededExecutor: TaskExecutor {
  private struct Ready: Sendable {
    let job: UnownedJob
    let lane: Lane
  }

  private struct State {
    var generator: SplitMix64
    var ready: [Ready] = []
    /// Jobs of lanes that stand still, by lane.
    var held: [Int: [Ready]] = [:]
    var lanes = 0
    var driver: ObjectIdentifier?
    var strays = 0
    var steps = 0
    var digest: UInt64 = 0
  }

  private let state: Mutex<State>

  public init(seed: UInt64) {
    state = Mutex(State(generator: SplitMix64(seed: seed, stream: 1)))
  }

  /// A part of the executor whose tasks can be made to stand still together: a simulated process.
  public final class Lane: TaskExecutor {
    public let name: String
    let number: Int
    private let executor: SeededExecutor

    fileprivate init(_ name: String, _ number: Int, _ executor: SeededExecutor) {
      self.name = name
      self.number = number
      self.executor = executor
    }

    public func enqueue(_ job: consuming ExecutorJob) {
      executor.add(UnownedJob(job), to: self)
    }

    /// Lets none of the lane's tasks run until `thaw`, as if the process were stopped.
    public func freeze() { executor.freeze(self) }

    /// Lets the lane's tasks run again.
    public func thaw() { executor.thaw(self) }
  }

  public func lane(_ name: String) -> Lane {
    let number = state.withLock { state in
      state.lanes += 1
      return state.lanes
    }
    return Lane(name, number, self)
  }

  /// Tasks without a lane of their own.
  public func enqueue(_ job: consuming ExecutorJob) {
    add(UnownedJob(job), to: Lane("", 0, self))
  }

  /// Runs one ready job of those that may run; answers false when there is none.
  public func step() -> Bool {
    let next: Ready? = state.withLock { state in
      if state.driver == nil { state.driver = ObjectIdentifier(Thread.current) }
      guard !state.ready.isEmpty else { return nil }
      let count = state.ready.count
      let index = count == 1 ? 0 : state.generator.below(count)
      state.ready.swapAt(index, count - 1)
      let next = state.ready.removeLast()
      state.steps += 1
      state.digest = SplitMix64.mixed(
        state.digest ^ UInt64(next.lane.number << 32 | count << 16 | index))
      return next
    }
    guard let next else { return false }
    next.job.runSynchronously(on: next.lane.asUnownedTaskExecutor())
    return true
  }

  /// Jobs run so far.
  public var steps: Int { state.withLock(\.steps) }

  /// Equal for runs that made the same choices among the same numbers of ready jobs.
  public var digest: UInt64 { state.withLock(\.digest) }

  /// Jobs that came from a thread other than the driving one: each makes the run unrepeatable.
  public var strays: Int { state.withLock(\.strays) }

  private func add(_ job: UnownedJob, to lane: Lane) {
    let thread = ObjectIdentifier(Thread.current)
    state.withLock { state in
      if let driver = state.driver, driver != thread { state.strays += 1 }
      let ready = Ready(job: job, lane: lane)
      if state.held[lane.number] != nil {
        state.held[lane.number]?.append(ready)
      } else {
        state.ready.append(ready)
      }
    }
  }

  private func freeze(_ lane: Lane) {
    state.withLock { state in
      guard state.held[lane.number] == nil else { return }
      state.held[lane.number] = state.ready.filter { $0.lane.number == lane.number }
      state.ready.removeAll { $0.lane.number == lane.number }
    }
  }

  private func thaw(_ lane: Lane) {
    state.withLock { state in
      state.ready += state.held.removeValue(forKey: lane.number) ?? []
    }
  }
}
