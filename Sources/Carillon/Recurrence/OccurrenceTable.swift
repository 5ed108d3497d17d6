/// Occurrences of a timetable in local time and in UTC, with what the clocks and calendars do to them.
package struct OccurrenceTable: Sendable {
  package struct Line: Sendable, Hashable {
    package let nominal: Instant
    package let local: String
    package let note: String?
  }

  package let lines: [Line]

  package init(
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

  package var isEmpty: Bool { lines.isEmpty }
  package var count: Int { lines.count }
  /// The nominal time of the last.
  package var last: Instant? { lines.last?.nominal }

  package var jsonValue: JSONValue {
    .array(
      lines.map { line in
        [
          "utc": .string(line.nominal.shortText), "local": .string(line.local),
          "note": line.note.map(JSONValue.string) ?? .null,
        ]
      })
  }
}
