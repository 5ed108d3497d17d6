import Carillon
import HTTPTypes

/// What the OpenAPI document says of a route; the server refuses query parameters that aren't in it.
struct Operation: Sendable {
  struct Parameter: Sendable {
    let name: String
    let summary: String
    var schema: JSONValue = ["type": "string"]
  }

  struct Response: Sendable {
    let status: HTTPResponse.Status
    let summary: String
    var type: String? = "application/json"
    var schema: JSONValue = [:]
    var headers: [Parameter] = []
  }

  struct Body: Sendable {
    var types: [String] = ["application/json"]
    let schema: JSONValue
    var isRequired = true
  }

  /// Unique; the name that generated clients give it.
  let id: String
  /// In one line.
  let summary: String
  var detail = ""
  var query: [Parameter] = []
  var headers: [Parameter] = []
  var body: Body?
  let responses: [Response]
  /// Beyond those that every route may answer.
  var problems: [ProblemKind] = []
}

extension Operation.Parameter {
  static let ifMatch = Operation.Parameter(
    name: "If-Match", summary: "Only if the job still has this ETag; otherwise 412.")
  static let ifNoneMatch = Operation.Parameter(
    name: "If-None-Match", summary: "Answers 304 if the job still has this ETag.")
  static let idempotencyKey = Operation.Parameter(
    name: "Idempotency-Key",
    summary: "Makes a repeated request the same one; 1 to 255 visible ASCII characters.",
    schema: ["type": "string", "minLength": 1, "maxLength": 255])
  static let traceParent = Operation.Parameter(
    name: "traceparent", summary: "The trace that the jobs' attempts are linked to.")
  static let eTag = Operation.Parameter(name: "ETag", summary: "The version of what is shown.")
}
