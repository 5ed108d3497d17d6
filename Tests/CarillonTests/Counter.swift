import Synchronization

/// A number that many tasks count up and down.
final class Counter: Sendable {
  private let number = Mutex(0)

  var value: Int { number.withLock(\.self) }

  /// Answers with the sum.
  func add(_ difference: Int) -> Int {
    number.withLock { number in
      number += difference
      return number
    }
  }

  func raise(to value: Int) { number.withLock { $0 = max($0, value) } }
}
