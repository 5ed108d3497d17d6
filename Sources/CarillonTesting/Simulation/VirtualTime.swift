import Synchronization

/// Time that passes only when nothing else is left to do: the sleepers of a simulation, and how far
/// it has come.
public final class VirtualTime: Sendable {
  private struct Sleeper {
    let deadline: Duration
    let number: Int
    let waiter: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var elapsed = Duration.zero
    /// By deadline, the next one last; of one deadline the oldest last.
    var sleepers: [Sleeper] = []
    var cancelled: Set<Int> = []
    var sleeps = 0
  }

  private let state = Mutex(State())

  public init() {}

  /// How much time has passed.
  public var elapsed: Duration { state.withLock(\.elapsed) }

  /// Returns when `elapsed` has reached `deadline`; throws when the task is cancelled.
  public func sleep(until deadline: Duration) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    let number = state.withLock { state in
      state.sleeps += 1
      return state.sleeps
    }
    let isRested = await withTaskCancellationHandler {
      await rest(until: deadline, as: number)
    } onCancel: {
      cancel(number)
    }
    guard isRested else { throw CancellationError() }
  }

  /// Returns when `elapsed` has reached `deadline`, cancelled or not.
  public func rest(until deadline: Duration) async {
    _ = await rest(until: deadline, as: 0)
  }

  /// Jumps to the next sleeper's deadline and wakes all whose time has come; answers false when
  /// nobody sleeps.
  public func advance() -> Bool {
    let woken: [Sleeper] = state.withLock { state in
      guard let next = state.sleepers.last else { return [] }
      state.elapsed = max(state.elapsed, next.deadline)
      var woken: [Sleeper] = []
      while let sleeper = state.sleepers.last, sleeper.deadline <= state.elapsed {
        woken.append(sleeper)
        state.sleepers.removeLast()
      }
      return woken
    }
    for sleeper in woken { sleeper.waiter.resume(returning: true) }
    return !woken.isEmpty
  }

  private func rest(until deadline: Duration, as number: Int) async -> Bool {
    await withCheckedContinuation { waiter in
      let isRested: Bool? = state.withLock { state in
        if state.cancelled.remove(number) != nil { return false }
        if deadline <= state.elapsed { return true }
        let place = state.sleepers.lastIndex { $0.deadline > deadline }.map { $0 + 1 } ?? 0
        state.sleepers.insert(
          Sleeper(deadline: deadline, number: number, waiter: waiter), at: place)
        return nil
      }
      if let isRested { waiter.resume(returning: isRested) }
    }
  }

  private func cancel(_ number: Int) {
    let sleeper: Sleeper? = state.withLock { state in
      guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else {
        // It has not lain down yet, or it has been woken: then the mark is never asked for.
        state.cancelled.insert(number)
        return nil
      }
      return state.sleepers.remove(at: index)
    }
    sleeper?.waiter.resume(returning: false)
  }
}
