/// Why a text is no cron expression: where, and what would be right.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The expression, at most 200 characters of it.
  public let expression: String
  /// Where in the expression, counted in characters from 0; nil when it is about the whole.
  public let position: Int?
  /// What is wrong there, and what would be right.
  public let problem: String

  init(_ expression: String, at position: Int?, _ problem: String) {
    self.expression = String(expression.prefix(200))
    self.position = position
    self.problem = problem
  }

  public var description: String {
    let place = position.map { " at character \($0 + 1)" } ?? ""
    return "'\(expression)' is no cron expression\(place): \(problem)"
  }
}
