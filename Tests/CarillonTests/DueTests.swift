import Foundation
import Testing

@testable import Carillon

@Suite struct DueTests {
  private let zero = Instant(microseconds: 1_800_000_000_000_000)  // 2027-01-15T08:00:00Z

  private func at(_ seconds: Int) -> Instant { zero + .seconds(seconds) }

  private func due(
    _ text: String, after last: Int, now: Int, _ policy: MisfirePolicy,
    threshold: Duration = .seconds(60)
  ) throws -> Due {
    try Timetable(Recurrence(text)).due(
      after: at(last), now: at(now), policy: policy, threshold: threshold)
  }

  private func fired(_ due: Due) -> [String] {
    due.fire.map {
      "\(($0.occurrence.nominal - zero).microseconds / 1_000_000) \($0.reason.rawValue)"
    }
  }

  @Test func `nothing is due before its time, and the next is known`() throws {
    let due = try due("@every 10m", after: 0, now: 599, .once)
    #expect(due == Due(fire: [], missed: 0, next: at(600)))
  }

  @Test func `what is late within the threshold fires as always`() throws {
    let due = try due("@every 10m", after: 0, now: 660, .skip)
    #expect(fired(due) == ["600 on_time"])
    #expect(due.missed == 0)
    #expect(due.next == at(1_200))
  }

  /// After ten minutes without anybody, of a schedule that fires every minute.
  @Test func `each policy does what it says about ten missed minutes`() throws {
    let last = 0
    let now = 10 * 60 + 30
    // 540 is 90 s late, 600 is 30 s late.
    let skipped = try due("@every 1m", after: last, now: now, .skip)
    #expect(fired(skipped) == ["600 on_time"])
    #expect(skipped.missed == 9)
    let once = try due("@every 1m", after: last, now: now, .once)
    #expect(fired(once) == ["540 catch_up", "600 on_time"])
    #expect(once.missed == 8)
    let all = try due("@every 1m", after: last, now: now, .all())
    #expect(
      fired(all) == (1...9).map { "\($0 * 60) catch_up" } + ["600 on_time"])
    #expect(all.missed == 0)
    let three = try due("@every 1m", after: last, now: now, .all(max: 3))
    #expect(fired(three) == ["420 catch_up", "480 catch_up", "540 catch_up", "600 on_time"])
    #expect(three.missed == 6)
    let window = try due("@every 1m", after: last, now: now, .all(window: .seconds(210)))
    #expect(fired(window) == ["420 catch_up", "480 catch_up", "540 catch_up", "600 on_time"])
    for due in [skipped, once, all, three, window] { #expect(due.next == at(660)) }
  }

  @Test func `a daily run that was missed over a deploy is caught up once`() throws {
    let day = 86_400
    let due = try due("0 9 * * *", after: 3_600, now: 2 * day, .once)
    #expect(fired(due) == ["\(day + 3_600) catch_up"])
    #expect(due.missed == 0)
    #expect(due.next == at(2 * day + 3_600))
  }

  @Test func `what is on time in great numbers is fired in portions`() throws {
    let first = try due("@every 1s", after: 0, now: 2_500, .skip, threshold: .seconds(86_400))
    #expect(first.fire.count == Due.mostOnTime)
    #expect(first.next == at(Due.mostOnTime + 1))
    let second = try due(
      "@every 1s", after: Due.mostOnTime, now: 2_500, .skip, threshold: .seconds(86_400))
    #expect(second.fire.first?.occurrence.nominal == at(Due.mostOnTime + 1))
  }

  @Test func `a delay after completion is never left out, or it would never come again`() throws {
    for policy in [MisfirePolicy.skip, .once, .all()] {
      let late = try due("@after 10m", after: 0, now: 100_000, policy)
      #expect(fired(late) == ["600 catch_up"])
      #expect(late.next == nil)
    }
    #expect(fired(try due("@after 10m", after: 0, now: 610, .skip)) == ["600 on_time"])
  }

  @Test func `what is over has nothing due`() throws {
    #expect(
      try due("@at 2027-01-15T08:00", after: 0, now: 1_000, .all())
        == Due(fire: [], missed: 0, next: nil))
  }

  /// Policies against the rule as it is said, over all occurrences one by one.
  @Test func `agrees with going over every single occurrence`() throws {
    for text in ["@every 1m", "*/7 * * * *", "0 * * * *", "10 0-20 9 * * *", "0 3 * * SUN"] {
      let timetable = try Timetable(Recurrence(text))
      for hours in [0, 1, 5, 40, 300] {
        let now = at(hours * 3_600 + 17)
        let all = timetable.occurrences(after: zero, through: now).map(\.nominal)
        let late = all.filter { $0 < now - .seconds(60) }
        let onTime = all.filter { $0 >= now - .seconds(60) }
        let policies: [(MisfirePolicy, [Instant])] = [
          (.skip, []), (.once, Array(late.suffix(1))), (.all(max: 5), Array(late.suffix(5))),
          (.all(max: 300), Array(late.suffix(300))),
          (
            .all(window: .seconds(7_200)), late.filter { $0 >= now - .seconds(7_200) }.suffix(1_000)
          ),
        ]
        for (policy, chosen) in policies {
          let due = timetable.due(after: zero, now: now, policy: policy)
          #expect(
            due.fire.map(\.occurrence.nominal) == chosen + onTime,
            "\(text) \(hours) h, \(policy)")
          #expect(due.missed == min(late.count - chosen.count, Due.mostCounted))
          #expect(due.next == timetable.next(after: now)?.nominal)
        }
      }
    }
  }

  @Test func `ten years of every second are decided without going over them`() throws {
    let now = 10 * 365 * 86_400
    for text in ["@every 1s", "* * * * * *", "RRULE:FREQ=SECONDLY", "* * 9-17 * * MON-FRI"] {
      let begin = ContinuousClock.now
      let skipped = try due(text, after: 0, now: now, .skip)
      #expect(skipped.missed == Due.mostCounted)
      let once = try due(text, after: 0, now: now, .once)
      #expect(once.fire.filter { $0.reason == .catchUp }.count == 1)
      let all = try due(text, after: 0, now: now, .all())
      #expect(all.fire.filter { $0.reason == .catchUp }.count == MisfirePolicy.mostCatchUps)
      // Going over them would take minutes.
      #expect(ContinuousClock.now - begin < .seconds(10), "\(text)")
    }
  }

  @Test func `a policy is read as it is written`() throws {
    for (text, policy) in [
      ("skip", .skip), ("once", .once), ("all", .all()), ("all:50", .all(max: 50)),
      ("all:50:24h", .all(max: 50, window: .seconds(86_400))),
      ("all:1000:1h", .all(window: .seconds(3_600))),
    ] as [(String, MisfirePolicy)] {
      #expect(try MisfirePolicy(text) == policy)
      #expect(try MisfirePolicy(policy.description) == policy)
    }
    for text in [
      "", "never", "all:", "all:0", "all:1001", "all:5:", "all:5:5", "skip:1", "all:5:1h:1",
    ] {
      #expect(throws: MisfirePolicyError.self, "\(text)") { _ = try MisfirePolicy(text) }
    }
  }
}
