import ArgumentParser
import Carillon
import Foundation

/// What makes a timetable of an expression: the zone, the limits, the calendars.
struct TimetableOptions: ParsableArguments {
  @Option(help: ArgumentHelp("An IANA time zone. (default: UTC)", valueName: "zone"))
  var tz: String?

  @Option(
    name: [.customLong("gap"), .customLong("clock-gap")],
    help: ArgumentHelp(
      "For a local time that the clocks leave out: shift to the first one after, or skip.",
      valueName: "rule"))
  var gap: String?

  @Option(
    help: ArgumentHelp(
      "For a local time that comes twice: first, second or both.", valueName: "rule"))
  var clockOverlap: String?

  @Option(help: ArgumentHelp("Nothing happens before.", valueName: "time"))
  var start: String?

  @Option(help: ArgumentHelp("Nothing happens after.", valueName: "time"))
  var end: String?

  @Option(
    help: ArgumentHelp(
      "A file of a calendar to leave out: dates and windows, a line each; or .ics.",
      valueName: "file"))
  var exclude: [String] = []

  @Option(help: ArgumentHelp("A file of a calendar to keep to.", valueName: "file"))
  var require: [String] = []

  @Option(
    help: ArgumentHelp(
      "What becomes of a time that calendars close: skip, before or after.", valueName: "rule"))
  var onCollision: String?

  /// One that was given; nil when none was.
  var given: String? {
    let all: [(String, Bool)] = [
      ("--tz", tz != nil), ("--gap", gap != nil), ("--clock-overlap", clockOverlap != nil),
      ("--start", start != nil), ("--end", end != nil), ("--exclude", !exclude.isEmpty),
      ("--require", !require.isEmpty), ("--on-collision", onCollision != nil),
    ]
    return all.first(where: \.1)?.0
  }

  /// - Parameter overlap: what `--clock-overlap` says, under its shorter name.
  func timetable(of expression: String, overlap short: String?) async throws -> Timetable {
    let recurrence = try OptionText.recurrence(expression, "EXPR")
    let gap = try gapRule()
    let overlap: ClockChange.Overlap? =
      try overlapRule()
      ?? short.map { text throws(UsageError) in try OptionText.choice(text, "--overlap") }
    let limits = try [(start, "--start"), (end, "--end")].map { text, option throws(UsageError) in
      try text.map { text throws(UsageError) in try OptionText.instant(text, option) }
    }
    let zone = try OptionText.zone(tz ?? "UTC", "--tz")
    let calendars = try await calendars()
    do {
      return try Timetable(
        recurrence, in: zone,
        clockChange: ClockChange(recurrence, gap: gap, overlap: overlap), start: limits[0],
        end: limits[1], calendars: calendars)
    } catch {
      throw UsageError(error.description)
    }
  }

  func gapRule() throws(UsageError) -> ClockChange.Gap? {
    try gap.map { text throws(UsageError) in try OptionText.choice(text, "--gap") }
  }

  func overlapRule() throws(UsageError) -> ClockChange.Overlap? {
    try clockOverlap.map { text throws(UsageError) in
      try OptionText.choice(text, "--clock-overlap")
    }
  }

  /// The calendars of the files; `none` without any.
  func calendars() async throws -> CalendarRules {
    let collision: CalendarRules.Collision? = try onCollision.map { text throws(UsageError) in
      try OptionText.choice(text, "--on-collision")
    }
    return CalendarRules(
      excluding: try await TimetableOptions.calendars(exclude, "--exclude"),
      requiring: try await TimetableOptions.calendars(require, "--require"),
      onCollision: collision ?? .skip)
  }

  static func calendars(
    _ paths: [String], _ option: String
  ) async throws -> [ScheduleCalendar] {
    var calendars: [ScheduleCalendar] = []
    for path in paths { calendars.append(try await CalendarFile(path, option).read()) }
    return calendars
  }

  /// The time of an option `--after`; now without one.
  static func after(_ text: String?) throws(UsageError) -> Instant {
    guard let text else { return Instant(Date()) }
    return try OptionText.instant(text, "--after")
  }

  static func count(_ count: Int) throws(UsageError) -> Int {
    guard (1...10_000).contains(count) else {
      throw UsageError("--count: \(count) is out of range; it goes from 1 to 10000.")
    }
    return count
  }
}

extension OptionText {
  static func recurrence(_ text: String, _ option: String) throws(UsageError) -> Recurrence {
    do {
      return try Recurrence(text)
    } catch {
      throw UsageError("\(option): \(error.description)")
    }
  }

  static func zone(_ name: String, _ option: String) throws(UsageError) -> ZoneRules {
    do {
      return try ZoneRules.named(name)
    } catch {
      let question = DidYouMean.question(about: name, among: TimeZone.knownTimeZoneIdentifiers)
      throw UsageError("\(option): \(error.description)\(question)")
    }
  }

  /// One of an enumeration's words.
  static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ text: String, _ option: String
  ) throws(UsageError) -> Choice {
    guard let choice = Choice(rawValue: text.lowercased()) else {
      let words = Choice.allCases.map(\.rawValue)
      throw UsageError(
        "\(option): '\(text.prefix(40))' is none of \(words.joined(separator: ", "))."
          + DidYouMean.question(about: text, among: words))
    }
    return choice
  }
}
