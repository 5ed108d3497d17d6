import Foundation
import Testing

@testable import Carillon

@Suite struct ExplanationTests {
  /// Text, and what it means in UTC.
  private static let table: [(String, String)] = [
    ("0 9 * * MON-FRI", "At 09:00 on every day from Monday to Friday"),
    ("@daily", "At 00:00 every day"),
    ("@hourly", "At minute 0 of every hour"),
    ("* * * * *", "Every minute"),
    ("*/15 * * * *", "Every 15 minutes"),
    ("*/10 * * * * *", "Every 10 seconds"),
    ("*/10 30 * * * *", "Every 10 seconds in minute 30 of every hour"),
    (
      "*/15 9-17 * * MON-FRI",
      "Every 15 minutes from 09:00 to 17:59 on every day from Monday to Friday"
    ),
    ("5,35 */2 * * *", "At minutes 5 and 35 in every 2nd hour"),
    ("0 9,17 1,15 * *", "At 09:00 and 17:00 on days 1 and 15 of the month"),
    ("0 0 1 1 *", "At 00:00 on day 1 in January"),
    ("0 0 L * *", "At 00:00 on the last day of the month"),
    ("0 0 L-2 * *", "At 00:00 on the 2nd day before the last of the month"),
    (
      "0 0 LW,15W * *",
      "At 00:00 on the weekday nearest to the 15th and the last weekday of the month"
    ),
    ("0 0 13 * FRI", "At 00:00 on day 13 of the month and on every Friday"),
    ("0 0 */2 * FRI", "At 00:00 on every 2nd day from the 1st of the month, if it falls on Friday"),
    ("0 0 * * FRI#2,MONL", "At 00:00 on the 2nd Friday and the last Monday of the month"),
    ("0 0 * NOV-FEB SAT,SUN", "At 00:00 on every Saturday and Sunday in November to February"),
    ("0 0 * * FRI-MON", "At 00:00 on every day from Friday to Monday"),
    ("@every 15m", "Every 15 minutes of elapsed time, counted from 1970-01-01T00:00:00Z"),
    (
      "@every 1h from 2027-01-01T00:30:00Z",
      "Every hour of elapsed time, counted from 2027-01-01T00:30:00Z"
    ),
    ("@after 1h30m", "1 hour and 30 minutes after the last run's end"),
    ("@at 2027-03-28T09:00", "Once, at 09:00 on Sunday 28 March 2027"),
    ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17", "At 17:00 on the last Friday of every month"),
    (
      "DTSTART:20270104T090000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE EXDATE:20270118T090000",
      "At 09:00 on every Monday and Wednesday of every 2nd week, from 2027-01-04T09:00 on, but not at 2027-01-18T09:00"
    ),
    (
      "DTSTART:20270104T090000 RRULE:FREQ=DAILY;INTERVAL=3;COUNT=10",
      "At 09:00 every 3rd day, from 2027-01-04T09:00 on, 10 times"
    ),
    (
      "DTSTART:20270104T090000 RRULE:FREQ=YEARLY;UNTIL=20301231",
      "At 09:00 on day 4 in January every year, from 2027-01-04T09:00 on, until the end of 2030-12-31"
    ),
    (
      "DTSTART:20270104T090000 RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
      "At 09:00 on every day from Monday to Friday of every month, of these the last of each month, from 2027-01-04T09:00 on"
    ),
    (
      "DTSTART:20270104T090000 RRULE:FREQ=HOURLY;INTERVAL=2;BYHOUR=9,10,11",
      "Every 2 hours at minute 0, only in hours 9 to 11, from 2027-01-04T09:00 on"
    ),
    ("RDATE:20270104T090000,20270105T100000", "At 2027-01-04T09:00 and 2027-01-05T10:00"),
  ]

  @Test(arguments: table)
  func `says in plain words what it means`(_ text: String, _ words: String) throws {
    #expect(try Timetable(Recurrence(text)).explanation == "\(words), UTC")
  }

  @Test func `names the limits and the calendars`() throws {
    let timetable = try Timetable(
      Recurrence("0 9 * * *"), in: .named("Europe/Paris"),
      start: Instant(rfc3339: "2027-01-01T00:00:00Z"),
      end: Instant(rfc3339: "2028-01-01T00:00:00Z"),
      calendars: CalendarRules(
        excluding: [ScheduleCalendar("holidays", dates: ["2027-12-25"])],
        requiring: [ScheduleCalendar("office", windows: ["MON-FRI"])], onCollision: .after))
    #expect(
      timetable.explanation
        == "At 09:00 every day, Europe/Paris, not before 2027-01-01T00:00:00Z, "
        + "not after 2028-01-01T00:00:00Z, except in holidays, only in office, "
        + "moved to the open time after")
  }

  @Test func `marks what a change of the clocks does`() throws {
    func notes(_ text: String, _ after: String, _ change: ClockChange? = nil) throws -> [String] {
      let timetable = try Timetable(
        Recurrence(text), in: .named("Europe/Paris"), clockChange: change)
      return timetable.occurrences(
        after: try Instant(rfc3339: after), through: Instant.representable.upperBound
      ).prefix(3).map { occurrence in
        timetable.localText(of: occurrence.nominal)
          + (timetable.clockNote(at: occurrence).map { ", \($0)" } ?? "")
      }
    }
    #expect(
      try notes("30 2 * * *", "2027-03-26T12:00:00Z") == [
        "2027-03-27T02:30+01:00",
        "2027-03-28T03:00+02:00, the clocks go forward: 02:30 doesn't exist, fires at 03:00",
        "2027-03-29T02:30+02:00",
      ])
    #expect(
      try notes("0 3 * * *", "2027-03-26T12:00:00Z")[1] == "2027-03-28T03:00+02:00")
    #expect(
      try notes("30 2 * * *", "2027-10-30T12:00:00Z", ClockChange(overlap: .both)) == [
        "2027-10-31T02:30+02:00, the clocks go back: first of two",
        "2027-10-31T02:30+01:00, the clocks went back: second of two", "2027-11-01T02:30+01:00",
      ])
    #expect(
      try notes("@every 30m", "2027-10-31T00:45:00Z").last
        == "2027-10-31T03:00+01:00")
  }
}
