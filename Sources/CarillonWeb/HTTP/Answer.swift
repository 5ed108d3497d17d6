import Carillon
import HTTPTypes

/// What a route answers, before it becomes bytes on a connection.
struct Answer: Sendable {
  enum Body: Sendable {
    case none
    case text(String, type: String)
    /// Written bit by bit until the closure returns.
    case stream(type: String, @Sendable (EventWriter) async throws -> Void)
  }

  var status: HTTPResponse.Status
  var headers: HTTPFields
  var body: Body

  init(
    status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: Body = .none
  ) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Answer {
    Answer(status: status, headers: headers, body: .text(value.json, type: "application/json"))
  }

  var type: String? {
    switch body {
    case .none: nil
    case .text(_, let type), .stream(let type, _): type
    }
  }
}

/// Where a stream's text goes.
struct EventWriter: Sendable {
  /// Throws when the client is gone.
  let write: @Sendable (String) async throws -> Void
}
