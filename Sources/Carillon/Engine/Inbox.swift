import Synchronization

/// Where the main loop waits: for attempts that ended, for a wake-up, or for a time.
final class Inbox: Sendable {
  private struct State {
    var ended: [Ended] = []
    var isWoken = false
    var waiter: CheckedContinuation<Void, Never>?
    /// The uptime at which the alarm rings, and the task that waits for it.
    var armed: (deadline: Duration, alarm: Task<Void, Never>)?
  }

  private let state = Mutex(State())
  private let clock: any SchedulerClock
  private let executor: any TaskExecutor

  init(clock: any SchedulerClock, executor: any TaskExecutor) {
    self.clock = clock
    self.executor = executor
  }

  /// An attempt has ended.
  func post(_ ended: Ended) {
    resume { $0.ended.append(ended) }
  }

  /// Something may have become due, or been asked.
  func wake() {
    resume { $0.isWoken = true }
  }

  /// Waits until something is here or `deadline` (an uptime) is reached; takes all that is here.
  func next(until deadline: Duration) async -> [Ended] {
    while true {
      let ready: [Ended]? = state.withLock { state in
        guard !state.ended.isEmpty || state.isWoken || clock.uptime() >= deadline else {
          return nil
        }
        state.isWoken = false
        defer { state.ended = [] }
        return state.ended
      }
      if let ready { return ready }
      await withCheckedContinuation { waiter in
        let isReady = state.withLock { state in
          guard state.ended.isEmpty, !state.isWoken else { return true }
          state.waiter = waiter
          arm(deadline, in: &state)
          return false
        }
        if isReady { waiter.resume() }
      }
    }
  }

  func close() {
    state.withLock { state in
      state.armed?.alarm.cancel()
      state.armed = nil
    }
  }

  private func resume(_ change: (inout State) -> Void) {
    let waiter = state.withLock { state in
      change(&state)
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// Makes sure that an alarm rings at `deadline` or before. One that rings too early costs a look;
  /// setting a new one for every wait would cost more.
  private func arm(_ deadline: Duration, in state: inout State) {
    if let armed = state.armed {
      guard deadline < armed.deadline else { return }
      armed.alarm.cancel()
    }
    let alarm = Task(executorPreference: executor) { [self] in
      guard (try? await clock.sleep(until: deadline)) != nil else { return }
      resume { state in
        if state.armed?.deadline == deadline { state.armed = nil }
      }
    }
    state.armed = (deadline, alarm)
  }
}
