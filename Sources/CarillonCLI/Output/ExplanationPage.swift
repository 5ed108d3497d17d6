import Carillon

/// What a timetable means, and when it fires next.
struct ExplanationPage {
  let timetable: Timetable
  let after: Instant
  let count: Int

  private struct Line {
    let nominal: Instant
    let local: String
    let note: String?
  }

  private var lines: [Line] {
    let zone = timetable.zone
    var offset = zone.offset(at: after)
    return timetable.occurrences(after: after, through: Instant.representable.upperBound)
      .prefix(count).map { occurrence in
        var notes: [String] = []
        let now = zone.offset(at: occurrence.nominal)
        if let note = timetable.clockNote(at: occurrence) {
          notes.append("\(note)")
        } else if now != offset {
          let change = Duration.seconds(abs(now - offset)).text
          notes.append("the clocks have gone \(now > offset ? "forward" : "back") \(change)")
        }
        offset = now
        if let moved = occurrence.movedFrom {
          notes.append("moved from \(timetable.localText(of: moved))")
        }
        return Line(
          nominal: occurrence.nominal, local: timetable.localText(of: occurrence.nominal),
          note: notes.isEmpty ? nil : notes.joined(separator: "; "))
      }
  }

  var jsonValue: JSONValue {
    [
      "expr": .string(timetable.recurrence.description), "tz": .string(timetable.zone.name),
      "explanation": .string(timetable.explanation),
      "next": .array(
        lines.map { line in
          [
            "utc": .string(line.nominal.shortText), "local": .string(line.local),
            "note": line.note.map(JSONValue.string) ?? .null,
          ]
        }),
    ]
  }

  func print(on screen: Screen) {
    screen.paragraph("\(timetable.explanation).")
    let lines = lines
    guard !lines.isEmpty else {
      screen.line("It doesn't fire any more.")
      return
    }
    var table = Table([
      .init(title: "LOCAL"), .init(title: "UTC"), .init(title: "CLOCKS", narrowest: 12),
    ])
    for line in lines {
      table.add([
        .init(line.local), .init(line.nominal.shortText, .dim), .init(line.note ?? "", .yellow),
      ])
    }
    table.print(on: screen)
  }
}
