import Carillon
import Foundation

/// The usual handler of a simulation; it retries after a second.
final class SimulatedHandler: UnlistedHandler {
  static let jobType = "simulated"
  static let resourceType = "thing"
  static let retryPolicy = RetryPolicy.fixed(.seconds(1))

  func execute(resourceUUID: UUID, args: SimulatedWork) async throws -> Outcome {
    try await args.perform()
  }
}

/// One whose attempts may only take two seconds.
final class SimulatedTimedHandler: UnlistedHandler {
  static let jobType = "simulated_timed"
  static let resourceType = "thing"
  static let timeout: Duration = .seconds(2)
  static let retryPolicy = RetryPolicy.exponential(base: .milliseconds(500))

  func execute(resourceUUID: UUID, args: SimulatedWork) async throws -> Outcome {
    try await args.perform()
  }
}

/// One that only the first node knows; it retries at once.
final class SimulatedRareHandler: UnlistedHandler {
  static let jobType = "simulated_rare"
  static let resourceType = "thing"
  static let retryPolicy = RetryPolicy.fixed(.zero)

  func execute(resourceUUID: UUID, args: SimulatedWork) async throws -> Outcome {
    try await args.perform()
  }
}
