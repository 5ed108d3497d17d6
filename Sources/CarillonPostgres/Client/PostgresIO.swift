import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where everything that touches a connection runs: one thread, which waits for all sockets at once.
///
/// It is no thread of Swift's pool, so blocked handlers don't hold up a heartbeat, and nothing here
/// blocks: what does (names, connecting, cancel requests) runs on `BlockingThreads`.
@globalActor
actor PostgresIO {
  static let shared = PostgresIO()
  static let thread = SocketThread(name: "carillon-pg")

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    PostgresIO.thread.asUnownedSerialExecutor()
  }
}

/// Something that may end a wait before its time: a cancelled task, or a thread that has finished.
final class Signal: Sendable {
  private let state = Atomic(false)

  var isRaised: Bool { state.load(ordering: .acquiring) }

  /// Ends the wait that heeds this signal, now or as soon as it begins.
  func raise() {
    state.store(true, ordering: .releasing)
    PostgresIO.thread.endWait(heeding: self)
  }
}

/// An executor with one thread that polls sockets while it has nothing to run.
final class SocketThread: SerialExecutor {
  enum Readiness {
    case toRead, toReadOrWrite

    fileprivate var events: Int16 {
      switch self {
      case .toRead: Int16(POLLIN)
      case .toReadOrWrite: Int16(POLLIN | POLLOUT)
      }
    }
  }

  /// Why a wait is over.
  enum Wake { case ready, expired, raised }

  private struct Wait {
    let descriptor: CInt
    let events: Int16
    let deadline: ContinuousClock.Instant?
    let signal: Signal?
    let continuation: CheckedContinuation<Wake, Never>
  }

  private struct State {
    var jobs: [UnownedJob] = []
    var waits: [Int: Wait] = [:]
    var next = 0
    /// Whether the thread sleeps and needs the bell to see what is new.
    var isPolling = false
  }

  private let state = Mutex(State())
  private let bell: (read: CInt, write: CInt)

  init(name: String) {
    bell = SocketThread.makeBell()
    let thread = Thread { [self] in
      Thread.current.name = name
      run()
    }
    thread.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    wakeIfNeeded { $0.jobs.append(job) }
  }

  /// Returns when the socket is ready, the deadline has passed or the signal is raised. A negative
  /// descriptor is never ready.
  nonisolated(nonsending) func wait(
    for descriptor: CInt = -1, _ readiness: Readiness = .toRead,
    until deadline: ContinuousClock.Instant?, heeding signal: Signal? = nil
  ) async -> Wake {
    await withCheckedContinuation { continuation in
      let wait = Wait(
        descriptor: descriptor, events: readiness.events, deadline: deadline, signal: signal,
        continuation: continuation)
      let isRaised = wakeIfNeeded { state in
        // Looked at under the lock that `endWait` takes, so that no signal falls between.
        if signal?.isRaised == true { return true }
        state.next &+= 1
        state.waits[state.next] = wait
        return false
      }
      if isRaised { continuation.resume(returning: .raised) }
    }
  }

  fileprivate func endWait(heeding signal: Signal) {
    let ended = state.withLock { state in
      let found = state.waits.filter { $0.value.signal === signal }
      for id in found.keys { state.waits[id] = nil }
      return found.values.map(\.continuation)
    }
    for continuation in ended { continuation.resume(returning: .raised) }
  }

  private func wakeIfNeeded<Result: Sendable>(_ change: (inout State) -> Result) -> Result {
    let (result, mustWake) = state.withLock { state in
      let result = change(&state)
      defer { state.isPolling = false }
      return (result, state.isPolling)
    }
    if mustWake {
      var byte: UInt8 = 1
      _ = write(bell.write, &byte, 1)
    }
    return result
  }

  // MARK: The thread

  private func run() {
    var jobs: [UnownedJob] = []
    var polled: [pollfd] = []
    var ids: [Int] = []
    while true {
      state.withLock { swap(&$0.jobs, &jobs) }
      for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
      jobs.removeAll(keepingCapacity: true)

      polled.removeAll(keepingCapacity: true)
      ids.removeAll(keepingCapacity: true)
      polled.append(pollfd(fd: bell.read, events: Int16(POLLIN), revents: 0))
      let timeout = state.withLock { state -> CInt in
        var first: ContinuousClock.Instant?
        for (id, wait) in state.waits {
          polled.append(pollfd(fd: wait.descriptor, events: wait.events, revents: 0))
          ids.append(id)
          if let deadline = wait.deadline { first = first.map { min($0, deadline) } ?? deadline }
        }
        guard state.jobs.isEmpty else { return 0 }
        state.isPolling = true
        let wait = first.map { SocketThread.milliseconds(until: $0) } ?? -1
        guard bell.read < 0 else { return wait }
        return wait < 0 ? SocketThread.restless : min(wait, SocketThread.restless)
      }
      _ = poll(&polled, nfds_t(polled.count), timeout)
      if polled[0].revents != 0 { silence() }
      for (continuation, wake) in over(polled.dropFirst(), ids) {
        continuation.resume(returning: wake)
      }
    }
  }

  /// Takes out the waits that are over.
  private func over(
    _ polled: ArraySlice<pollfd>, _ ids: [Int]
  ) -> [(CheckedContinuation<Wake, Never>, Wake)] {
    let now = ContinuousClock.now
    return state.withLock { state in
      state.isPolling = false
      var over: [(CheckedContinuation<Wake, Never>, Wake)] = []
      for (id, entry) in zip(ids, polled) {
        guard let wait = state.waits[id] else { continue }
        if entry.revents != 0 {
          over.append((wait.continuation, .ready))
        } else if let deadline = wait.deadline, deadline <= now {
          over.append((wait.continuation, .expired))
        } else {
          continue
        }
        state.waits[id] = nil
      }
      return over
    }
  }

  /// Rounded up, so that no wait ends before its deadline.
  private static func milliseconds(until deadline: ContinuousClock.Instant) -> CInt {
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    return CInt(seconds) * 1_000 + CInt((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }

  private func silence() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(bell.read, &bytes, bytes.count) > 0 {}
  }

  /// How long the thread sleeps at most without a bell, in milliseconds.
  private static let restless: CInt = 10

  /// Both -1 when the process has no descriptors left: then the thread looks around by itself, and
  /// opening a connection fails with an error of its own.
  private static func makeBell() -> (CInt, CInt) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    return (ends[0], ends[1])
  }
}
