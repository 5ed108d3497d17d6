import Carillon

/// What a timetable means, and when it fires next.
struct ExplanationPage {
  let timetable: Timetable
  let coming: OccurrenceTable

  init(timetable: Timetable, after: Instant, count: Int) {
    self.timetable = timetable
    coming = OccurrenceTable(timetable: timetable, after: after, count: count)
  }

  var jsonValue: JSONValue {
    [
      "expr": .string(timetable.recurrence.description), "tz": .string(timetable.zone.name),
      "explanation": .string(timetable.explanation), "next": coming.jsonValue,
    ]
  }

  func print(on screen: Screen) {
    screen.paragraph("\(timetable.explanation).")
    guard !coming.isEmpty else {
      screen.line("It doesn't fire any more.")
      return
    }
    coming.print(on: screen)
  }
}
