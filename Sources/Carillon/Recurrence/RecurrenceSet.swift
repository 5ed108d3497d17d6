/// A recurrence set of RFC 5545: a start, a rule, times added and times left out.
public struct RecurrenceSet: Sendable, Hashable, CustomStringConvertible {
  public let description: String

  init(_ text: String) throws(RecurrenceError) {
    throw RecurrenceError(text, at: 0, "rules of RFC 5545 can't be read")
  }

  static func begins(_ word: some StringProtocol) -> Bool {
    ["DTSTART", "RRULE", "RDATE", "EXDATE", "FREQ="].contains { word.uppercased().hasPrefix($0) }
  }

  /// The zone that the text names, which must then be the timetable's; nil when it names none.
  let zoneName: String? = nil

  /// Whether it recurs by the hour or more often, and so follows elapsed time.
  var recursWithinDay: Bool { false }

  func next(afterLocal local: Int) -> Int? { nil }
}
