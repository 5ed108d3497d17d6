import CarillonTesting
import Foundation
import Testing

@testable import Carillon

/// Texts that nobody would write, of every kind. `CARILLON_LONG=1` makes it 100 000, and in a release
/// build holds each to 10 ms.
@Suite struct RecurrenceFuzzTests {
  private static let isLong = ProcessInfo.processInfo.environment["CARILLON_LONG"] != nil
  private static let count = isLong ? 100_000 : 500

  @Test func `whatever is thrown at it, it answers soon`() throws {
    let run = try RecurrenceFuzzTests.run(RecurrenceFuzzTests.count)
    #expect(run.readable > RecurrenceFuzzTests.count / 10, "\(run.readable) texts can be read")
    #if DEBUG
      let limit = 0.5
    #else
      let limit = 0.01
    #endif
    #expect(run.slowest < limit, "\(run.slowest) s for \(run.slowestText)")
    if RecurrenceFuzzTests.isLong {
      print(
        "\(RecurrenceFuzzTests.count) texts, \(run.readable) readable, slowest "
          + "\(run.slowest * 1_000) ms: \(run.slowestText)")
    }
  }

  /// In a process of its own: the memory of this one is that of all tests that run beside it.
  @Test func `whatever is thrown at it, it keeps nothing`() async {
    await #expect(processExitsWith: .success) {
      let grown = try RecurrenceFuzzTests.run(RecurrenceFuzzTests.count).grown
      #expect(grown < 50 << 20, "grown by \(grown >> 10) KiB")
    }
  }

  private struct Run {
    var readable = 0
    /// Seconds, and what took them.
    var slowest = 0.0
    var slowestText = ""
    /// Bytes, since a tenth was done.
    var grown = 0
  }

  private static func run(_ count: Int) throws -> Run {
    var run = Run()
    var fuzz = Fuzz(seed: 17)
    let zones = try ["UTC", "Europe/Paris", "Pacific/Apia", "Australia/Lord_Howe"].map(
      ZoneRules.named)
    /// Does one thing, and looks how long this thread worked on it.
    func timed<Answer>(_ text: @autoclosure () -> String, _ body: () -> Answer) -> Answer {
      let begin = RecurrenceFuzzTests.threadSeconds()
      let answer = body()
      let took = RecurrenceFuzzTests.threadSeconds() - begin
      if took > run.slowest { (run.slowest, run.slowestText) = (took, text()) }
      return answer
    }
    // What is allocated once, such as the zones, is there after some rounds.
    var memory = 0
    for round in 0..<count {
      if round == count / 10 { memory = RecurrenceFuzzTests.residentBytes() }
      let text = fuzz.text()
      let (calendars, zone, instant) = (fuzz.calendars(), fuzz.element(zones), fuzz.instant())
      guard let recurrence = timed("reading \(text)", { try? Recurrence(text) }) else { continue }
      run.readable += 1
      #expect(try Recurrence(recurrence.description) == recurrence, "\(text)")
      guard let timetable = try? Timetable(recurrence, in: zone),
        let limited = try? Timetable(recurrence, in: zone, calendars: calendars)
      else { continue }
      let words = timed("explaining \(text)") { timetable.explanation }
      #expect(!words.isEmpty)
      for timetable in [timetable, limited] {
        let next = timed("\(text) after \(instant) \(timetable.calendars.collision)") {
          timetable.next(after: instant)
        }
        guard let next else { continue }
        #expect(next.nominal > instant, "\(text)")
        _ = timed("marking \(text)") { timetable.clockNote(at: next) }
      }
    }
    run.grown = RecurrenceFuzzTests.residentBytes() - memory
    return run
  }

  /// Of this thread: another one's work must not make a test fail.
  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// 0 where the system doesn't say.
  private static func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// Makes texts that are nearly recurrences.
