import Carillon
import Foundation

/// What `ScriptedHandler` does: a test's own lines, handed over as a service.
struct Script: Sendable {
  let body: @Sendable (UUID, JobArguments) async throws -> Outcome

  init(_ body: @escaping @Sendable (UUID, JobArguments) async throws -> Outcome) {
    self.body = body
  }
}

final class ScriptedHandler: JobHandler {
  static let jobType = "scripted"
  static let resourceType = "post"
  static let retryPolicy = RetryPolicy.fixed(.seconds(30))

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try await JobContext.current.service(Script.self).body(resourceUUID, args)
  }
}

/// As `ScriptedHandler`, with five seconds' time.
final class HurriedHandler: JobHandler {
  static let jobType = "scripted_in_a_hurry"
  static let resourceType = "post"
  static let timeout: Duration = .seconds(5)
  static let queue = "hurried"
  static let priority = 7
  static let maxAttempts = 1

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try await JobContext.current.service(Script.self).body(resourceUUID, args)
  }
}

/// Takes args of a type of its own, whose shape has changed twice, and has had another name.
final class LetterHandler: JobHandler {
  static let jobType = "letter"
  static let resourceType = "post"
  static let aliases = ["Before.LetterHandler"]
  static let argsVersion = 3

  struct Args: Codable, Sendable, Equatable {
    var to: String
    var copies: Int
  }

  struct TooOld: Error, CustomStringConvertible {
    let description = "args of version 1 can't be read any more"
  }

  static func upcast(_ args: JobArguments, from version: Int) throws -> JobArguments {
    guard version > 1 else { throw TooOld() }
    var values = args.values
    values["copies"] = values["copies"] ?? 1
    return JobArguments(values)
  }

  func execute(resourceUUID: UUID, args: Args) async throws -> Outcome {
    try JobContext.current.service(Record<Args>.self).add(args)
    return .ok(args)
  }
}
