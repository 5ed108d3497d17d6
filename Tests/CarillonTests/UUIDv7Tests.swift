import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct UUIDv7Tests {
  @Test func `has version 7 and the variant of RFC 9562`() {
    var generator = UUIDv7Generator()
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      let uuid = generator.next(at: ManualClock.start, using: &random)
      #expect(uuid.halves.high >> 12 & 0xF == 7)
      #expect(uuid.halves.low >> 62 == 0b10)
    }
  }

  @Test func `begins with the milliseconds of the clock`() {
    var generator = UUIDv7Generator()
    var random = SeededGenerator(seed: 1)
    let uuid = generator.next(at: ManualClock.start + .microseconds(1_999), using: &random)
    #expect(Int64(uuid.halves.high >> 16) == ManualClock.start.microseconds / 1_000 + 1)
  }

  @Test func `grows strictly, whatever the clock does`() {
    var generator = UUIDv7Generator()
    var random = SeededGenerator(seed: 2)
    var now = ManualClock.start
    var last = generator.next(at: now, using: &random)
    for _ in 0..<20_000 {
      now = now + .microseconds(Int64.random(in: -3_000...3_000, using: &random))
      let next = generator.next(at: now, using: &random)
      #expect(last.precedes(next))
      last = next
    }
  }

  @Test func `grows strictly when the random bits run over`() {
    struct Full: RandomNumberGenerator {
      mutating func next() -> UInt64 { .max }
    }
    var generator = UUIDv7Generator()
    var random = Full()
    var last = generator.next(at: ManualClock.start, using: &random)
    for _ in 0..<10 {
      let next = generator.next(at: ManualClock.start, using: &random)
      #expect(last.precedes(next))
      #expect(next.halves.high >> 12 & 0xF == 7)
      #expect(next.halves.low >> 62 == 0b10)
      last = next
    }
  }

  @Test func `takes times before 1970 and after 10889`() {
    var random = SeededGenerator(seed: 3)
    for microseconds in [Int64.min, -1, 0, .max] {
      var generator = UUIDv7Generator()
      let uuid = generator.next(at: Instant(microseconds: microseconds), using: &random)
      #expect(uuid.halves.high >> 12 & 0xF == 7)
    }
  }

  @Test func `compares by bytes, as databases do`() {
    let (small, large) = (UUID(high: 1, low: .max), UUID(high: 1 << 63, low: 0))
    #expect(small.precedes(large))
    #expect(!large.precedes(small))
    #expect(!small.precedes(small))
    #expect(UUID(high: small.halves.high, low: small.halves.low) == small)
    #expect(UUID(high: 0xAB, low: 0).text == "00000000-0000-00ab-0000-000000000000")
  }

  @Test func `is never made twice by many tasks`() async {
    let chance = Chance(SeededGenerator(seed: 4))
    let uuids = await withTaskGroup(of: [UUID].self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<500).map { _ in chance.uuid(at: ManualClock.start) } }
      }
      return await group.reduce(into: [UUID]()) { $0 += $1 }
    }
    #expect(Set(uuids).count == 4_000)
  }
}
