import Carillon
import Foundation
import Synchronization
import Testing

@Suite struct ThreadExecutorTests {
  @Test func `runs tasks on threads of its own`() async {
    let executor = ThreadExecutor(name: "own", threads: 1)
    let threads = await withTaskGroup(of: [ObjectIdentifier].self) { group in
      for _ in 0..<50 {
        group.addTask(executorPreference: executor) {
          let first = currentThread()
          await Task.yield()
          return [first, currentThread()]
        }
      }
      return await group.reduce(into: Set<ObjectIdentifier>()) { $0.formUnion($1) }
    }
    #expect(threads.count == 1)
    let elsewhere = await Task.detached { currentThread() }.value
    #expect(!threads.contains(elsewhere))
  }

  @Test func `runs everything that it is given`() async {
    let executor = ThreadExecutor(name: "all", threads: 2)
    let sum = await withTaskGroup(of: Int.self) { group in
      for number in 1...10_000 {
        group.addTask(executorPreference: executor) {
          await Task.yield()
          return number
        }
      }
      return await group.reduce(0, +)
    }
    #expect(sum == 50_005_000)
  }

  @Test func `grows when every thread is blocked, so that blocking work starves nobody`() async {
    let executor = ThreadExecutor(name: "grow", threads: 1, most: 8)
    let gate = DispatchSemaphore(value: 0)
    let blocked = (0..<4).map { _ in
      Task(executorPreference: executor) { block(on: gate) }
    }
    // Runs although four tasks hold a thread each.
    await Task(executorPreference: executor) {}.value
    for _ in 0..<4 { gate.signal() }
    for task in blocked { await task.value }
  }

  @Test func `grows no further than it may`() async {
    let executor = ThreadExecutor(name: "most", threads: 1, most: 3)
    let (gate, arrivals) = (DispatchSemaphore(value: 0), Arrivals())
    let blocked = (0..<6).map { _ in
      Task(executorPreference: executor) {
        arrivals.arrive()
        block(on: gate)
      }
    }
    await arrivals.reach(3)
    #expect(arrivals.count == 3)
    for _ in 0..<6 { gate.signal() }
    for task in blocked { await task.value }
    #expect(arrivals.count == 6)
  }
}

/// Blocks the thread, as a handler that calls a synchronous library does.
private func block(on gate: DispatchSemaphore) { gate.wait() }

private func currentThread() -> ObjectIdentifier { ObjectIdentifier(Thread.current) }

/// Counts arrivals; a waiter goes on when enough have come.
private final class Arrivals: Sendable {
  private let state = Mutex((count: 0, waiters: [(Int, CheckedContinuation<Void, Never>)]()))

  var count: Int { state.withLock { $0.count } }

  func arrive() {
    let met = state.withLock { state in
      state.count += 1
      let count = state.count
      defer { state.waiters.removeAll { $0.0 <= count } }
      return state.waiters.filter { $0.0 <= count }
    }
    for (_, waiter) in met { waiter.resume() }
  }

  func reach(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isMet = state.withLock { state in
        guard state.count < count else { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if isMet { continuation.resume() }
    }
  }
}
