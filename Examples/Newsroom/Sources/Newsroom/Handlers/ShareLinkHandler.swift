import Carillon
import Foundation

/// Asks an outside service for a short link to a post. The service fails twice before it answers,
/// and the handler has nothing to say about that: what it throws fails the attempt, and the job is
/// tried again.
final class ShareLinkHandler: JobHandler {
  static let jobType = "share_link"
  static let resourceType = "post"
  static let summary = "Gets a short link to a post."

  /// The service wakes up within seconds, so there is no use in waiting longer.
  static var retryPolicy: RetryPolicy { .fixed(.seconds(2)) }

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    let workspace = Newsroom.Workspace.current
    guard let post = try workspace.posts.find(resourceUUID) else { return .error("not_found") }
    let context = JobContext.current
    context.logger.info("Attempt \(context.attempt): asking for a short link to \(post.slug)")
    return .ok(try await workspace.shortener.shorten(post))
  }
}
