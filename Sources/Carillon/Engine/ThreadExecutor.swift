import Foundation

/// Runs Swift tasks on threads of its own, away from the cooperative pool.
///
/// It begins with `threads` threads. When work has waited for 10 ms without any of it being taken,
/// because every thread is blocked, it adds one more, up to `most`. Threads are never taken away.
package final class ThreadExecutor: TaskExecutor, @unchecked Sendable {
  // @unchecked: `isUnderPressure` is only touched while `pressure` is locked, the other state while
  // `condition` is.
  private let condition = NSCondition()
  private var queue: [UnownedJob] = []
  private var head = 0
  private var taken: UInt64 = 0
  private var idle = 0
  private var count = 0
  private let pressure = NSCondition()
  private var isUnderPressure = false
  private let name: String
  private let most: Int

  package init(name: String, threads: Int, most: Int? = nil) {
    self.name = name
    self.most = max(most ?? threads, threads)
    for _ in 0..<threads { addThread() }
    if self.most > threads {
      let watcher = Thread { [self] in
        Thread.current.name = "\(self.name)-watch"
        watch()
      }
      watcher.stackSize = 1 << 18
      watcher.start()
    }
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.lock()
    queue.append(job)
    // A thread that was woken for earlier work still counts as idle until it runs.
    let isCrowded = queue.count - head > idle && count < most
    condition.signal()
    condition.unlock()
    if isCrowded { press() }
  }

  private func addThread() {
    condition.lock()
    count += 1
    let number = count
    condition.unlock()
    let thread = Thread { [self] in
      // From within: a name given before the start is lost on Linux, as is one over 15 characters.
      Thread.current.name = "\(name)-\(number)"
      while true { take().runSynchronously(on: asUnownedTaskExecutor()) }
    }
    thread.start()
  }

  private func take() -> UnownedJob {
    condition.lock()
    defer { condition.unlock() }
    idle += 1
    while head == queue.count { condition.wait() }
    idle -= 1
    let job = queue[head]
    head += 1
    taken &+= 1
    if head == queue.count {
      queue.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 4_096 {
      queue.removeFirst(head)
      head = 0
    }
    return job
  }

  // MARK: Growing

  private func press() {
    pressure.lock()
    if !isUnderPressure {
      isUnderPressure = true
      pressure.signal()
    }
    pressure.unlock()
  }

  /// Sleeps until work arrives while every thread is busy; then adds threads while nothing moves.
  private func watch() {
    while true {
      pressure.lock()
      while !isUnderPressure { pressure.wait() }
      // Before the look at the queue, so that pressure which comes after it isn't missed.
      isUnderPressure = false
      pressure.unlock()
      var last: UInt64?
      while true {
        condition.lock()
        let waiting = head < queue.count
        let seen = taken
        let canGrow = count < most
        condition.unlock()
        guard waiting, canGrow else { break }
        if seen == last { addThread() }
        last = seen
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
  }
}
