import Carillon

/// Something costly that many ask for at once, as ten open dashboards do when something happens: read
/// once for all of them.
///
/// A reading is also given to those who come soon after it, within a few times what it took: so the
/// store spends a bounded part of its time on it, however many ask. Who changes something says
/// `expire`, and then sees it. One that goes on for long may never end: nobody else waits for it.
actor SharedReading<Value: Sendable> {
  /// For so many times its own length a reading is good enough.
  private static var reuse: Int { 3 }
  private static var longestReuse: Duration { .seconds(1) }
  /// After so long another one is begun beside it.
  private static var patience: Duration { .seconds(1) }

  private struct Reading {
    let task: Task<Value, any Error>
    let began: Duration
    /// Nil while it goes on.
    var ended: Duration?
  }

  private let clock: any SchedulerClock
  private let read: @Sendable () async throws -> Value
  private var newest: Reading?
  private var number = 0

  init(clock: any SchedulerClock, read: @escaping @Sendable () async throws -> Value) {
    self.clock = clock
    self.read = read
  }

  /// What a reading says that is going on or has just ended, or else a new one.
  func value() async throws -> Value {
    if let newest, isGoodEnough(newest) { return try await newest.task.value }
    let read = read
    number += 1
    let mine = number
    // Not the caller's: others wait for it when the caller goes away.
    let task = Task { try await read() }
    newest = Reading(task: task, began: clock.uptime())
    let result = await task.result
    if mine == number, case .success = result {
      newest?.ended = clock.uptime()
    } else if mine == number {
      newest = nil
    }
    return try result.get()
  }

  /// What was read before now is of no use to anybody who comes later.
  func expire() {
    number += 1
    newest = nil
  }

  private func isGoodEnough(_ reading: Reading) -> Bool {
    guard let ended = reading.ended else {
      return clock.uptime() - reading.began < SharedReading.patience
    }
    let length = ended - reading.began
    return clock.uptime() - ended < min(length * SharedReading.reuse, SharedReading.longestReuse)
  }
}
