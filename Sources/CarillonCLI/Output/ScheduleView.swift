import Carillon

/// A schedule for those who look at it: the record, and what follows from it.
struct ScheduleView {
  let schedule: Carillon.Schedule
  let now: Instant

  var state: Carillon.Schedule.State { schedule.state(at: now) }

  /// Nil for one that can't be carried out.
  var timetable: Timetable? { try? schedule.definition.timetable() }

  var isOverdue: Bool { schedule.isOverdue(at: now) }

  /// The record under its column names, and `state`, `explanation` and `problem`.
  var jsonValue: JSONValue { schedule.jsonValue(at: now) }

  /// `active`, `paused`, `ended`; `broken` for one that can't fire as it is.
  var stateText: String { schedule.problem == nil ? state.rawValue : "broken" }

  var stateStyle: Style {
    guard schedule.problem == nil else { return .red }
    return switch state {
    case .active: .green
    case .paused: .yellow
    case .ended: .dim
    }
  }

  /// `in 5m`, `due 3s ago`, `when its job ends`.
  var nextText: String {
    guard let nextAt = schedule.nextAt else {
      return schedule.waitsForItsJob ? "when its job ends" : "-"
    }
    let relative = TimeText(now: now).relative(nextAt)
    return nextAt <= now ? "due \(relative)" : relative
  }

  /// After its name: `fires next in 5m (…): at 09:00 every day, UTC`.
  var nextSentence: String {
    let meaning = timetable.map { ": \($0.explanation)" } ?? ""
    switch state {
    case .paused: return "is paused \(pauseText)"
    case .ended: return "doesn't fire any more\(meaning)"
    case .active:
      guard let nextAt = schedule.nextAt else { return "fires when its job has ended\(meaning)" }
      return "fires next \(TimeText(now: now).both(nextAt))\(meaning)"
    }
  }

  /// `until 2027-01-01T00:00:00Z, by ann: moving house`; empty when it isn't paused.
  var pauseText: String {
    guard state == .paused, let pause = schedule.pause else { return "" }
    var text = pause.until.map { "until \(TimeText.exact($0))" } ?? "until it is resumed"
    if let by = pause.by { text += ", by \(by)" }
    if let why = pause.why { text += ": \(why)" }
    return text
  }
}
