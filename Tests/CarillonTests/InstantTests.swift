import Carillon
import CarillonTesting
import Foundation
import Testing

@Suite struct InstantTests {
  @Test func `is a whole number of microseconds`() {
    #expect(Instant(microseconds: 1).microseconds == 1)
    #expect((Instant(microseconds: 0) + .nanoseconds(1_999)).microseconds == 1)
  }

  @Test func `rounds a finer duration down, so that nothing is due early`() {
    #expect(Duration.nanoseconds(999).microseconds == 0)
    #expect(Duration.nanoseconds(-1).microseconds == -1)
    #expect(Duration.nanoseconds(-1_000).microseconds == -1)
  }

  @Test func `saturates instead of overflowing`() {
    let (least, most) = (Instant(microseconds: .min), Instant(microseconds: .max))
    let aeon = Duration.seconds(Int64.max / 4)
    #expect(most + .microseconds(1) == most)
    #expect(least - .microseconds(1) == least)
    #expect(Instant(microseconds: 0) + aeon == most)
    #expect(Instant(microseconds: -2) - aeon == least)
    #expect(Instant(microseconds: 0) + (.zero - aeon) == least)
    #expect(Instant(microseconds: 0) - (.zero - aeon) == most)
    #expect(most - least == .microseconds(Int64.max))
    #expect(least - most == .microseconds(Int64.min))
    #expect(aeon.microseconds == .max)
  }

  @Test func `measures what lies between two instants`() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      let one = Instant(microseconds: .random(in: -1 << 60...1 << 60, using: &random))
      let other = Instant(microseconds: .random(in: -1 << 60...1 << 60, using: &random))
      #expect(one + (other - one) == other)
      #expect(other - (other - one) == one)
      #expect((one < other) == (other - one > .zero))
    }
  }

  @Test func `takes a date, rounded down, and whatever a date can be`() {
    #expect(Instant(Date(timeIntervalSince1970: 1.5)).microseconds == 1_500_000)
    #expect(Instant(Date(timeIntervalSince1970: -0.000_000_5)).microseconds == -1)
    #expect(Instant(Date(timeIntervalSince1970: .nan)).microseconds == 0)
    #expect(
      Instant(Date(timeIntervalSince1970: .infinity)).microseconds > 9_000_000_000_000_000_000)
    #expect(Instant(Date.distantPast) < Instant(Date.distantFuture))
    #expect(Instant(microseconds: 2_500_000).date.timeIntervalSince1970 == 2.5)
  }
}
