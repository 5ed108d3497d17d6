import Carillon
import Foundation

// Types that stand in extensions of other modules' types: a struct of the standard library and one
// of Foundation.

extension Int {
  final class InStandardType: JobHandler {
    static let jobType = "in_standard_type"
    static let resourceType = "shape"

    func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
      try record(Self.self, resourceUUID)
      return .ok
    }
  }
}

extension UUID {
  enum Inside {
    final class InForeignType: JobHandler {
      static let jobType = "in_foreign_type"
      static let resourceType = "shape"

      func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
        try record(Self.self, resourceUUID)
        return .ok
      }
    }
  }
}
