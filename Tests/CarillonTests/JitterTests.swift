import Foundation
import Testing

@testable import Carillon

@Suite struct JitterTests {
  private let schedule = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))

  @Test func `is the same on every machine, for ever`() {
    let offsets = (0..<3).map { hour in
      Jitter.offset(
        schedule: schedule, nominal: Instant(microseconds: hour * 3_600_000_000),
        within: .seconds(60)
      ).microseconds
    }
    #expect(offsets == [50_064_346, 57_342_112, 52_786_067])
  }

  @Test func `spreads schedules evenly over its width, and never reaches it`() {
    let width = Duration.seconds(10)
    var buckets = Array(repeating: 0, count: 10)
    for number in 0..<20_000 {
      let schedule = UUID(
        uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number / 256), UInt8(number % 256)))
      let offset = Jitter.offset(
        schedule: schedule, nominal: Instant(microseconds: 1_800_000_000_000_000), within: width)
      #expect(offset >= .zero && offset < width)
      buckets[Int(offset.components.seconds)] += 1
    }
    #expect(buckets.allSatisfy { (1_800...2_200).contains($0) }, "\(buckets)")
  }

  @Test func `of no width is none`() {
    for width in [Duration.zero, .seconds(-5), .nanoseconds(1)] {
      #expect(
        Jitter.offset(schedule: schedule, nominal: Instant(microseconds: 5), within: width) == .zero
      )
    }
    let widest = Jitter.offset(
      schedule: schedule, nominal: Instant(microseconds: .min), within: .seconds(Int64.max))
    #expect(widest >= .zero)
  }
}
