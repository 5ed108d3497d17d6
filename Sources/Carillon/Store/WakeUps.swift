import Synchronization

/// Tells every listener of a store that something may have become due.
package final class WakeUps: Sendable {
  private struct State {
    var next = 0
    var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  /// A stream of signals; those that nobody has taken yet are merged into one.
  package func stream() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.next += 1
      state.listeners[state.next] = continuation
      return state.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { $0.listeners[id] = nil }
    }
    return stream
  }

  package var hasListeners: Bool { state.withLock { !$0.listeners.isEmpty } }

  package func signal() {
    // In order of arrival: a dictionary's own order would differ from process to process.
    let listeners = state.withLock { $0.listeners.sorted { $0.key < $1.key } }
    for listener in listeners { listener.value.yield() }
  }
}
