/// A named set of local times: dates, dates of every year, and windows of the week.
///
/// What it means depends on its use: a schedule excludes the times of one calendar, and keeps to
/// those of another.
public struct ScheduleCalendar: Sendable, Hashable {
  public let name: String
  /// Days since 1970-01-01, in order.
  let days: [Int]
  /// Month * 32 + day, in order.
  let yearlyDays: [Int]
  let windows: [WeeklyWindow]

  init(name: String, days: Set<Int>, yearlyDays: Set<Int>, windows: [WeeklyWindow]) {
    self.name = name
    self.days = days.sorted()
    self.yearlyDays = yearlyDays.sorted()
    self.windows = windows.uniqued
  }

  /// The parts of a day that it has, as minutes, in no order; they may overlap.
  func parts(of day: Int) -> [Range<Int>] {
    if holds(day) { return [WeeklyWindow.wholeDay] }
    return windows.flatMap { $0.parts(of: day) }
  }

  func hasParts(of day: Int) -> Bool {
    holds(day) || windows.contains { $0.hasParts(of: day) }
  }

  /// Whether it has the day by its date, and so the whole of it.
  func holds(_ day: Int) -> Bool {
    if !yearlyDays.isEmpty {
      let (_, month, dayOfMonth) = civilFromDays(day)
      if yearlyDays.contains(month * 32 + dayOfMonth) { return true }
    }
    var (low, high) = (0, days.count)
    while low < high {
      let middle = (low + high) / 2
      if days[middle] == day { return true }
      if days[middle] < day { low = middle + 1 } else { high = middle }
    }
    return false
  }
}
