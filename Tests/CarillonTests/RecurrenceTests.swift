import Foundation
import Testing

@testable import Carillon

@Suite struct RecurrenceTests {
  /// Text, and the same as it is written back.
  private static let forms: [(String, String)] = [
    ("0 9 * * MON-FRI", "0 9 * * MON-FRI"),
    ("  0   9 * * 1 ", "0 9 * * 1"),
    ("30 0 9 * * *", "30 0 9 * * *"),
    ("@Daily", "@daily"),
    ("@every 15m", "@every 15m"),
    ("@EVERY 1h30m", "@every 1h30m"),
    ("@every 90s", "@every 1m30s"),
    ("@every 1500ms", "@every 1s500ms"),
    ("@every 1d From 2026-01-01T01:00:00+01:00", "@every 1d from 2026-01-01T00:00:00Z"),
    ("@every 1d from 1970-01-01T00:00:00Z", "@every 1d"),
    (
      "@every 1h from 2026-01-01T00:00:00.25Z", "@every 1h from 2026-01-01T00:00:00.250000Z"
    ),
    ("@after 10m", "@after 10m"),
    ("@at 2027-03-28T09:00", "@at 2027-03-28T09:00"),
    ("@at 2027-03-28T09:00:30", "@at 2027-03-28T09:00:30"),
    ("@at 20270328T090000", "@at 2027-03-28T09:00"),
    ("FREQ=WEEKLY;BYDAY=MO", "RRULE:FREQ=WEEKLY;BYDAY=MO"),
    ("rrule:freq=daily;interval=1;", "RRULE:FREQ=DAILY"),
    (
      "RRULE:BYDAY=FR,MO;FREQ=WEEKLY;WKST=SU\nDTSTART:2027-01-04T09:00",
      "DTSTART:20270104T090000 RRULE:FREQ=WEEKLY;BYDAY=FR,MO;WKST=SU"
    ),
    (
      "DTSTART;TZID=Europe/Paris:20270104T090000 RRULE:FREQ=DAILY;COUNT=3",
      "DTSTART;TZID=Europe/Paris:20270104T090000 RRULE:FREQ=DAILY;COUNT=3"
    ),
    (
      "DTSTART:20270104T090000Z RRULE:FREQ=DAILY;UNTIL=20280101T000000Z",
      "DTSTART:20270104T090000Z RRULE:FREQ=DAILY;UNTIL=20280101T000000Z"
    ),
    (
      "RDATE:20270105T090000,20270104T090000",
      "RDATE:20270104T090000,20270105T090000"
    ),
    (
      "RRULE:FREQ=DAILY EXDATE:20270105 EXDATE:20270106T000000,20270107T000000Z",
      "RRULE:FREQ=DAILY EXDATE:20270106T000000 EXDATE;VALUE=DATE:20270105 EXDATE:20270107T000000Z"
    ),
    (
      "DTSTART;VALUE=DATE:20270104 RRULE:FREQ=MINUTELY;BYSECOND=60,59,0",
      "DTSTART:20270104T000000 RRULE:FREQ=MINUTELY;BYSECOND=0,59"
    ),
  ]

  @Test(arguments: forms)
  func `one text says it everywhere, and reads as the same`(_ text: String, _ written: String)
    throws
  {
    let recurrence = try Recurrence(text)
    #expect(recurrence.description == written)
    #expect(try Recurrence(written) == recurrence)
    let data = try JSONEncoder().encode([recurrence])
    #expect(try JSONDecoder().decode([Recurrence].self, from: data) == [recurrence])
  }

