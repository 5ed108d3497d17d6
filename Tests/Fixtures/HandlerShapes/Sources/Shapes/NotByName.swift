import Carillon
import Foundation

// Handlers that compile, but have no name to load them by. All are reported.

private final class Hidden: JobHandler {
  static let jobType = "hidden"
  static let resourceType = "shape"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

private enum HiddenNest {
  final class InHidden: JobHandler {
    static let jobType = "in_hidden"
    static let resourceType = "shape"

    func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
  }
}

enum Cover {
  fileprivate final class Covered: JobHandler {
    static let jobType = "covered"
    static let resourceType = "shape"

    func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
  }
}

func local() -> any JobHandler.Type {
  final class Local: JobHandler {
    static let jobType = "local"
    static let resourceType = "shape"

    func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
  }
  return Local.self
}

final class Generic<Value>: JobHandler {
  static var jobType: String { "generic" }
  static var resourceType: String { "shape" }

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

extension Array {
  final class InGeneric: JobHandler {
    static var jobType: String { "in_generic" }
    static var resourceType: String { "shape" }

    func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
  }
}
