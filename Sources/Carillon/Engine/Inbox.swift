import Synchronization

/// Where the main loop waits: for attempts that ended, for answers of the store, for a wake-up, or
/// for a time.
final class Inbox: Sendable {
  /// All that has come since the last look.
  struct News: Sendable {
    var ended: [Ended] = []
    var landings: [Landing] = []
    var isWoken = false
  }

  private struct State {
    var news = News()
    var waiter: CheckedContinuation<Void, Never>?
    /// How many ended attempts the waiter wants to have together.
    var enough = 1
    /// The uptime at which the alarm rings, and the task that waits for it.
    var armed: (deadline: Duration, alarm: Task<Void, Never>)?

    var isReady: Bool {
      news.isWoken || !news.landings.isEmpty || news.ended.count >= enough
    }
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
    resume { $0.news.ended.append(ended) }
  }

  /// The store has answered.
  func post(_ landing: Landing) {
    resume { $0.news.landings.append(landing) }
  }

  /// Something may have become due, or been asked.
  func wake() {
    resume { $0.news.isWoken = true }
  }

  /// Waits until `enough` attempts have ended, anything else has come, or `deadline` (an uptime) is
  /// reached; takes all that is here.
  func next(until deadline: Duration, enough: Int) async -> News {
    while true {
      let ready: News? = state.withLock { state in
        state.enough = enough
        guard state.isReady || clock.uptime() >= deadline else { return nil }
        defer { state.news = News() }
        return state.news
      }
      if let ready { return ready }
      await withCheckedContinuation { waiter in
        let isReady = state.withLock { state in
          guard !state.isReady else { return true }
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
    let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
      change(&state)
      guard state.isReady else { return nil }
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
      ring(deadline)
    }
    state.armed = (deadline, alarm)
  }

  /// The waiter looks at the time again.
  private func ring(_ deadline: Duration) {
    let waiter = state.withLock { state in
      if state.armed?.deadline == deadline { state.armed = nil }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
}
