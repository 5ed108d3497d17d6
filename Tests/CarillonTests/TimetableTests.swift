import Foundation
import Testing

@testable import Carillon

@Suite struct TimetableTests {
  private func times(_ timetable: Timetable, after: String, _ count: Int = 3) throws -> [String] {
    timetable.occurrences(
      after: try Instant(rfc3339: after), through: Instant.representable.upperBound
    ).prefix(count).map(\.nominal.shortText)
  }

  @Test func `start and end are within it`() throws {
    let timetable = try Timetable(
      Recurrence("0 9 * * *"), start: Instant(rfc3339: "2027-01-02T09:00:00Z"),
      end: Instant(rfc3339: "2027-01-04T09:00:00Z"))
    #expect(
      try times(timetable, after: "2026-01-01T00:00:00Z", 9)
        == ["2027-01-02T09:00:00Z", "2027-01-03T09:00:00Z", "2027-01-04T09:00:00Z"])
    let later = try Timetable(
      Recurrence("0 9 * * *"), start: Instant(rfc3339: "2027-01-02T09:00:00.000001Z"))
    #expect(try times(later, after: "2026-01-01T00:00:00Z", 1) == ["2027-01-03T09:00:00Z"])
    #expect(throws: RecurrenceError.self) {
      _ = try Timetable(
        Recurrence("0 9 * * *"), start: Instant(microseconds: 2), end: Instant(microseconds: 1))
    }
  }

  @Test func `an interval goes by elapsed time from its anchor, to both sides`() throws {
    let hours = try Timetable(
      Recurrence("@every 36h from 2027-03-27T12:00:00Z"), in: .named("Europe/Paris"))
    #expect(
      try times(hours, after: "2027-03-23T00:00:00Z", 4) == [
        "2027-03-24T12:00:00Z", "2027-03-26T00:00:00Z", "2027-03-27T12:00:00Z",
        "2027-03-29T00:00:00Z",
      ])
    #expect(
      try times(Timetable(Recurrence("@every 15m")), after: "2027-01-01T00:15:00Z", 2)
        == ["2027-01-01T00:30:00Z", "2027-01-01T00:45:00Z"])
    #expect(
      try times(Timetable(Recurrence("@every 15m")), after: "2027-01-01T00:14:59.999999Z", 1)
        == ["2027-01-01T00:15:00Z"])
  }

  @Test func `a delay begins at the end of the last run, and not before the start`() throws {
    let end = try Instant(rfc3339: "2027-01-01T00:00:00.5Z")
    let timetable = try Timetable(Recurrence("@after 10m"))
    #expect(timetable.next(after: end)?.nominal == end + .seconds(600))
    let start = try Instant(rfc3339: "2027-02-01T00:00:00Z")
    let later = try Timetable(Recurrence("@after 10m"), start: start)
    #expect(later.next(after: end)?.nominal == start)
  }

  @Test func `a time on the wall comes once, wherever the zone puts it`() throws {
    let text = try Recurrence("@at 2027-03-28T02:30")
    let paris = try Timetable(text, in: .named("Europe/Paris"))
    #expect(try times(paris, after: "2027-01-01T00:00:00Z") == ["2027-03-28T01:00:00Z"])
    #expect(try times(paris, after: "2027-03-28T01:00:00Z") == [])
    let skipped = try Timetable(
      text, in: .named("Europe/Paris"), clockChange: ClockChange(gap: .skip))
    #expect(try times(skipped, after: "2027-01-01T00:00:00Z") == [])
    #expect(
      try times(Timetable(text, in: .named("Asia/Tokyo")), after: "2027-01-01T00:00:00Z")
        == ["2027-03-27T17:30:00Z"])
    let twice = try Timetable(
      Recurrence("@at 2027-10-31T02:30"), in: .named("Europe/Paris"),
      clockChange: ClockChange(overlap: .both))
    #expect(
      try times(twice, after: "2027-01-01T00:00:00Z")
        == ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"])
  }

  @Test func `a rule keeps its time of day over a change of the clocks`() throws {
    let timetable = try Timetable(
      Recurrence("DTSTART:20270327T023000 RRULE:FREQ=DAILY"), in: .named("Europe/Paris"))
    #expect(
      try times(timetable, after: "2027-01-01T00:00:00Z")
        == ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"])
    let hourly = try Timetable(
      Recurrence("DTSTART:20270328T003000 RRULE:FREQ=HOURLY"), in: .named("Europe/Paris"))
    #expect(
      try times(hourly, after: "2027-03-27T23:00:00Z")
        == ["2027-03-27T23:30:00Z", "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"])
  }

  @Test func `a zone in the text must be the timetable's`() throws {
    let paris = try Recurrence("DTSTART;TZID=Europe/Paris:20270101T090000 RRULE:FREQ=DAILY")
    _ = try Timetable(paris, in: .named("Europe/Paris"))
    let error = #expect(throws: RecurrenceError.self) { _ = try Timetable(paris) }
    #expect(error?.problem.contains("Europe/Paris") == true)
    let utc = try Recurrence("DTSTART:20270101T090000Z RRULE:FREQ=DAILY")
    _ = try Timetable(utc)
    _ = try Timetable(utc, in: .named("Etc/UTC"))
    #expect(throws: RecurrenceError.self) { _ = try Timetable(utc, in: .named("Europe/Paris")) }
  }

  @Test func `no instant is too far to ask about`() throws {
    let ends = [
      Instant(microseconds: .min), Instant(microseconds: .max), Instant.representable.lowerBound,
      Instant.representable.upperBound, Instant(microseconds: 0),
    ]
    for text in [
      "* * * * *", "@every 1s", "@after 36500d", "@at 9999-12-31T23:59:59", "0 0 29 2 *",
      "RRULE:FREQ=SECONDLY", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "@at 0001-01-01T00:00",
      "@every 36500d from 9999-12-31T23:59:59Z", "RDATE:00010101,99991231",
    ] {
      for zone in ["UTC", "Pacific/Kiritimati", "America/New_York"] {
        for calendars in [
          CalendarRules.none,
          CalendarRules(
            requiring: [try ScheduleCalendar("", windows: ["SUN"])], onCollision: .after),
        ] {
          let timetable = try Timetable(Recurrence(text), in: .named(zone), calendars: calendars)
          for instant in ends {
            if let next = timetable.next(after: instant) {
              #expect(Instant.representable.contains(next.nominal))
              #expect(next.nominal > instant)
            }
          }
        }
      }
    }
  }

  @Test func `is written and read with the names of the columns`() throws {
    let full = try Timetable(
      Recurrence("0 9 * * MON-FRI"), in: .named("Europe/Paris"),
      clockChange: ClockChange(gap: .skip, overlap: .second),
      start: Instant(rfc3339: "2027-01-01T00:00:00Z"),
      end: Instant(rfc3339: "2028-01-01T00:00:00Z"),
      calendars: CalendarRules(
        excluding: [
          try ScheduleCalendar("holidays", dates: ["2027-12-25", "*-01-01"], windows: ["SAT"])
        ], onCollision: .after))
    for timetable in [full, try Timetable(Recurrence("@after 10m"))] {
      let data = try JSONEncoder().encode(timetable)
      #expect(try JSONDecoder().decode(Timetable.self, from: data) == timetable)
    }
    let text = String(decoding: try JSONEncoder().encode(full), as: UTF8.self)
    for name in ["recurrence", "time_zone", "gap", "overlap", "start_at", "end_at", "calendars"] {
      #expect(text.contains("\"\(name)\""), "\(name)")
    }
    let wrong = Data(#"{"recurrence":"0 9 * * *","time_zone":"Europe/Nowhere"}"#.utf8)
    #expect(throws: ZoneError.self) { _ = try JSONDecoder().decode(Timetable.self, from: wrong) }
  }

  @Test func `one of gap and overlap alone keeps the other's standard`() throws {
    let hourly = try Recurrence("5 * * * *")
    #expect(ClockChange(hourly, gap: nil, overlap: nil) == nil)
    #expect(
      ClockChange(hourly, gap: .shift, overlap: nil) == ClockChange(gap: .shift, overlap: .both))
    let daily = try Recurrence("5 3 * * *")
    #expect(
      ClockChange(daily, gap: nil, overlap: .second) == ClockChange(gap: .shift, overlap: .second))
  }
}
