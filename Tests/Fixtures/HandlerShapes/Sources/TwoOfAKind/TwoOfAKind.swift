import Carillon
import CarillonCLI
import Foundation

@main struct TwoOfAKind: CarillonApp {}

final class First: JobHandler {
  static let jobType = "same"
  static let resourceType = "shape"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

final class Second: JobHandler {
  static let jobType = "same"
  static let resourceType = "shape"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}
