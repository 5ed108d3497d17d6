import Carillon
import CarillonTesting
import Testing

@Suite struct DurationTextTests {
  @Test(arguments: [
    ("90s", 90_000), ("10m", 600_000), ("2h", 7_200_000), ("7d", 604_800_000),
    ("1h30m", 5_400_000), ("250ms", 250), ("1d2h3m4s5ms", 93_784_005), ("0s", 0), ("007s", 7_000),
    ("36500d", 3_153_600_000_000),
  ])
  func `reads`(_ text: String, _ milliseconds: Int64) throws {
    #expect(try Duration(text: text) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    "", " ", "s", "90", "-5s", "+5s", "1.5h", "1h 30m", "30m1h", "1h1h", "5 s", "5S", "1w", "1y",
    "5µs", "٣s", "36501d", "36500d1ms", "99999999999999999999d", "9223372036854775807ms", "1h30",
    "5s\u{0}", "5sec", "h30m",
  ])
  func `refuses`(_ text: String) {
    let error = #expect(throws: DurationTextError.self) { try Duration(text: text) }
    #expect(error?.description.contains("90s") == true)
  }

  @Test(arguments: [
    (Duration.zero, "0s"), (.microseconds(12), "12µs"), (.milliseconds(80), "80ms"),
    (.milliseconds(2_500), "2.5s"), (.seconds(2), "2s"), (.seconds(90), "1m30s"),
    (.seconds(5_400), "1h30m"), (.seconds(7_200), "2h"), (.seconds(90_000), "1d1h"),
    (.seconds(-90), "-1m30s"), (.milliseconds(999), "999ms"), (.seconds(60), "1m"),
  ])
  func `writes the two largest units`(_ duration: Duration, _ text: String) {
    #expect(duration.text == text)
  }

  @Test func `writes any duration without trapping`() {
    for seconds in [Int64.min / 4, Int64.max / 4, -1, 0, 1] {
      #expect(!Duration.seconds(seconds).text.isEmpty)
    }
  }

  @Test func `reads back whole minutes of less than a day`() throws {
    for minutes in stride(from: 1, to: 1_440, by: 7) {
      let duration = Duration.seconds(minutes * 60)
      #expect(try Duration(text: duration.text) == duration)
    }
  }
}
