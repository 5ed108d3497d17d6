/// The newest events, numbered; older ones are forgotten.
struct EventRing: Sendable {
  struct Event: Sendable, Hashable {
    let number: Int64
    let name: String
    /// JSON in one line.
    let data: String
  }

  enum Reading: Sendable, Hashable {
    case events([Event])
    /// What came after is forgotten: go on after this one, with a fresh look at everything.
    case missed(newest: Int64)
  }

  private let size: Int
  private var events: [Event?]
  private(set) var newest: Int64 = 0

  init(size: Int) {
    self.size = max(size, 1)
    events = Array(repeating: nil, count: self.size)
  }

  private func slot(_ number: Int64) -> Int { Int(number % Int64(size)) }

  mutating func append(_ name: String, _ data: String) {
    newest += 1
    events[slot(newest)] = Event(number: newest, name: name, data: data)
  }

  /// The events after `number`, at most `limit`.
  func read(after number: Int64, limit: Int) -> Reading {
    guard number <= newest, number >= 0, newest - number <= Int64(size) else {
      return .missed(newest: newest)
    }
    let last = min(newest, number + Int64(limit))
    guard last > number else { return .events([]) }
    return .events(((number + 1)...last).compactMap { events[slot($0)] })
  }
}
