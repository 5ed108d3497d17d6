/// Why a text is no recurrence: where, and what would be right.
public struct RecurrenceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The text, at most 200 characters of it.
  public let text: String
  /// Where in the text, counted in characters from 0; nil when it is about the whole.
  public let position: Int?
  /// What is wrong there, and what would be right.
  public let problem: String

  init(_ text: String, at position: Int?, _ problem: String) {
    self.text = String(text.prefix(200))
    self.position = position
    self.problem = problem
  }

  init(_ error: CronError) {
    self.init(error.expression, at: error.position, error.problem)
  }

  public var description: String {
    let place = position.map { " at character \($0 + 1)" } ?? ""
    return "'\(text)' is no recurrence\(place): \(problem)"
  }
}
