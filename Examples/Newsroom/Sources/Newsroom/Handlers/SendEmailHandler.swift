import Carillon
import Foundation

/// Sends one subscriber the letter about one post.
final class SendEmailHandler: JobHandler {
  static let jobType = "send_email"
  static let resourceType = "email"
  static let summary = "Sends one subscriber the letter about one post."
  static let argsSchema: JSONValue = [
    "type": "object", "required": ["post", "subscriber"],
    "properties": [
      "post": ["type": "string", "format": "uuid"],
      "subscriber": ["type": "string", "format": "uuid"],
    ],
  ]

  /// Names the post and the subscriber rather than holding their text and address: what counts is
  /// what stands in the files when the letter goes out.
  struct Args: Codable, Sendable {
    let post: UUID
    let subscriber: UUID
  }

  struct Result: Codable, Sendable {
    let file: String
    /// False when an earlier attempt had delivered it already.
    let delivered: Bool
  }

  func execute(resourceUUID: UUID, args: Args) async throws -> Outcome {
    let workspace = Newsroom.Workspace.current
    guard let post = try workspace.posts.find(args.post) else { return .error("not_found") }
    guard let subscriber = try workspace.subscribers.find(args.subscriber) else {
      return .cancel("The subscriber \(args.subscriber.lowercase) has left.")
    }

    let now = Date()
    let key = JobContext.current.idempotencyKey
    let letter = Letter(post: post, subscriber: subscriber, masthead: workspace.masthead)
    let message = try letter.message(key: key, date: now).data()
    let delivery = try workspace.maildir.deliver(message, key: key, at: now)
    JobContext.current.logger.info(
      "\(delivery.isNew ? "Delivered" : "Had delivered") \(post.slug) as \(delivery.file)")
    return .ok(Result(file: delivery.file, delivered: delivery.isNew))
  }
}
