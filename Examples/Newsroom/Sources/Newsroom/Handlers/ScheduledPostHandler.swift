import Carillon
import Foundation

/// Publishes a post, and with `{"notify": true}` schedules a letter to each subscriber.
final class ScheduledPostHandler: JobHandler {
  static let jobType = "publish_post"
  static let resourceType = "post"
  static let summary = "Publishes a post."
  static let argsSchema: JSONValue = [
    "type": "object", "properties": ["notify": ["type": "boolean"]],
  ]

  struct Result: Codable, Sendable {
    let path: String
    let words: Int
    let letters: Int
  }

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    let workspace = Newsroom.Workspace.current
    guard let post = try workspace.posts.find(resourceUUID) else { return .error("not_found") }

    JobContext.current.progress(0.1, "Publishing \(post.slug)")
    let publication = try workspace.site.publish(post)
    JobContext.current.logger.info("Published \(publication.path), \(publication.words) words")

    let readers = args["notify"] == true ? try workspace.subscribers.all() : []
    try await scheduleLetters(about: post, to: readers)
    return .ok(Result(path: publication.path, words: publication.words, letters: readers.count))
  }

  /// One job for each letter, so that one which fails is tried again without the others.
  ///
  /// The jobs' own uuids follow from this run's key: when an attempt breaks off in the middle, the
  /// next one asks for the same jobs again, and those that exist are not made twice.
  private func scheduleLetters(about post: Post, to readers: [Subscriber]) async throws {
    let context = JobContext.current
    for (index, reader) in readers.enumerated() {
      try Task.checkCancellation()
      let letter = reader.letterUUID(about: post.uuid)
      try await context.schedule(
        SendEmailHandler.self, for: letter,
        args: SendEmailHandler.Args(post: post.uuid, subscriber: reader.uuid),
        options: ScheduleOptions(uuid: UUID(name: context.idempotencyKey, in: letter)))
      context.progress(
        0.5 + 0.5 * Double(index + 1) / Double(readers.count),
        "Scheduled \(index + 1) of \(readers.count) letters")
    }
  }
}
