import Carillon
import Foundation

final class LibraryInternal: JobHandler {
  static let jobType = "library_internal"
  static let resourceType = "shape"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}

public actor LibraryActor: JobHandler {
  public static let jobType = "library_actor"
  public static let resourceType = "shape"
  public init() {}

  public func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try record(Self.self, resourceUUID)
    return .ok
  }
}
