import Carillon
import Foundation

final class Internal: JobHandler {
  static let jobType = "internal"
  static let resourceType = "shape"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}

public final class Public: JobHandler {
  public static let jobType = "public"
  public static let resourceType = "shape"
  public init() {}

  public func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}

actor Acting: JobHandler {
  static let jobType = "actor"
  static let resourceType = "shape"
  init() {}

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}

/// Arguments of a type of its own.
final class Typed: JobHandler {
  static let jobType = "typed"
  static let resourceType = "shape"

  struct Args: Codable, Sendable {
    var copies: Int?
  }

  func execute(resourceUUID: UUID, args: Args) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}

/// A name with letters outside ASCII.
final class Übermittlung: JobHandler {
  static let jobType = "übermittlung"
  static let resourceType = "shape"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}

enum Nest {
  final class Nested: JobHandler {
    static let jobType = "nested"
    static let resourceType = "shape"

    func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
      try record(Self.self, resourceUUID)
      return .ok
    }
  }

  struct Deep {}
}

extension Nest.Deep {
  final class InExtension: JobHandler {
    static let jobType = "in_extension"
    static let resourceType = "shape"

    func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
      try record(Self.self, resourceUUID)
      return .ok
    }
  }
}

/// A class that conforms in an extension.
final class Late {}

extension Late: JobHandler {
  static let jobType = "late"
  static let resourceType = "shape"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}
