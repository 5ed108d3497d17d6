public import Foundation

/// Does the work of one kind of job; found by its type's name, never registered.
///
///     final class ScheduledPostHandler: JobHandler {
///       static let jobType = "publish_post"
///       static let resourceType = "post"
///
///       func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
///         guard let post = try await Posts.find(resourceUUID) else { return .error("not_found") }
///         try await Posts.publish(post)
///         return .ok
///       }
///     }
///
/// A handler is a final class or an actor, at the top level or nested, of any access level but
/// private. It is class-bound because the compiler keeps the metadata of every class, even one that
/// nothing mentions, but not of every struct. A new one is made for each attempt.
public protocol JobHandler: AnyObject, Sendable {
  /// What `execute` is given: `JobArguments`, or a type of the handler's own.
  associatedtype Args: Codable & Sendable = JobArguments

  /// The unique name of this kind of job: `publish_post`.
  static var jobType: String { get }

  /// The type of resource it works on; a row of another type isn't its.
  static var resourceType: String { get }

  /// Called for each attempt.
  init()

  /// Does the work on one resource.
  ///
  /// A thrown error is `.error` with its description. Work that has to stop, because of a timeout,
  /// a cancel or a shutdown, finds its task cancelled; what it throws then is no failure of its own.
  func execute(resourceUUID: UUID, args: Args) async throws -> Outcome

  // MARK: With defaults

  /// How long a failed attempt waits for the next; `.standard`.
  static var retryPolicy: RetryPolicy { get }

  /// How long an attempt may take before its task is cancelled; `.unlimited`: as long as it likes.
  static var timeout: Duration { get }

  /// The queue of its jobs, unless one is asked for; `default`.
  static var queue: String { get }

  /// The priority of its jobs, unless one is asked for; 0.
  static var priority: Int { get }

  /// The attempts of its jobs, unless asked otherwise; 3.
  static var maxAttempts: Int { get }

  /// When jobs of it are made again and again; `.none`: only when somebody asks.
  static var schedule: ScheduleDeclaration { get }

  /// Older qualified names that rows may still carry.
  static var aliases: [String] { get }

  /// The version of the shape of its args; raise it when the shape changes. 1.
  static var argsVersion: Int { get }

  /// What it does, in a line, for those who read lists of handlers; empty: not said.
  static var summary: String { get }

  /// What its args look like, as JSON Schema, for the same people; null: not said. It describes, and
  /// refuses nothing.
  static var argsSchema: JSONValue { get }

  /// Brings args stored by `version` (< `argsVersion`) to today's shape.
  static func upcast(_ args: JobArguments, from version: Int) throws -> JobArguments
}

extension JobHandler {
  public static var retryPolicy: RetryPolicy { .standard }
  public static var timeout: Duration { .unlimited }
  public static var queue: String { "default" }
  public static var priority: Int { 0 }
  public static var maxAttempts: Int { JobRequest.defaultMaxAttempts }
  public static var schedule: ScheduleDeclaration { .none }
  public static var aliases: [String] { [] }
  public static var argsVersion: Int { 1 }
  public static var summary: String { "" }
  // Not optional: `static let argsSchema: JSONValue = …` would then be another property.
  public static var argsSchema: JSONValue { .null }
  public static func upcast(_ args: JobArguments, from version: Int) throws -> JobArguments { args }
}

extension Duration {
  /// Longer than any attempt lasts: no timeout.
  public static let unlimited = Duration.seconds(Int64.max)
}

extension JobHandler {
  /// The timeout, if there is one. Not optional in the contract itself: `static let timeout =
  /// Duration.seconds(5)` would then be another property, and no timeout.
  package static var timeLimit: Duration? {
    timeout < .seconds(36_500 * 86_400) ? timeout : nil
  }

  /// The name that rows carry for it: the qualified name of its type.
  public static var handlerModule: String { String(reflecting: Self.self) }

  /// Makes the handler, decodes what it wants, and lets it work.
  package static func run(_ job: Job) async throws -> Outcome {
    var stored = job.args
    if job.argsVersion < argsVersion { stored = try upcast(stored, from: job.argsVersion) }
    let args: Args
    do {
      args = try stored.decode(as: Args.self)
    } catch {
      throw UndecodableArgs(type: String(reflecting: Args.self), why: "\(error)")
    }
    return try await Self().execute(resourceUUID: job.resourceUUID, args: args)
  }
}

/// The stored args don't fit the handler's type.
struct UndecodableArgs: Error, CustomStringConvertible {
  let type: String
  let why: String

  var description: String { "The args can't be decoded as \(type): \(why)" }
}
