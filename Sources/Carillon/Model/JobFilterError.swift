/// Why a text is no filter: where, and what would be right.
public struct JobFilterError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The filter's text, at most 200 characters of it.
  public let text: String
  /// Where in the text, counted in characters from 0.
  public let position: Int
  /// What is wrong there, and what would be right.
  public let problem: String

  init(_ text: String, at position: Int, _ problem: String) {
    self.text = String(text.prefix(200))
    self.position = position
    self.problem = problem
  }

  public var description: String {
    "'\(text)' is no filter at character \(position + 1): \(problem)"
  }
}
