import Synchronization

/// A seeded generator that many tasks share: which of them asks next follows from the seed too.
final class Dice: Sendable {
  private let generator: Mutex<SplitMix64>

  init(seed: UInt64, stream: UInt64) {
    generator = Mutex(SplitMix64(seed: seed, stream: stream))
  }

  func roll<Value: Sendable>(_ body: (inout SplitMix64) -> Value) -> Value {
    generator.withLock { body(&$0) }
  }

  func isLucky(_ chance: Double) -> Bool { roll { $0.isLucky(chance) } }
  func below(_ bound: Int) -> Int { roll { $0.below(bound) } }
  func within(_ range: ClosedRange<Int>) -> Int { roll { $0.within(range) } }
  func milliseconds(_ range: ClosedRange<Int>) -> Duration { roll { $0.milliseconds(range) } }
}
