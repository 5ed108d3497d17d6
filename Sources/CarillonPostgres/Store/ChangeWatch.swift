import Carillon
import Synchronization

/// Wakes this process when another one has changed something: by notifications, and by looking from
/// time to time behind them.
final class ChangeWatch: Sendable {
  /// How often to look while notifications come.
  static let interval = Duration.seconds(2)

  private struct State {
    var isListening = false
    var tasks: [Task<Void, Never>] = []
    var isStopped = false
  }

  private let listener: PostgresListener
  private let channel: String
  private let announcer: Announcer
  private let signals: WakeUps
  private let news: News
  /// How often to look while none can come.
  private let poll: Duration
  private let state = Mutex(State())

  init(
    listener: PostgresListener, channel: String, announcer: Announcer, signals: WakeUps, news: News,
    poll: Duration
  ) {
    self.listener = listener
    self.channel = channel
    self.announcer = announcer
    self.signals = signals
    self.news = news
    self.poll = poll
  }

  /// Begins at the first call.
  func start() {
    state.withLock { state in
      guard state.tasks.isEmpty, !state.isStopped else { return }
      state.tasks = [
        Task { [weak self] in await self?.listen() },
        Task { [weak self] in
          while let pause = self?.pause, (try? await Task.sleep(for: pause)) != nil {
            self?.signals.signal()
          }
        },
      ]
    }
  }

  func stop() {
    let tasks = state.withLock { state in
      state.isStopped = true
      return state.tasks
    }
    for task in tasks { task.cancel() }
  }

  private var pause: Duration {
    state.withLock { $0.isListening } ? max(ChangeWatch.interval, poll) : poll
  }

  private func listen() async {
    for await event in await listener.events(of: channel) {
      switch event {
      case .connected:
        state.withLock { $0.isListening = true }
        // Something may have been said before.
        signals.signal()
      case .notification(let payload):
        guard payload != announcer.name else { continue }
        news.hear()
        signals.signal()
      case .disconnected:
        state.withLock { $0.isListening = false }
      }
    }
  }
}
