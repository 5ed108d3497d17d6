import Carillon
import CarillonTesting
import Testing

@Suite struct InstantRFC3339Tests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01T01:00:00+01:00", 0),
    ("1969-12-31T23:59:59.999999Z", -1),
    ("2027-03-01T09:00:00+01:00", 1_803_888_000_000_000),
    ("2027-03-01t08:00:00z", 1_803_888_000_000_000),
    ("2027-03-01 08:00:00.000Z", 1_803_888_000_000_000),
    ("2027-03-01T08:00:00.1Z", 1_803_888_000_100_000),
    ("2027-03-01T08:00:00.1234569999Z", 1_803_888_000_123_456),
    ("2027-03-01T00:00:00-08:00", 1_803_888_000_000_000),
    ("2024-02-29T12:00:00Z", 1_709_208_000_000_000),
    ("2000-02-29T00:00:00Z", 951_782_400_000_000),
    // A leap second counts as the second before it.
    ("2016-12-31T23:59:60Z", 1_483_228_799_000_000),
    ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
  ])
  func `reads`(_ text: String, _ microseconds: Int64) throws {
    #expect(try Instant(rfc3339: text).microseconds == microseconds)
  }

  @Test(arguments: [
    // Without an offset it isn't an instant.
    "2027-03-01T09:00:00", "2027-03-01T09:00", "2027-03-01", "09:00:00", "tomorrow", "", " ",
    "1803888000",
    // Dates that no calendar has.
    "2027-02-29T00:00:00Z", "2027-02-30T00:00:00Z", "1900-02-29T00:00:00Z",
    "2027-04-31T00:00:00Z", "2027-00-01T00:00:00Z", "2027-13-01T00:00:00Z",
    "2027-01-00T00:00:00Z", "2027-01-32T00:00:00Z", "0000-01-01T00:00:00Z",
    // Years of more than four digits, or outside them by their offset.
    "12000-01-01T00:00:00Z", "+2027-01-01T00:00:00Z", "-001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00",
    // Times that no clock shows.
    "2027-01-01T24:00:00Z", "2027-01-01T00:60:00Z", "2027-01-01T00:00:61Z",
    // Offsets that are none.
    "2027-01-01T00:00:00+24:00", "2027-01-01T00:00:00+01:60", "2027-01-01T00:00:00+0100",
    "2027-01-01T00:00:00+1", "2027-01-01T00:00:00 UTC", "2027-01-01T00:00:00CET",
    // Almost.
    "2027-1-1T00:00:00Z", "2027/01/01T00:00:00Z", "2027-01-01T00:00:00.Z",
    "2027-01-01T00:00:00,5Z", "2027-01-01T00:00:00Z ", " 2027-01-01T00:00:00Z",
    "2027-01-01T00:00:00ZZ", "２０２７-01-01T00:00:00Z", "2027-01-01T00:00:0\u{0}Z",
    "2027-01-01\u{2009}00:00:00Z", "2027-W01-1T00:00:00Z",
  ])
  func `refuses`(_ text: String) {
    let error = #expect(throws: InstantError.self) { try Instant(rfc3339: text) }
    #expect(error?.description.isEmpty == false)
  }

  @Test func `says what a time looks like when it refuses one`() {
    let error = #expect(throws: InstantError.self) {
      try Instant(rfc3339: "2027-03-01T09:00:00")
    }
    #expect(error?.description.contains("offset") == true)
    #expect(error?.description.contains("2027-03-01T09:00:00") == true)
  }

  @Test func `writes UTC with microseconds`() throws {
    #expect(
      try Instant(rfc3339: "2027-03-01T09:00:00.5+01:00").rfc3339
        == "2027-03-01T08:00:00.500000Z")
    #expect(Instant(microseconds: -1).rfc3339 == "1969-12-31T23:59:59.999999Z")
  }

  @Test func `writes the nearest end for what lies outside the years`() {
    #expect(Instant(microseconds: .max).rfc3339 == "9999-12-31T23:59:59.999999Z")
    #expect(Instant(microseconds: .min).rfc3339 == "0001-01-01T00:00:00.000000Z")
  }

  @Test func `reads back what it has written, whatever the instant`() throws {
    var random = SeededGenerator(seed: 3)
    let years = Instant.representable
    for _ in 0..<5_000 {
      let instant = Instant(
        microseconds: .random(
          in: years.lowerBound.microseconds...years.upperBound.microseconds, using: &random))
      #expect(try Instant(rfc3339: instant.rfc3339) == instant)
    }
  }

  @Test func `orders texts as it orders instants`() {
    var random = SeededGenerator(seed: 4)
    let instants = (0..<500).map { _ in
      Instant(microseconds: .random(in: -1 << 55...1 << 57, using: &random))
    }
    #expect(instants.sorted().map(\.rfc3339) == instants.map(\.rfc3339).sorted())
  }

  @Test func `never traps on noise`() {
    var random = SeededGenerator(seed: 5)
    let alphabet = Array("0123456789-:TZ+. z\u{0}é🔔")
    for _ in 0..<5_000 {
      let length = Int.random(in: 0...40, using: &random)
      let text = String(
        (0..<length).map { _ in alphabet.randomElement(using: &random) ?? "0" })
      _ = try? Instant(rfc3339: text)
    }
  }
}
