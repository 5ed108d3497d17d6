/// A small, fast generator whose every number follows from its seed (Steele, Lea, Flood 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  /// One of many independent streams of a seed, so that a new question asked of one stream leaves
  /// the answers of the others as they were.
  public init(seed: UInt64, stream: UInt64) {
    var streams = SplitMix64(seed: stream)
    state = seed ^ streams.next()
    state = next()
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return SplitMix64.mixed(state)
  }

  /// The finaliser: spreads every bit of `value` over all bits.
  static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension SplitMix64 {
  /// True so often: 0 never, 1 always.
  mutating func isLucky(_ chance: Double) -> Bool {
    guard chance > 0 else { return false }
    return Double(next() >> 11) * 0x1p-53 < chance
  }

  /// In 0..<bound. The bias of a plain remainder is far below anything that a simulation could see.
  mutating func below(_ bound: Int) -> Int {
    Int(next() >> 1) % max(bound, 1)
  }

  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// So many milliseconds.
  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(within(range))
  }

  mutating func element<Element>(of elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }
}