private struct Fuzz {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  private static let seeds = [
    "0 9 * * MON-FRI", "*/15 9-17 1,15 JAN-MAR 1#2", "0 0 L-3,15W * FRIL", "30 0 9 * * *", "@daily",
    "@every 1h30m from 2026-01-01T00:00:00Z", "@after 10m", "@at 2027-03-28T02:30",
    "DTSTART:20270104T090000 RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR;BYSETPOS=1",
    "DTSTART:20270104T090000 RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3;COUNT=7",
    "RRULE:FREQ=YEARLY;BYWEEKNO=1,-1;BYDAY=MO;WKST=SU EXDATE:20280103,20290101T000000Z",
    "DTSTART;TZID=Europe/Paris:20270104T090000 RDATE:20270105T090000 RRULE:FREQ=DAILY",
    "DTSTART:20270104T090000 RRULE:FREQ=MINUTELY;INTERVAL=7;BYYEARDAY=-1,366;UNTIL=20400101",
  ]
  private static let pieces = [
    "*", "/", "-", ",", "#", "L", "W", "?", ";", ":", "=", " ", "\n", "0", "1", "7", "29", "31",
    "60",
    "366", "-1", "-366", "999999999", "99999999999999999999", "1-100000000", "FREQ=", "BYDAY=",
    "COUNT=1000000", "INTERVAL=86399", "INTERVAL=999999999", "BYSETPOS=-1,366", "BYSECOND=1,3,5",
    "UNTIL=99991231T235959Z", "DTSTART:", "SECONDLY", "YEARLY", "MO", "5TH", "FRI", "FEB", "@every",
    "36500d", "1ms", "T", "Z", "é", "٣", "\u{0}", "9999", "00010101T000000",
  ]
  private static let frequencies = [
    "YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY",
  ]

  mutating func element<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: elements.indices, using: &random)]
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  mutating func text() -> String {
    switch number(0...9) {
    case 0: return (0..<number(0...30)).map { _ in element(Fuzz.pieces) }.joined()
    case 1...4: return rule()
    case 5: return cron()
    default: return mutated(element(Fuzz.seeds))
    }
  }

  private mutating func mutated(_ seed: String) -> String {
    var characters = Array(seed)
    for _ in 0..<number(0...3) {
      let place = number(0...characters.count)
      switch number(0...2) {
      case 0: characters.insert(contentsOf: element(Fuzz.pieces), at: place)
      case 1: if place < characters.count { characters.remove(at: place) }
      default:
        let end = min(characters.count, place + number(0...8))
        characters.replaceSubrange(place..<end, with: element(Fuzz.pieces))
      }
    }
    return String(characters)
  }

  private mutating func list(_ range: ClosedRange<Int>) -> String {
    (0..<number(1...4)).map { _ in "\(number(range))" }.joined(separator: ",")
  }

  /// A rule that can be read, but may hardly ever happen.
  private mutating func rule() -> String {
    var parts = ["FREQ=\(element(Fuzz.frequencies))"]
    if number(0...1) == 0 {
      parts.append(
        "INTERVAL=\(element([2, 3, 7, 59, 61, 97, 400, 1_441, 3_601, 86_399, 86_401, 999_999_999]))"
      )
    }
    for (name, range) in [
      ("BYMONTH", 1...12), ("BYMONTHDAY", -31...31), ("BYYEARDAY", -366...366),
      ("BYWEEKNO", -53...53), ("BYHOUR", 0...23), ("BYMINUTE", 0...59), ("BYSECOND", 0...59),
      ("BYSETPOS", -9...9),
    ] where number(0...3) == 0 {
      parts.append("\(name)=\(list(range))")
    }
    if number(0...3) == 0 { parts.append("BYDAY=\(element(["MO", "5MO", "-53SU", "SA,SU,1TU"]))") }
    if number(0...4) == 0 { parts.append("COUNT=\(number(1...120_000))") }
    return
      "DTSTART:\(number(1_970...2_040))0\(number(1...9))2\(number(0...8))T0\(number(0...9))3015 "
      + "RRULE:\(parts.joined(separator: ";"))"
  }

  private mutating func cron() -> String {
    [0...59, 0...59, 0...23, 1...31, 1...12, 0...6].map { range in
      number(0...2) == 0 ? "*" : list(range)
    }.joined(separator: " ")
  }

  mutating func instant() -> Instant {
    switch number(0...5) {
    case 0: Instant(microseconds: Int64.random(in: .min ... .max, using: &random))
    default: Instant(microseconds: Int64.random(in: 0...4_102_444_800_000_000, using: &random))
    }
  }

  mutating func calendars() -> CalendarRules {
    func calendar(_ windows: [String], _ dates: [String] = []) -> [ScheduleCalendar] {
      (try? ScheduleCalendar("", dates: dates, windows: windows)).map { [$0] } ?? []
    }
    let collision = element(CalendarRules.Collision.allCases)
    return switch number(0...4) {
    case 0: CalendarRules(excluding: calendar(["SAT,SUN"]), onCollision: collision)
    case 1: CalendarRules(requiring: calendar(["MON-FRI 09:00-17:00"]), onCollision: collision)
    case 2: CalendarRules(excluding: calendar(["SUN-SAT"]), onCollision: collision)
    case 3:
      CalendarRules(requiring: calendar([], ["2029-01-01", "2038-01-01"]), onCollision: collision)
    default:
      CalendarRules(
        excluding: calendar(["22:00-06:00"], ["2020-01-01/2028-12-31"]), onCollision: collision)
    }
  }
}
