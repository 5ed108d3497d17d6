import Carillon
import Foundation

/// A question of `schedules next --from`: one JSON object.
struct ScheduleQuestion {
  static let fields = ["expr", "tz", "gap", "overlap", "after", "count"]

  let timetable: Timetable
  let after: Instant
  let count: Int

  init(_ bytes: [UInt8]) throws {
    let value = try JSONValue(json: bytes)
    guard let members = value.object else {
      throw UsageError("it is no JSON object. Write one like {\"expr\":\"0 9 * * *\"}.")
    }
    for name in members.keys.sorted() where !ScheduleQuestion.fields.contains(name) {
      throw UsageError(
        "'\(name.prefix(80))' is no field of a question."
          + DidYouMean.question(about: name, among: ScheduleQuestion.fields)
          + " There are: \(ScheduleQuestion.fields.joined(separator: ", ")).")
    }
    func text(_ name: String) throws(UsageError) -> String? {
      guard let member = members[name], !member.isNull else { return nil }
      guard let text = member.string else { throw UsageError("\(name) should be text in quotes.") }
      return text
    }
    guard let expression = try text("expr") else { throw UsageError("expr is missing.") }
    let recurrence = try Recurrence(expression)
    let gap: ClockChange.Gap? = try text("gap").map { try OptionText.choice($0, "gap") }
    let overlap: ClockChange.Overlap? = try text("overlap").map {
      try OptionText.choice($0, "overlap")
    }
    timetable = try Timetable(
      recurrence, in: try ZoneRules.named(try text("tz") ?? "UTC"),
      clockChange: ClockChange(recurrence, gap: gap, overlap: overlap))
    after = try text("after").map { try Instant(rfc3339: $0) } ?? Instant(Date())
    guard let member = members["count"], !member.isNull else {
      count = 1
      return
    }
    guard let number = member.int, (1...10_000).contains(number) else {
      throw UsageError("count should be a whole number from 1 to 10000.")
    }
    count = number
  }

  /// The answer to a line: `{"next":[…]}` or `{"error":"…"}`.
  static func answer(_ line: [UInt8]) -> String {
    do {
      let question = try ScheduleQuestion(line)
      let instants = question.timetable.instants(after: question.after, count: question.count)
      return "{\"next\":[\(instants.map { "\"\($0.shortText)\"" }.joined(separator: ","))]}"
    } catch {
      return JSONValue.object(["error": .string("\(error)")]).json
    }
  }
}
