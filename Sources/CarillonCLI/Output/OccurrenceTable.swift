import Carillon

/// Occurrences of a timetable in local time and in UTC, with what the clocks and calendars do to them.
struct OccurrenceTable {
  private struct Line {
    let nominal: Instant
    let local: String
    let note: String?
  }

  private let lines: [Line]

  init(
    timetable: Timetable, after: Instant, through: Instant = Instant.representable.upperBound,
    count: Int
  ) {
    let zone = timetable.zone
    var offset = zone.offset(at: after)
    lines = timetable.occurrences(after: after, through: through).prefix(max(count, 0))
      .map { occurrence in
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

  var isEmpty: Bool { lines.isEmpty }
  var count: Int { lines.count }
  /// The nominal time of the last.
  var last: Instant? { lines.last?.nominal }

  var jsonValue: JSONValue {
    .array(
      lines.map { line in
        [
          "utc": .string(line.nominal.shortText), "local": .string(line.local),
          "note": line.note.map(JSONValue.string) ?? .null,
        ]
      })
  }

  func print(on screen: Screen, indent: String = "") {
    var table = Table([
      .init(title: "LOCAL"), .init(title: "UTC"), .init(title: "CLOCKS", narrowest: 12),
    ])
    for line in lines {
      table.add([
        .init(line.local), .init(line.nominal.shortText, .dim), .init(line.note ?? "", .yellow),
      ])
    }
    for line in table.lines(on: screen) { screen.line(indent + line) }
  }
}