  /// Text, position of what is wrong, and a part of what is said.
  private static let wrong: [(String, Int?, String)] = [
    ("", nil, "empty"),
    ("  \n ", nil, "empty"),
    ("0 25 * * *", 2, "0 to 23"),
    ("@dialy", 0, "@daily"),
    ("@every", nil, "@every 15m"),
    ("@every 5", 7, "no unit"),
    ("@every 0s", 7, "at least 1s"),
    ("@every 999ms", 7, "at least 1s"),
    ("@every 40000d", 7, "36500"),
    ("@every 5m sometimes", 10, "'from'"),
    ("@every 5m from", nil, "one time"),
    ("@every 5m from yesterday", 15, "is not a time"),
    ("@every 5m from 2026-01-01T00:00:00Z now", 36, "one time"),
    ("@after 5m later", 10, "nothing follows"),
    ("@at", nil, "@at 2027"),
    ("@at 2027-03-28", 4, "time of day"),
    ("@at 2027-03-28T09:00Z", 4, "zone"),
    ("@at 2027-03-28T09:00+01:00", 20, "without an offset"),
    ("@at 2027-02-29T09:00", 12, "no such date"),
    ("@at 2027-03-28T24:00", 15, "time of day"),
    ("@at 27-03-28T24:00", 4, "4 digits"),
    ("RRULE:FREQ=FORTNIGHTLY", 11, "no frequency"),
    ("RRULE:INTERVAL=2", 6, "FREQ is missing"),
    ("RRULE:FREQ=DAILY;FREQ=WEEKLY", 17, "twice"),
    ("RRULE:FREQ=DAILY;BYEASTER=1", 17, "no part BYEASTER"),
    ("RRULE:FREQ=DAILY;BYHOUR=1,24", 26, "0 to 23"),
    ("RRULE:FREQ=DAILY;BYHOUR=", 24, "0 to 23"),
    ("RRULE:FREQ=DAILY;BYMONTHDAY=0", 28, "but not 0"),
    ("RRULE:FREQ=DAILY;BYMONTHDAY=99999999999999999999", 28, "-31 to 31"),
    ("RRULE:FREQ=WEEKLY;BYDAY=XX", 24, "SU, MO"),
    ("RRULE:FREQ=WEEKLY;BYDAY=MO,2TU", 18, "FREQ=MONTHLY"),
    ("RRULE:FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", 29, "exclude"),
    ("RRULE:FREQ=DAILY;BYSETPOS=1", 17, "selects"),
    ("DTSTART:20270101T000000 RRULE:FREQ=DAILY;COUNT=1;UNTIL=20280101", 49, "both end"),
    ("RRULE:FREQ=DAILY;COUNT=3", 6, "depends on its start"),
    ("RRULE:FREQ=DAILY;INTERVAL=3", 6, "depends on its start"),
    ("RRULE:FREQ=WEEKLY", 6, "depends on its start"),
    ("RRULE:FREQ=DAILY;INTERVAL=0", 26, "1 to"),
    ("RRULE:FREQ=DAILY RRULE:FREQ=WEEKLY;BYDAY=MO", 23, "second rule"),
    ("DTSTART:20270101 DTSTART:20270101 RRULE:FREQ=DAILY", 17, "twice"),
    ("DTSTART:20270101T000000", nil, "names no time"),
    ("DTSTART;X=1:20270101T000000 RRULE:FREQ=DAILY", 8, "TZID=ZONE"),
    ("DTSTART:20270101T000000 EXRULE:FREQ=DAILY", 24, "EXDATE"),
    ("DTSTART:20270101T000000 SUMMARY:x RRULE:FREQ=DAILY", 24, "no property SUMMARY"),
    ("DTSTART:20271301T000000 RRULE:FREQ=DAILY", 14, "no such date"),
    ("RRULE:FREQ=DAILY EXDATE:20270101,2027010", 39, "2 digits"),
    ("DTSTART;TZID=A/B:20270101T000000 RDATE;TZID=C/D:20270101T000000", 33, "two zones"),
    ("DTSTART:20270101T000000 RRULE:FREQ=SECONDLY;BYHOUR=3;COUNT=900000", 30, "UNTIL"),
    ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", nil, "never happens"),
    ("RRULE:FREQ=YEARLY;BYDAY=54MO", 24, "-53 to 53"),
    ("RRULE:FREQ=MONTHLY;BYDAY=6MO", nil, "never happens"),
    ("DTSTART:20270101T000000 RRULE:FREQ=DAILY;UNTIL=20261231", nil, "never happens"),
    ("DTSTART:20270101T000000 RRULE:FREQ=DAILY;COUNT=1 EXDATE:20270101", nil, "never happens"),
    ("DTSTART:20270101T000000 RRULE:FREQ=SECONDLY;INTERVAL=2;BYSECOND=1,3", nil, "never happens"),
    (
      "DTSTART:20270101T140000 RRULE:FREQ=HOURLY;INTERVAL=2;BYHOUR=15;COUNT=9", nil, "never happens"
    ),
  ]

  @Test(arguments: wrong)
  func `what is wrong is said with its place and what would be right`(
    _ text: String, _ position: Int?, _ part: String
  ) {
    let error = #expect(throws: RecurrenceError.self) { _ = try Recurrence(text) }
    #expect(error?.position == position, "\(text): \(error?.description ?? "")")
    #expect(error?.description.contains(part) == true, "\(text): \(error?.description ?? "")")
  }

  @Test func `a text that is too long is refused unread`() {
    let text = "RRULE:FREQ=DAILY EXDATE:" + String(repeating: "20270101,", count: 100_000)
    let error = #expect(throws: RecurrenceError.self) { _ = try Recurrence(text) }
    #expect(error?.problem.contains("longer than") == true)
  }

  @Test func `an interval of an unfit length can't be made`() {
    for length in [Duration.zero, .seconds(-1), .nanoseconds(1_000_000_500), .seconds(1 << 60)] {
      #expect(throws: RecurrenceError.self) { _ = try Interval(length) }
      #expect(throws: RecurrenceError.self) { _ = try Recurrence.Delay(length) }
    }
  }
}
