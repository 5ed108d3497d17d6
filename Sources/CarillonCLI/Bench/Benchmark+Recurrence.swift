import Carillon
import Foundation

extension Benchmark {
  /// What people ask of a scheduler, in turn.
  private static let ordinary = [
    ("0 9 * * MON-FRI", "Europe/Paris"), ("*/15 * * * *", "America/New_York"),
    ("@daily", "Asia/Tokyo"), ("0 0 L * *", "Europe/London"), ("@every 15m", "UTC"),
    ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17", "Europe/Paris"),
  ]

  /// How many next instants of ordinary schedules one core works out in a second.
  func nextInstants() throws -> Double {
    let first = try Instant(rfc3339: "2027-01-01T00:00:00Z")
    let timetables = try Benchmark.ordinary.map { text, zone in
      try Timetable(Recurrence(text), in: .named(zone))
    }
    let clock = SystemClock()
    let begin = clock.uptime()
    var count = 0
    while true {
      for timetable in timetables {
        var instant = first
        for _ in 0..<1_000 {
          guard let next = timetable.next(after: instant) else { break }
          instant = next.nominal
          count += 1
        }
      }
      let elapsed = clock.uptime() - begin
      guard elapsed < .milliseconds(100) else {
        return Double(count) * 1_000_000 / Double(elapsed.microseconds)
      }
    }
  }
}
