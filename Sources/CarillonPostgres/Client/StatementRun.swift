import CLibPQ

/// Waiting for a statement's answers, until its deadline, its task's end, or a moment after the
/// server was asked to stop.
@PostgresIO
final class StatementRun {
  private enum Stage {
    case running
    /// The server was asked to stop for this reason.
    case stopping(PostgresError.Kind, until: ContinuousClock.Instant)
  }

  /// A request that overtakes its statement, or finds it in a pooler's queue, is ignored: so it is
  /// made again, at growing intervals.
  private static let firstRepetition: Duration = .milliseconds(100)

  private unowned let connection: PostgresConnection
  private let handle: ConnectionHandle
  private let deadline: ContinuousClock.Instant
  private let signal: Signal?
  /// Raised when the server has heard the last request to stop.
  private var heard = Signal()
  private var repetition = StatementRun.firstRepetition
  private var nextRequest = ContinuousClock.now
  private var stage = Stage.running

  init(
    _ connection: PostgresConnection, _ handle: ConnectionHandle,
    deadline: ContinuousClock.Instant, signal: Signal?
  ) {
    self.connection = connection
    self.handle = handle
    self.deadline = deadline
    self.signal = signal
  }

  /// Why the server was asked to stop.
  var stopReason: PostgresError.Kind? {
    if case .stopping(let reason, _) = stage { reason } else { nil }
  }

  /// Sends all that libpq holds, reading meanwhile: a server that waits for us to read doesn't read.
  func flush() async throws(PostgresError) {
    while true {
      switch PQflush(handle.pointer) {
      case 0: return
      case 1: try await waitAndRead(.toReadOrWrite)
      default: throw lost()
      }
    }
  }

  /// The next result; nil where libpq marks an end. The caller clears it.
  func result() async throws(PostgresError) -> OpaquePointer? {
    while PQisBusy(handle.pointer) != 0 { try await waitAndRead(.toRead) }
    return PQgetResult(handle.pointer)
  }

  /// After the last result: a cancel request that is under way must not hit the next statement.
  func settle() async throws(PostgresError) {
    guard case .stopping(let reason, let limit) = stage else { return }
    guard await PostgresIO.thread.wait(until: limit, heeding: heard) == .raised else {
      throw error(reason)
    }
  }

  func lost() -> PostgresError {
    let message = handle.message
    return .lost(message, at: connection.location)
  }

  private func waitAndRead(_ readiness: SocketThread.Readiness) async throws(PostgresError) {
    let (limit, heeded) =
      switch stage {
      case .running: (deadline, signal)
      case .stopping(_, let until): (min(until, nextRequest), nil as Signal?)
      }
    let wake = await PostgresIO.thread.wait(
      for: connection.descriptor, readiness, until: limit, heeding: heeded)
    // Closed meanwhile: its descriptor may be another's by now.
    if let fault = connection.fault { throw fault }
    switch wake {
    case .ready:
      guard PQconsumeInput(handle.pointer) == 1 else { throw lost() }
    case .expired: try stop(.deadline)
    case .raised: try stop(.cancelled)
    }
  }

  private func stop(_ reason: PostgresError.Kind) throws(PostgresError) {
    if case .stopping(let first, let until) = stage {
      guard until > .now else { throw error(first) }
      // One request at a time.
      if heard.isRaised { try ask(because: first) } else { nextRequest = .now + repetition }
    } else {
      stage = .stopping(reason, until: .now + connection.cancelGrace)
      try ask(because: reason)
    }
  }

  private func ask(because reason: PostgresError.Kind) throws(PostgresError) {
    guard let cancel = CancelHandle(handle) else { throw error(reason) }
    let heard = Signal()
    self.heard = heard
    Task(executorPreference: BlockingThreads.cancelling) {
      cancel.ask()
      heard.raise()
    }
    nextRequest = .now + repetition
    repetition *= 2
  }

  private func error(_ reason: PostgresError.Kind) -> PostgresError {
    PostgresError(
      reason,
      reason == .deadline
        ? "The server didn't answer in time, nor when asked to stop. The connection was dropped; "
          + "the statement may have been carried out."
        : "The task was cancelled, and the server didn't answer when asked to stop. The connection "
          + "was dropped; the statement may have been carried out.",
      at: connection.location)
  }
}
