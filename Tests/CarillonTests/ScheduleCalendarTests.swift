import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct ScheduleCalendarTests {
  private let paris: ZoneRules

  init() throws { paris = try ZoneRules.named("Europe/Paris") }

  private func days(
    _ expression: String, _ calendars: CalendarRules, after: String, _ count: Int
  ) throws -> [String] {
    let timetable = try Timetable(Recurrence(expression), in: paris, calendars: calendars)
    return timetable.occurrences(
      after: try Instant(rfc3339: after), through: Instant.representable.upperBound
    ).prefix(count).map { LocalTime($0.nominal, in: paris).description }
  }

  // MARK: Text

  @Test func `a plain file has a date or a window a line, and comments`() throws {
    let calendar = try ScheduleCalendar(
      "closed",
      reading: """
        \u{FEFF}# France
        2027-05-06   # Ascension
        2027-12-24/2027-12-26
        *-01-01

        SAT,SUN
        MON-FRI 22:00-06:00
        """)
    #expect(
      calendar
        == (try ScheduleCalendar(
          "closed", dates: ["2027-05-06", "2027-12-24", "2027-12-25", "2027-12-26", "*-01-01"],
          windows: ["SAT,SUN", "MON-FRI 22:00-06:00"])))
    #expect(try ScheduleCalendar("", reading: calendar.jsonValue.json) == calendar)
    let data = try JSONEncoder().encode(calendar)
    #expect(try JSONDecoder().decode(ScheduleCalendar.self, from: data) == calendar)
  }

  @Test func `of iCalendar the all-day events count`() throws {
    let calendar = try ScheduleCalendar(
      "fr",
      reading: """
        BEGIN:VCALENDAR\r
        BEGIN:VEVENT\r
        SUMMARY:Ascension\r
        DTSTART;VALUE=DATE:20270\r
         506\r
        END:VEVENT\r
        BEGIN:VEVENT\r
        DTSTART;VALUE=DATE:20271224\r
        DTEND;VALUE=DATE:20271227\r
        END:VEVENT\r
        BEGIN:VEVENT\r
        DTSTART;VALUE=DATE:20200501\r
        RRULE:FREQ=YEARLY\r
        END:VEVENT\r
        BEGIN:VEVENT\r
        DTSTART:20270101T100000Z\r
        END:VEVENT\r
        END:VCALENDAR\r
        """)
    #expect(
      calendar
        == (try ScheduleCalendar(
          "fr", dates: ["2027-05-06", "2027-12-24/2027-12-26", "*-05-01"])))
  }

  /// A calendar's text, and a part of what is said about it.
  private static let wrong: [(String, String)] = [
    ("", "neither dates nor windows"),
    ("# nothing", "neither dates nor windows"),
    ("2027-02-30", "no such date"),
    ("2027-02-28T09:00", "no time of day"),
    ("2027-02-28/2027-02-27", "ends before"),
    ("0001-01-01/9999-12-31", "at most 100000"),
    ("*-13-01", "no such date"),
    ("SATURDAY", "SUN, MON"),
    ("MON-TUE-WED", "two ends"),
    ("MON 9-17", "time of day"),
    ("MON 09:00", "two times"),
    ("MON 09:00-09:00", "empty"),
    ("MON 09:00-24:01", "time of day"),
    ("09:00-17:00 MON", "days stand first"),
    ("MON 09:00-17:00 now", "days and times"),
    ("{\"dates\":[5]}", "array of texts"),
    ("{\"days\":[]}", "no 'days'"),
    ("{", "JSON"),
    (
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270101\nRRULE:FREQ=DAILY\nEND:VEVENT",
      "no other way"
    ),
  ]

  @Test(arguments: wrong)
  func `a text that is no calendar is refused`(_ text: String, _ part: String) {
    let error = #expect(throws: RecurrenceError.self) {
      _ = try ScheduleCalendar("x", reading: text)
    }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
  }

  // MARK: Schedules

  private let christmas = "2027-12-23T00:00:00Z"

  private func holidays(_ collision: CalendarRules.Collision) throws -> CalendarRules {
    CalendarRules(
      excluding: [try ScheduleCalendar("", dates: ["2027-12-25"], windows: ["SUN"])],
      onCollision: collision)
  }

  @Test func `what it closes is skipped`() throws {
    #expect(
      try days("0 9 * * *", holidays(.skip), after: christmas, 4)
        == ["2027-12-23T09:00", "2027-12-24T09:00", "2027-12-27T09:00", "2027-12-28T09:00"])
  }

  @Test func `or moves to the nearest open day at its time of day, where it comes once`() throws {
    // 25 December 2027 is a Saturday.
    #expect(
      try days("0 9 25 * *", holidays(.after), after: christmas, 2)
        == ["2027-12-27T09:00", "2028-01-25T09:00"])
    #expect(
      try days("0 9 25 * *", holidays(.before), after: christmas, 2)
        == ["2027-12-24T09:00", "2028-01-25T09:00"])
    #expect(
      try days("0 9 * * *", holidays(.after), after: christmas, 4)
        == ["2027-12-23T09:00", "2027-12-24T09:00", "2027-12-27T09:00", "2027-12-28T09:00"])
    #expect(
      try days("0 9,17 26 * *", holidays(.before), after: christmas, 2)
        == ["2027-12-24T09:00", "2027-12-24T17:00"])
  }

  @Test func `moves are known from what they were`() throws {
    let timetable = try Timetable(
      Recurrence("0 9 25 12 *"), in: paris, calendars: holidays(.after))
    let next = timetable.next(after: try Instant(rfc3339: christmas))
    #expect(next?.movedFrom == (try Instant(rfc3339: "2027-12-25T08:00:00Z")))
    let unmoved = timetable.next(after: try Instant(rfc3339: "2027-12-27T08:00:00Z"))
    #expect(
      unmoved == Occurrence(nominal: try Instant(rfc3339: "2028-12-25T08:00:00Z")))
  }

  @Test func `within a day it moves to the opening, or the last open minute`() throws {
    let office = try ScheduleCalendar("office", windows: ["MON-FRI 09:00-17:00"])
    let after = CalendarRules(requiring: [office], onCollision: .after)
    let before = CalendarRules(requiring: [office], onCollision: .before)
    // Friday 1 January 2027.
    #expect(
      try days("0 20 * * FRI", after, after: "2027-01-01T00:00:00Z", 1) == ["2027-01-04T09:00"])
    #expect(
      try days("0 20 * * FRI", before, after: "2027-01-01T00:00:00Z", 1) == ["2027-01-01T16:59"])
    #expect(
      try days("0 10 * * SAT", after, after: "2027-01-01T00:00:00Z", 1) == ["2027-01-04T10:00"])
    let night = CalendarRules(
      excluding: [try ScheduleCalendar("", windows: ["22:00-06:00"])], onCollision: .after)
    #expect(
      try days("0 3 * * *", night, after: "2027-01-01T12:00:00Z", 1) == ["2027-01-02T06:00"])
    #expect(
      try days("30 * * * *", night, after: "2027-01-01T20:00:00Z", 2)
        == ["2027-01-01T21:30", "2027-01-02T06:00"])
  }

  @Test func `a delay after completion waits for the opening`() throws {
    let timetable = try Timetable(
      Recurrence("@after 1h"), in: paris,
      calendars: CalendarRules(excluding: [try ScheduleCalendar("", windows: ["22:00-06:00"])]))
    #expect(
      timetable.next(after: try Instant(rfc3339: "2027-01-01T20:30:00Z"))?.nominal
        == (try Instant(rfc3339: "2027-01-02T05:00:00Z")))
  }

  @Test(arguments: CalendarRules.Collision.allCases)
  func `calendars that close everything end it, soon`(_ collision: CalendarRules.Collision) throws {
    let always = try ScheduleCalendar("", windows: ["SUN-SAT"])
    let past = try ScheduleCalendar("", dates: ["2020-01-01"])
    for calendars in [
      CalendarRules(excluding: [always], onCollision: collision),
      CalendarRules(requiring: [past], onCollision: collision),
    ] {
      for text in ["* * * * * *", "@daily", "@every 1s", "@after 1s", "0 0 29 2 *"] {
        #expect(try days(text, calendars, after: "2027-01-01T00:00:00Z", 1) == [], "\(text)")
      }
    }
    let never = CalendarRules(
      excluding: [try ScheduleCalendar("", windows: ["09:00-10:00"])], onCollision: .skip)
    #expect(try days("30 9 * * *", never, after: "2027-01-01T00:00:00Z", 1) == [])
  }

  @Test func `every occurrence is found whatever instant it is asked from`() throws {
    var random = SeededGenerator(seed: 4)
    let begin = try Instant(rfc3339: "2027-01-01T00:00:00Z")
    for collision in CalendarRules.Collision.allCases {
      for expression in ["0 9 * * *", "30 */7 * * *", "0 20 * * FRI,SUN", "15 3 1-7 * *"] {
        let calendars = CalendarRules(
          excluding: [
            try ScheduleCalendar(
              "", dates: ["2027-01-06", "2027-01-15/2027-01-19"], windows: ["22:00-06:00"])
          ], requiring: [try ScheduleCalendar("", windows: ["MON-FRI", "SAT 08:00-12:00"])],
          onCollision: collision)
        let timetable = try Timetable(Recurrence(expression), in: paris, calendars: calendars)
        let base = try Timetable(Recurrence(expression), in: paris)
        // As it is said: every occurrence is put where it goes, and then they are sorted.
        var openDays = OpenDays(rules: calendars)
        var expected: Set<Instant> = []
        for occurrence in base.occurrences(
          after: begin - .seconds(90 * 86_400),
          through: begin
            + .seconds(190 * 86_400))
        {
          let local = LocalTime(occurrence.nominal, in: paris).seconds
          if calendars.isOpen(local: local) {
            expected.insert(occurrence.nominal)
          } else if let moved = openDays.moved(local: local), let instant = paris.instant(of: moved)
          {
            expected.insert(instant)
          }
        }
        let sorted = expected.sorted()
        for _ in 0..<80 {
          let instant = begin + .seconds(Int.random(in: 0..<90 * 86_400, using: &random))
          let next = sorted.first { $0 > instant }
          #expect(timetable.next(after: instant)?.nominal == next, "\(expression) \(instant)")
        }
      }
    }
  }

  // MARK: Openings

  @Test func `the next opening is the first open instant, over every change of the clocks`() throws
  {
    let rules = [
      CalendarRules(excluding: [try ScheduleCalendar("", windows: ["02:10-03:40"])]),
      CalendarRules(requiring: [try ScheduleCalendar("", windows: ["02:00-02:20", "12:00-13:00"])]),
      CalendarRules(requiring: [try ScheduleCalendar("", windows: ["SUN 02:50-03:10"])]),
      CalendarRules(
        excluding: [try ScheduleCalendar("", windows: ["SUN 23:00-05:00"])],
        requiring: [try ScheduleCalendar("", windows: ["SUN"])]),
    ]
    for (name, day) in [
      ("Europe/Paris", "2027-03-27"), ("Europe/Paris", "2027-10-30"),
      ("America/New_York", "2027-11-06"), ("Australia/Lord_Howe", "2027-04-03"),
      ("Antarctica/Troll", "2027-10-30"),
    ] {
      let zone = try ZoneRules.named(name)
      let begin = try Instant(rfc3339: "\(day)T12:00:00Z")
      for rule in rules {
        var expected: Instant?
        // Back from where it surely is known; nothing opens or closes within ten minutes.
        for minute in stride(from: 8 * 1_440, through: 0, by: -10) {
          let instant = begin + .seconds(minute * 60)
          if rule.isOpen(at: instant, in: zone) { expected = instant }
          guard minute <= 1_440 else { continue }
          #expect(rule.nextOpening(after: instant, in: zone) == expected, "\(name) \(instant)")
        }
      }
    }
  }
}
