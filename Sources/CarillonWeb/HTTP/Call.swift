import Carillon
import Foundation
import HTTPTypes

/// One request as routes see it, after it has been let in.
struct Call: Sendable {
  let method: HTTPRequest.Method
  /// The path as it was asked for, without the query.
  let path: String
  /// What stands before the API's own path where it is mounted; empty or `/jobs-api`.
  let prefix: String
  /// The parts of the path that the route leaves open, decoded.
  let parameters: [String: String]
  let query: [String: String]
  let headers: HTTPFields
  /// Under which name and port it was asked.
  let authority: String?
  let requestID: String
  let caller: Caller
  /// The body, if it isn't longer than so many bytes.
  let readBody: @Sendable (Int) async throws -> [UInt8]

  /// Bodies of single requests: a job's args take 1 MiB.
  static let bodyLimit = 2 * 1_048_576
  static let bulkLimit = 32 * 1_048_576

  /// The UUID in the path.
  func uuid(_ name: String = "uuid") throws(Problem) -> UUID {
    let text = parameters[name] ?? ""
    guard let uuid = UUID(uuidString: text) else {
      throw .parameter(name, "'\(text.prefix(80))' is not a UUID.")
    }
    return uuid
  }

  /// The body as JSON.
  func json() async throws -> JSONValue {
    guard mediaType == "application/json" else {
      throw Problem(
        .unsupportedMediaType,
        "Send JSON, and say so: Content-Type: application/json.",
        headers: [.accept: "application/json"])
    }
    return try Call.json(try await readBody(Call.bodyLimit))
  }

  static func json(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
    do {
      return try JSONValue(json: bytes)
    } catch {
      throw Problem(.malformedJSON, "The body is not JSON: \(error.description).")
    }
  }

  /// The members of a body that may be left out, each of a kind that the route knows.
  func options(_ known: [String]) async throws -> [String: JSONValue] {
    let bytes = try await readBody(Call.bodyLimit)
    guard !bytes.isEmpty else { return [:] }
    guard mediaType == "application/json" else {
      throw Problem(
        .unsupportedMediaType, "Send JSON, and say so: Content-Type: application/json.",
        headers: [.accept: "application/json"])
    }
    let value = try Call.json(bytes)
    guard let members = value.object else {
      throw Problem(
        .invalidParameter, "The body should be a JSON object.",
        faults: [.init(pointer: "", detail: "is no object")])
    }
    for name in members.keys.sorted() where !known.contains(name) {
      let question = DidYouMean.question(about: name, among: known)
      let detail =
        known.isEmpty
        ? "The body should have no members." : "There are: \(known.joined(separator: ", "))."
      throw Problem(
        .invalidParameter,
        "'\(name.prefix(80))' is no member of this body.\(question) \(detail)",
        faults: [.init(pointer: "/\(name.pointerToken)", detail: "is unknown")])
    }
    return members.filter { !$0.value.isNull }
  }

  /// Content-Type without its parameters; nil when there is none.
  var mediaType: String? {
    headers[.contentType].map { text in
      text.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }
  }
}

extension [String: JSONValue] {
  func text(_ name: String) throws(Problem) -> String? {
    guard let value = self[name] else { return nil }
    guard let text = value.string else { throw wrong(name, "text in quotes") }
    return text
  }

  func flag(_ name: String) throws(Problem) -> Bool? {
    guard let value = self[name] else { return nil }
    guard let flag = value.bool else { throw wrong(name, "true or false") }
    return flag
  }

  private func wrong(_ name: String, _ right: String) -> Problem {
    Problem(
      .invalidParameter, "\(name) should be \(right).",
      faults: [.init(pointer: "/\(name)", detail: "should be \(right)")])
  }
}
