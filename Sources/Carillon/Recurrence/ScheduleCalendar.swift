/// A named set of local times: whole dates, and windows of the week.
///
/// What it means depends on its use: a schedule excludes the times of one calendar, and keeps to
/// those of another.
public struct ScheduleCalendar: Sendable, Hashable {
  public let name: String
  /// Days since 1970-01-01, in order.
  let days: [Int]
  let windows: [WeeklyWindow]

  init(name: String, days: some Sequence<Int>, windows: [WeeklyWindow]) {
    self.name = name
    self.days = Set(days).sorted()
    self.windows = windows
  }
}

/// A part of certain days of every week.
struct WeeklyWindow: Sendable, Hashable {
  /// Bit 0 is Sunday.
  let weekdays: UInt8
  /// Minutes since midnight, from 0 to 1 440.
  let minutes: Range<Int>
}
