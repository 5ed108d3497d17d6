import Carillon
import HTTPTypes

/// One thing that can be asked for: where, by whom, what it says in the OpenAPI document, and how it
/// is answered. The table of these is all that the server and the document know.
struct Route: Sendable {
  let method: HTTPRequest.Method
  /// `/api/v1/jobs/{uuid}`.
  let path: String
  /// The lowest role that may ask; nil: everybody, without a token.
  let role: Role?
  let operation: Operation
  let answer: @Sendable (Call) async throws -> Answer

  let segments: [Segment]

  enum Segment: Sendable, Hashable {
    case literal(String)
    case parameter(String)
  }

  init(
    _ method: HTTPRequest.Method, _ path: String, role: Role?, _ operation: Operation,
    answer: @escaping @Sendable (Call) async throws -> Answer
  ) {
    self.method = method
    self.path = path
    self.role = role
    self.operation = operation
    self.answer = answer
    segments = path.split(separator: "/").map {
      $0.hasPrefix("{") ? .parameter(String($0.dropFirst().dropLast())) : .literal(String($0))
    }
  }

  /// The open parts of a path that is this route's; nil for any other path.
  func parameters(of path: [String]) -> [String: String]? {
    guard path.count == segments.count else { return nil }
    var parameters: [String: String] = [:]
    for (segment, part) in zip(segments, path) {
      switch segment {
      case .literal(let text): guard text == part else { return nil }
      case .parameter(let name): parameters[name] = part
      }
    }
    return parameters
  }
}
