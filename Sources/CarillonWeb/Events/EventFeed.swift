import Carillon
import Foundation
import HTTPTypes
import Synchronization

/// What has just happened, for everybody who listens.
///
/// Listeners have no queue of their own: each reads the ring at its pace, so that a slow one costs
/// nothing, and is told when it has missed something.
final class EventFeed: Sendable {
  /// Events that are kept for those who come back.
  static let size = 1_024
  /// Events that are written to a listener at once.
  static let portion = 128

  private struct State {
    var ring = EventRing(size: EventFeed.size)
    var listeners = 0
    var watch: Task<Void, Never>?
  }

  /// Tells this process's numbers from those of another.
  let epoch: String
  private let state = Mutex(State())
  private let signals = WakeUps()
  private let watch: EventWatch
  private let mostListeners: Int

  init(watch: EventWatch, mostListeners: Int = 1_000) {
    self.watch = watch
    self.mostListeners = mostListeners
    var generator = SystemRandomNumberGenerator()
    epoch = String(UInt64.random(in: 0 ... .max, using: &generator), radix: 36)
  }

  var listeners: Int { state.withLock { $0.listeners } }

  func publish(_ name: String, _ value: @autoclosure () -> JSONValue) {
    guard state.withLock({ $0.listeners > 0 }) else { return }
    let data = value().json
    state.withLock { $0.ring.append(name, data) }
    signals.signal()
  }

  /// Lets `body` listen: a signal when there is something to read, and now and then when not.
  func listen(
    _ body: (AsyncStream<Void>) async throws -> Void
  ) async throws {
    let isFull = state.withLock { state in
      if state.listeners >= mostListeners { return true }
      state.listeners += 1
      if state.watch == nil {
        state.watch = Task { [weak self, watch] in
          await watch.run { [weak self] name, value in
            guard let self else { return }
            if let name { self.publish(name, value) } else { self.signals.signal() }
          }
        }
      }
      return false
    }
    guard !isFull else { throw EventFeed.tooMany }
    defer {
      state.withLock { state in
        state.listeners -= 1
        guard state.listeners == 0 else { return }
        state.watch?.cancel()
        state.watch = nil
      }
    }
    try await body(signals.stream())
  }

  /// Throws when nobody more can listen.
  func checkRoom() throws(Problem) {
    if listeners >= mostListeners { throw EventFeed.tooMany }
  }

  private static let tooMany = Problem(
    .tooManyRequests, "Too many listen to events already.", headers: [.retryAfter: "30"])

  func read(after number: Int64) -> EventRing.Reading {
    state.withLock { $0.ring.read(after: number, limit: EventFeed.portion) }
  }

  var newest: Int64 { state.withLock { $0.ring.newest } }

  // MARK: Identities

  func id(_ number: Int64) -> String { "\(epoch)-\(number)" }

  /// The number in an identity of this feed's; nil for any other.
  func number(_ id: String) -> Int64? {
    guard id.hasPrefix("\(epoch)-") else { return nil }
    return Int64(id.dropFirst(epoch.count + 1))
  }
}
