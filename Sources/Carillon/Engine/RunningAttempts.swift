import Foundation
import Synchronization

/// Why the engine cancelled a running task.
enum CancelCause: Sendable, Hashable {
  case timeout
  case requested
  case shutdown
  case leaseLost
}

/// An attempt that has ended, on its way back to the main loop.
struct Ended: Sendable {
  let settlement: Settlement
  let job: Job
}

/// The attempts that this process runs: who holds a slot, and whom to cancel.
final class RunningAttempts: Sendable {
  struct Running: Sendable {
    let job: Job
    let notes: AttemptNotes
    /// The uptime at which its timeout is over; nil: none.
    let timeoutAt: Duration?
    var task: Task<Void, Never>?
    var cause: CancelCause?
  }

  private struct State {
    var running: [Fence: Running] = [:]
    var earliestTimeout: Duration?

    /// By uuid and claim: a dictionary's own order would differ from process to process.
    var inOrder: [(Fence, Running)] {
      running.sorted { one, other in
        if one.key.uuid != other.key.uuid { return one.key.uuid.precedes(other.key.uuid) }
        return one.key.claim < other.key.claim
      }.map { ($0.key, $0.value) }
    }
  }

  private let state = Mutex(State())

  /// Registers the attempt; answers false if that claim runs already.
  func add(_ running: Running, fence: Fence) -> Bool {
    state.withLock { state in
      guard state.running[fence] == nil else { return false }
      state.running[fence] = running
      if let timeout = running.timeoutAt {
        state.earliestTimeout = min(state.earliestTimeout ?? timeout, timeout)
      }
      return true
    }
  }

  /// Hands over the attempt's task; cancelled at once if a cause came first.
  func attach(_ task: Task<Void, Never>, to fence: Fence) {
    let cancelled = state.withLock { state in
      guard state.running[fence] != nil else { return false }
      state.running[fence]?.task = task
      return state.running[fence]?.cause != nil
    }
    if cancelled { task.cancel() }
  }

  func contains(_ fence: Fence) -> Bool { state.withLock { $0.running[fence] != nil } }

  /// Why the attempt's task was cancelled; nil if it was not.
  func cause(of fence: Fence) -> CancelCause? { state.withLock { $0.running[fence]?.cause } }

  /// The attempt has ended and its slot is free.
  func remove(_ fence: Fence) { state.withLock { _ = $0.running.removeValue(forKey: fence) } }

  var isEmpty: Bool { state.withLock { $0.running.isEmpty } }

  /// The uptime of the next timeout; nil when there is none.
  var nextTimeout: Duration? { state.withLock { $0.earliestTimeout } }

  /// Whether one runs that must run alone.
  var runsAlone: Bool {
    state.withLock { state in
      // Only a single attempt can be alone, so there is nothing to search among many.
      state.running.count == 1
        && state.running.values.contains { $0.job.attempts > $0.job.maxAttempts }
    }
  }

  /// Free slots under `limits`.
  func free(under limits: QueueLimits) -> QueueLimits {
    state.withLock { state in
      switch limits {
      case .all(let most): return .all(max(0, most - state.running.count))
      case .each(var counts):
        for running in state.running.values { counts[running.job.queue]? -= 1 }
        return .each(counts.mapValues { max($0, 0) })
      }
    }
  }

  /// Cancels one attempt's task; the first cause counts.
  func cancel(_ fence: Fence, because cause: CancelCause) {
    let task: Task<Void, Never>? = state.withLock { state in
      guard let running = state.running[fence], running.cause == nil else { return nil }
      state.running[fence]?.cause = cause
      return running.task
    }
    task?.cancel()
  }

  func cancelAll(because cause: CancelCause) {
    for (fence, _) in state.withLock(\.inOrder) { cancel(fence, because: cause) }
  }

  /// Cancels attempts whose timeout is over; answers with them.
  func cancelOverdue(at uptime: Duration) -> [Job] {
    let overdue: [(Fence, Job)] = state.withLock { state in
      guard let earliest = state.earliestTimeout, earliest <= uptime else { return [] }
      state.earliestTimeout =
        state.running.values.lazy.compactMap(\.timeoutAt).filter { $0 > uptime }.min()
      return state.inOrder.filter { _, running in
        running.cause == nil && (running.timeoutAt.map { $0 <= uptime } ?? false)
      }.map { ($0, $1.job) }
    }
    for (fence, _) in overdue { cancel(fence, because: .timeout) }
    return overdue.map(\.1)
  }

  /// Records of attempts that have something new to show.
  func changed() -> [Attempt] {
    state.withLock(\.inOrder).compactMap { _, running in
      guard running.notes.takeChange(), var attempt = Attempt(running: running.job) else {
        return nil
      }
      running.notes.complete(&attempt)
      return attempt
    }
  }

  /// What still runs, for a message.
  var jobs: [Job] { state.withLock(\.inOrder).map(\.1.job) }
}
