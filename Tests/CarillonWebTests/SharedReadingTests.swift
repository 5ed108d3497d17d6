import Carillon
import CarillonTesting
import Synchronization
import Testing

@testable import CarillonWeb

@Suite struct `A shared reading` {
  /// Each reading takes so long and answers with its number.
  private final class Source: Sendable {
    let clock = ManualClock()
    let length: Duration
    private let count = Mutex(0)
    private let failing = Mutex(false)

    init(length: Duration = .seconds(2)) { self.length = length }

    var readings: Int { count.withLock { $0 } }

    func fail(_ fails: Bool) { failing.withLock { $0 = fails } }

    func shared() -> SharedReading<Int> {
      SharedReading(clock: clock) {
        self.clock.advance(by: self.length)
        if self.failing.withLock({ $0 }) { throw StoreError.failed(operation: "read", why: "test") }
        return self.count.withLock { count in
          count += 1
          return count
        }
      }
    }
  }

  @Test func `serves those who come soon, and no later`() async throws {
    let source = Source()
    let shared = source.shared()
    #expect(try await shared.value() == 1)
    source.clock.advance(by: .milliseconds(999))
    #expect(try await shared.value() == 1)
    source.clock.advance(by: .milliseconds(1))
    #expect(try await shared.value() == 2)
  }

  @Test func `is made once for many that ask at once`() async throws {
    // Not so long that who comes in its midst would rather begin another.
    let source = Source(length: .milliseconds(500))
    let shared = source.shared()
    let answers = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 { group.addTask { try await shared.value() } }
      return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(answers == [1] && source.readings == 1)
  }

  @Test func `is made anew after a change`() async throws {
    let source = Source()
    let shared = source.shared()
    #expect(try await shared.value() == 1)
    await shared.expire()
    #expect(try await shared.value() == 2)
  }

  @Test func `that fails is not kept`() async throws {
    let source = Source()
    let shared = source.shared()
    source.fail(true)
    await #expect(throws: StoreError.self) { try await shared.value() }
    source.fail(false)
    #expect(try await shared.value() == 1)
  }

  @Test func `that goes on for long keeps nobody else waiting`() async throws {
    let clock = ManualClock()
    let count = Mutex(0)
    let (gate, open) = AsyncStream<Void>.makeStream()
    let shared = SharedReading(clock: clock) {
      let number = count.withLock { count in
        count += 1
        return count
      }
      if number == 1 { for await _ in gate {} }
      return number
    }
    let first = Task { try await shared.value() }
    while count.withLock({ $0 }) == 0 { await Task.yield() }
    clock.advance(by: .seconds(1))
    #expect(try await shared.value() == 2)
    open.finish()
    #expect(try await first.value == 1)
  }
}
