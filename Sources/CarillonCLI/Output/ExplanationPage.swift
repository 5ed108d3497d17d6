import Carillon

/// What a timetable means, and when it fires next.
struct ExplanationPage {
  let timetable: Timetable
  let coming: OccurrenceTable

  init(timetable: Timetable, after: Instant, count: Int) {
    self.timetable = timetable
    coming = OccurrenceTable(timetable: timetable, after: after, count: count)
  }

  var jsonValue: JSONValue { timetable.explanationValue(coming) }

  func print(on screen: Screen) {
    screen.paragraph("\(timetable.explanation).")
    guard !coming.isEmpty else {
      screen.line("It doesn't fire any more.")
      return
    }
    coming.print(on: screen)
  }
}
