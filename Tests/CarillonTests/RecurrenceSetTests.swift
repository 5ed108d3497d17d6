import Foundation
import Testing

@testable import Carillon

@Suite struct RecurrenceSetTests {
  private func fires(_ text: String, after: String, _ count: Int) throws -> [String] {
    let timetable = try Timetable(Recurrence(text))
    return timetable.occurrences(
      after: try Instant(rfc3339: after), through: Instant.representable.upperBound
    ).prefix(count).map(\.nominal.shortText)
  }

  @Test func `agrees with python-dateutil on a table of its answers`() throws {
    let table = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/Recurrence/rules.tsv")
    let lines = try String(contentsOf: table, encoding: .utf8).split(separator: "\n")
    #expect(lines.count >= 400)
    for line in lines {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      let times = columns[2].split(separator: " ").map(String.init)
      #expect(try fires(columns[0], after: columns[1], 5) == times, "\(columns[0])")
    }
  }

  /// From RFC 5545, section 3.8.5.3, in local time.
  private static let examples: [(String, [String])] = [
    (
      "DTSTART:19970902T090000 RRULE:FREQ=MONTHLY;BYMONTHDAY=-3",
      ["1997-09-28", "1997-10-29", "1997-11-28", "1997-12-29"]
    ),
    (
      "DTSTART:19970513T090000 RRULE:FREQ=YEARLY;BYDAY=20MO",
      ["1997-05-19", "1998-05-18", "1999-05-17"]
    ),
    (
      "DTSTART:19970512T090000 RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
      ["1997-05-12", "1998-05-11", "1999-05-17"]
    ),
    (
      "DTSTART:19970902T090000 EXDATE:19970902T090000 RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
      ["1998-02-13", "1998-03-13", "1998-11-13", "1999-08-13", "2000-10-13"]
    ),
    (
      "DTSTART:19961105T090000 RRULE:FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
      ["1996-11-05", "2000-11-07", "2004-11-02"]
    ),
    (
      "DTSTART:19970904T090000 RRULE:FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
      ["1997-09-04", "1997-10-07", "1997-11-06"]
    ),
    (
      "DTSTART:19970929T090000 RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
      ["1997-09-29", "1997-10-30", "1997-11-27", "1997-12-30"]
    ),
    (
      "DTSTART:19970805T090000 RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
      ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    ),
    (
      "DTSTART:19970805T090000 RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
      ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]
    ),
    (
      "DTSTART:20070115T090000 RRULE:FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
      ["2007-01-15", "2007-01-30", "2007-02-15", "2007-03-15", "2007-03-30"]
    ),
  ]

  @Test(arguments: examples)
  func `fires as the standard's examples say`(_ text: String, _ days: [String]) throws {
    #expect(
      try fires(text, after: "1990-01-01T00:00:00Z", days.count) == days.map { $0 + "T09:00:00Z" })
  }

  @Test func `a day matches a plain or a numbered weekday`() throws {
    #expect(
      try fires(
        "DTSTART:20270101T000000 RRULE:FREQ=MONTHLY;BYDAY=SU,1MO", after: "2027-01-01T00:00:00Z", 3)
        == ["2027-01-03T00:00:00Z", "2027-01-04T00:00:00Z", "2027-01-10T00:00:00Z"])
  }

  @Test func `BYSETPOS counts from the beginning of the week in which it starts`() throws {
    // 6 January 2027 is a Wednesday: Monday is the first of its week's set, and lies before it.
    #expect(
      try fires(
        "DTSTART:20270106T000000 RRULE:FREQ=WEEKLY;BYDAY=MO,TH,FR;BYSETPOS=1",
        after: "2027-01-01T00:00:00Z", 2) == ["2027-01-11T00:00:00Z", "2027-01-18T00:00:00Z"])
  }

  @Test func `a date without a time of day ends, or leaves out, the whole day`() throws {
    let text =
      "DTSTART:20270101T090000 RRULE:FREQ=HOURLY;BYHOUR=9,15;UNTIL=20270103 EXDATE:20270102"
    #expect(
      try fires(text, after: "2026-01-01T00:00:00Z", 9) == [
        "2027-01-01T09:00:00Z", "2027-01-01T15:00:00Z", "2027-01-03T09:00:00Z",
        "2027-01-03T15:00:00Z",
      ])
  }

  @Test func `UNTIL and EXDATE in UTC are instants of the zone`() throws {
    let timetable = try Timetable(
      Recurrence(
        "DTSTART:20270301T090000 RRULE:FREQ=DAILY;UNTIL=20270304T080000Z EXDATE:20270302T080000Z"),
      in: .named("Europe/Paris"))
    let times = timetable.occurrences(
      after: Instant(microseconds: 0), through: Instant.representable.upperBound)
    #expect(
      times.map { timetable.localText(of: $0.nominal) } == [
        "2027-03-01T09:00+01:00", "2027-03-03T09:00+01:00", "2027-03-04T09:00+01:00",
      ])
  }

  /// Rules with a COUNT of 17, counted in each of the ways there are.
  @Test(arguments: [
    "FREQ=DAILY;BYHOUR=1,13;BYMINUTE=5,6,7", "FREQ=MONTHLY;BYDAY=2MO,-1FR;INTERVAL=3",
    "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2,3", "FREQ=HOURLY;BYMINUTE=0,59;INTERVAL=7",
    "FREQ=SECONDLY;INTERVAL=100", "FREQ=SECONDLY;BYHOUR=4;BYMINUTE=3", "FREQ=MINUTELY;BYDAY=SU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=2,-1", "FREQ=WEEKLY;BYDAY=MO,WE,SU;INTERVAL=2;BYHOUR=0,9",
  ])
  func `COUNT names the first times, and no more`(_ rule: String) throws {
    for start in ["20270104T131500", "20280229T000000", "20271231T235959"] {
      let endless = try fires("DTSTART:\(start) RRULE:\(rule)", after: "2026-01-01T00:00:00Z", 17)
      let counted = try fires(
        "DTSTART:\(start) RRULE:\(rule);COUNT=17", after: "2026-01-01T00:00:00Z", 99)
      #expect(counted == endless)
    }
  }

  @Test func `finds a time centuries after its start without walking there`() throws {
    #expect(
      try fires(
        "DTSTART:19700101T000000 RRULE:FREQ=SECONDLY;INTERVAL=7", after: "2400-01-01T00:00:00Z", 1)
        == ["2400-01-01T00:00:02Z"])
    #expect(
      try fires(
        "DTSTART:19700101T000000 RRULE:FREQ=SECONDLY;COUNT=900000000",
        after: "1998-07-09T15:59:57Z",
        9) == ["1998-07-09T15:59:58Z", "1998-07-09T15:59:59Z"])
  }
}
