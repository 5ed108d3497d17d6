import Foundation
import Testing

@testable import Carillon

@Suite struct CronTests {
  private func fires(
    _ expression: String, _ zone: String = "UTC", after: String, _ count: Int = 3
  ) throws -> [String] {
    let cron = try Cron(expression)
    let rules = try ZoneRules.named(zone)
    var instant = try Instant(rfc3339: after)
    return (0..<count).compactMap { _ in
      guard let next = cron.next(after: instant, in: rules) else { return nil }
      instant = next
      return next.rfc3339.replacing(".000000", with: "")
    }
  }

  @Test func `weekdays at nine`() throws {
    #expect(
      try fires("0 9 * * MON-FRI", "Europe/Paris", after: "2027-01-01T08:00:00Z")
        == ["2027-01-04T08:00:00Z", "2027-01-05T08:00:00Z", "2027-01-06T08:00:00Z"])
  }

  /// Expression, and the first three times after noon on 1 February 2028, a Tuesday of a leap year.
  private static let table: [(String, [String])] = [
    ("*/20 * * * *", ["2028-02-01T12:20", "2028-02-01T12:40", "2028-02-01T13:00"]),
    ("5/20 13 * * *", ["2028-02-01T13:05", "2028-02-01T13:25", "2028-02-01T13:45"]),
    ("0 0 L * *", ["2028-02-29T00:00", "2028-03-31T00:00", "2028-04-30T00:00"]),
    ("0 0 L-1 * *", ["2028-02-28T00:00", "2028-03-30T00:00", "2028-04-29T00:00"]),
    ("0 0 LW * *", ["2028-02-29T00:00", "2028-03-31T00:00", "2028-04-28T00:00"]),
    ("0 0 15W * *", ["2028-02-15T00:00", "2028-03-15T00:00", "2028-04-14T00:00"]),
    ("0 0 1W * *", ["2028-03-01T00:00", "2028-04-03T00:00", "2028-05-01T00:00"]),
    ("0 0 * * FRIL", ["2028-02-25T00:00", "2028-03-31T00:00", "2028-04-28T00:00"]),
    ("0 0 * * 5L", ["2028-02-25T00:00", "2028-03-31T00:00", "2028-04-28T00:00"]),
    ("0 0 * * MON#1", ["2028-02-07T00:00", "2028-03-06T00:00", "2028-04-03T00:00"]),
    ("0 0 ? * 7", ["2028-02-06T00:00", "2028-02-13T00:00", "2028-02-20T00:00"]),
    ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
    // Either day field is enough when both are restricted; with a star, both must match.
    ("0 0 13 * FRI", ["2028-02-04T00:00", "2028-02-11T00:00", "2028-02-13T00:00"]),
    ("0 0 */2 * FRI", ["2028-02-11T00:00", "2028-02-25T00:00", "2028-03-03T00:00"]),
    ("0 0 * NOV-FEB SAT-SUN", ["2028-02-05T00:00", "2028-02-06T00:00", "2028-02-12T00:00"]),
    ("@monthly", ["2028-03-01T00:00", "2028-04-01T00:00", "2028-05-01T00:00"]),
  ]

  @Test(arguments: table)
  func `fires when it says`(_ expression: String, _ times: [String]) throws {
    #expect(
      try fires(expression, after: "2028-02-01T12:00:00Z") == times.map { $0 + ":00Z" },
      "\(expression)")
  }

  @Test func `seconds come first of six fields`() throws {
    #expect(
      try fires("10,50 0 9 * * *", after: "2027-05-01T09:00:30Z")
        == ["2027-05-01T09:00:50Z", "2027-05-02T09:00:10Z", "2027-05-02T09:00:50Z"])
  }

  @Test func `a Friday the 29th of February is found, 28 years on`() throws {
    #expect(
      try fires("0 0 */1 2 5#5", after: "2025-01-01T00:00:00Z", 1) == ["2036-02-29T00:00:00Z"])
  }

  /// Expression, position of what is wrong, and a part of what is said.
  private static let wrong: [(String, Int?, String)] = [
    ("", nil, "empty"),
    ("* * * *", nil, "4 fields"),
    ("* * * * * * *", 12, "7 fields"),
    ("60 * * * *", 0, "0 to 59"),
    ("* 24 * * *", 2, "0 to 23"),
    ("* * 0 * *", 4, "1 to 31"),
    ("* * * 13 *", 6, "JAN to DEC"),
    ("* * * * 8", 8, "Sunday"),
    ("* * * * MONDAY", 8, "SUN to SAT"),
    ("*/0 * * * *", 2, "1 to 60"),
    ("*/100000000 * * * *", 2, "1 to 60"),
    ("1-99999999999999999999 * * * *", 2, "too long"),
    ("50-10 * * * *", 3, "50-59,0-10"),
    ("1, * * * *", 2, "nothing"),
    ("5x * * * *", 1, "'X'"),
    ("? * * * *", 0, "write '*'"),
    ("* * * * 5#6", 10, "at most 5"),
    ("* * L-31 * *", 6, "L-1 to L-30"),
    ("* * 30 2 *", nil, "never fires"),
    ("* * 31 4,6,9,11 *", nil, "never fires"),
    ("@reboot", 0, "no time"),
    ("@fortnightly", 0, "@weekly"),
    ("@daily 5", 7, "alone"),
    ("0 9 * * 1\u{661}", 9, "can't go on"),
  ]

  @Test(arguments: wrong)
  func `says where it is wrong and what would be right`(
    _ expression: String, _ position: Int?, _ part: String
  ) {
    let error = #expect(throws: CronError.self) { _ = try Cron(expression) }
    #expect(error?.position == position, "\(expression): \(error?.description ?? "")")
    #expect(error?.problem.contains(part) == true, "\(expression): \(error?.description ?? "")")
  }

  @Test func `whatever is thrown at it, it answers soon`() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("0123456789*/,-?LW# @MONFRIJANDEC\u{e9}")
    for _ in 0..<20_000 {
      let length = Int.random(in: 0...40, using: &random)
      let text = String((0..<length).compactMap { _ in alphabet.randomElement(using: &random) })
      guard let cron = try? Cron(text) else { continue }
      #expect(cron.next(after: Instant(microseconds: 0), in: .utc) != nil, "\(text)")
    }
    #expect(throws: CronError.self) { _ = try Cron(String(repeating: "1,", count: 1_000_000)) }
  }

  // MARK: Changes of the clocks

  /// Zone, expression, the instant to start from, and what follows.
  private static let changes: [(String, String, String, [String])] = [
    // Paris goes from 02:00 to 03:00 on 28 March 2027: 02:30 isn't there.
    (
      "Europe/Paris", "30 2 * * *", "2027-03-27T00:00:00Z",
      ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]
    ),
    // And from 03:00 to 02:00 on 31 October: 02:30 is there twice.
    (
      "Europe/Paris", "30 2 * * *", "2027-10-30T12:00:00Z",
      ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]
    ),
    // A wildcard hour follows elapsed time.
    (
      "Europe/Paris", "30 * * * *", "2027-10-31T00:00:00Z",
      ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"]
    ),
    (
      "Europe/Paris", "30 * * * *", "2027-03-28T00:00:00Z",
      ["2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z", "2027-03-28T02:30:00Z"]
    ),
    // Half an hour in Lord Howe: from 02:00 to 02:30 on 3 October 2027.
    (
      "Australia/Lord_Howe", "15 2 * * *", "2027-10-02T12:00:00Z",
      ["2027-10-02T15:30:00Z", "2027-10-03T15:15:00Z"]
    ),
    // Two hours in Troll: from 01:00 to 03:00 on 28 March 2027.
    (
      "Antarctica/Troll", "30 1 * * *", "2027-03-27T12:00:00Z",
      ["2027-03-28T01:00:00Z", "2027-03-28T23:30:00Z"]
    ),
    // Apia had no 30 December 2011.
    (
      "Pacific/Apia", "0 9 * * *", "2011-12-29T00:00:00Z",
      ["2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"]
    ),
    // São Paulo's midnight was left out on 4 November 2018.
    (
      "America/Sao_Paulo", "0 0 * * *", "2018-11-03T12:00:00Z",
      ["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"]
    ),
    (
      "America/New_York", "0 2,3 * * *", "2027-03-14T00:00:00Z",
      ["2027-03-14T07:00:00Z", "2027-03-15T06:00:00Z", "2027-03-15T07:00:00Z"]
    ),
  ]

  @Test(arguments: changes)
  func `over a change of the clocks a fixed time fires once, a wildcard as time passes`(
    _ zone: String, _ expression: String, _ after: String, _ times: [String]
  ) throws {
    #expect(
      try fires(expression, zone, after: after, times.count) == times, "\(expression) in \(zone)")
  }

  @Test func `what is done in gap and overlap can be chosen`() throws {
    let cron = try Cron("30 2 * * *")
    let paris = try ZoneRules.named("Europe/Paris")
    func next(_ after: String, _ change: ClockChange) throws -> String? {
      cron.next(after: try Instant(rfc3339: after), in: paris, clockChange: change)?.rfc3339
    }
    let spring = "2027-03-27T12:00:00Z"
    #expect(try next(spring, .init(gap: .skip)) == "2027-03-29T00:30:00.000000Z")
    let autumn = "2027-10-30T12:00:00Z"
    #expect(try next(autumn, .init(overlap: .second)) == "2027-10-31T01:30:00.000000Z")
    #expect(try next(autumn, .init(overlap: .both)) == "2027-10-31T00:30:00.000000Z")
    #expect(
      try next("2027-10-31T00:30:00Z", .init(overlap: .both)) == "2027-10-31T01:30:00.000000Z")
  }

  /// Every change of the clocks from 2010 to 2037 in many zones, against the rule as it is said: a
  /// minute counts if its local time matches and hasn't been before; a gap counts once, at its end.
  @Test(arguments: [
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia",
    "Africa/Casablanca", "America/Sao_Paulo", "Africa/Cairo", "Asia/Tehran", "America/St_Johns",
    "Asia/Gaza", "America/Havana", "Asia/Beirut", "Europe/Istanbul", "America/Caracas",
    "Asia/Pyongyang", "Pacific/Fiji", "America/Asuncion", "Asia/Amman", "Europe/Moscow",
    "America/Scoresbysund", "Pacific/Norfolk", "Africa/Juba", "Asia/Hovd", "Europe/Dublin",
  ])
  func `every change of the clocks is passed by the rule`(_ name: String) throws {
    let zone = try ZoneRules.named(name)
    let first = try Instant(rfc3339: "2010-01-01T00:00:00Z").wholeSeconds
    let last = try Instant(rfc3339: "2038-01-01T00:00:00Z").wholeSeconds
    for (old, new) in zip(zone.spans, zone.spans.dropFirst())
    where (first..<last).contains(new.start) {
      let hour = (new.start + min(old.offset, new.offset)).dividedDown(by: 86_400).remainder / 3_600
      for minutes in [[0], [30], [15, 45]] {
        let cron = try Cron("\(minutes.map(String.init).joined(separator: ",")) \(hour) * * *")
        func matches(_ local: Int) -> Bool {
          let time = local.dividedDown(by: 86_400).remainder
          return time % 60 == 0 && time / 3_600 == hour && minutes.contains(time / 60 % 60)
        }
        let (begin, end) = (new.start - 90_000, new.start + 90_000)
        var expected: Set<Int> = []
        for second in stride(from: begin - begin % 60 + 60, to: end, by: 60) {
          let local = second + zone.spans[zone.index(at: second)].offset
          let wasBefore = second >= new.start && local < old.localEnd
          if matches(local), !wasBefore { expected.insert(second) }
        }
        if stride(from: old.localEnd, to: new.localStart, by: 60).contains(where: matches) {
          expected.insert(new.start)
        }
        var found: Set<Int> = []
        var instant = Instant(microseconds: Int64(begin) * 1_000_000)
        while let next = cron.next(after: instant, in: zone), next.wholeSeconds < end {
          found.insert(next.wholeSeconds)
          instant = next
        }
        #expect(found == expected, "\(cron.expression) around \(new.start)")
      }
    }
  }
}
