import Foundation
import Logging
import Synchronization

/// Tells the other processes that something has changed: NOTIFY, sent outside of any transaction and
/// seldom, for PostgreSQL lets transactions that notify commit one after another.
///
/// At most one is under way, and one begins 20 ms after another at the earliest. What is announced
/// meanwhile is said by the next.
final class Announcer: Sendable {
  private static let pause = Duration.milliseconds(20)

  private struct State {
    var isWanted = false
    var isStopped = false
    var task: Task<Void, Never>?
  }

  /// Says who speaks, so that a process doesn't hear itself.
  let name = UUID().uuidString
  private let pool: PostgresPool
  private let channel: String
  private let logger: Logger
  private let state = Mutex(State())

  init(pool: PostgresPool, channel: String, logger: Logger) {
    self.pool = pool
    self.channel = channel
    self.logger = logger
  }

  /// Returns at once.
  func announce() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isWanted = true
      if state.task == nil { state.task = Task { [self] in await speak() } }
    }
  }

  /// The announcement, for a caller who sends it right behind what has changed; nil when it isn't its
  /// turn. That saves the way back and forth.
  func takeTurn() -> PostgresStatement? {
    guard let statement = try? statement() else { return nil }
    return state.withLock { state in
      guard !state.isStopped, state.task == nil else { return nil }
      state.task = Task { [self] in
        try? await Task.sleep(for: Announcer.pause)
        await speak()
      }
      return statement
    }
  }

  /// Its commit needn't wait for the disk: after a crash of the server everybody looks anyway.
  private func statement() throws(PostgresError) -> PostgresStatement {
    try PostgresStatement(
      "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)::text",
      channel, name)
  }

  private func speak() async {
    while takeWish() {
      do throws(PostgresError) {
        _ = try await pool.pipeline(
          [statement()], lane: .reserved, deadline: .now + .seconds(5))
      } catch {
        // Others look from time to time.
        logger.debug("A change could not be announced", metadata: ["error": "\(error)"])
      }
      try? await Task.sleep(for: Announcer.pause)
    }
  }

  private func takeWish() -> Bool {
    state.withLock { state in
      defer { state.isWanted = false }
      if state.isWanted, !state.isStopped { return true }
      state.task = nil
      return false
    }
  }

  /// Says nothing more; what is being said is waited for.
  func stop() async {
    let task = state.withLock { state in
      state.isStopped = true
      return state.task
    }
    await task?.value
  }
}
