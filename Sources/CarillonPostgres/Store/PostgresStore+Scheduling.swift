public import Carillon
import Foundation

/// A statement for an application's own connection.
public struct SchedulingStatement: Sendable, Hashable {
  /// One statement with `$1`, `$2`, …, which answers with the job's uuid.
  public let sql: String
  /// The parameters as text; nil for null.
  public let parameters: [String?]
}

extension PostgresStore {
  /// What stores a job in the application's own transaction, on a connection of whatever library: the
  /// job exists if and only if that commits.
  ///
  ///     let statement = store.schedulingStatement(for: request)
  ///     try await connection.query(statement.sql, statement.parameters)
  ///
  /// "In" and "now" are resolved by the database's clock. A request that was stored already answers
  /// with its uuid; other content for a known uuid is an error with SQLSTATE 23505. Nodes find the job
  /// within two seconds, for no notification is sent from the application's transaction; call
  /// `wake()` after the commit to have it found at once.
  ///
  /// In SQL alone, and in any language, `SELECT carillon.schedule('publish_post', $1)` does the same.
  public func schedulingStatement(for request: JobRequest) -> SchedulingStatement {
    var at: Instant?
    var delay: Duration?
    switch request.time {
    case .now: break
    case .in(let duration): delay = duration
    case .at(let instant): at = instant
    }
    return SchedulingStatement(
      sql: """
        SELECT \(schema("store"))(
          $1::text::uuid, $2::text, $3::text, $4::text, $5::text::uuid, $6::text::json,
          $7::text::bigint, $8::text, $9::text::bigint, $10::text::bigint,
          $11::text::timestamptz, $12::text::interval, $13::text::uuid, $14::text,
          $15::text::bigint)
        """,
      parameters: [
        request.uuid.text, request.jobType, request.handlerModule, request.resource.type,
        request.resource.uuid.text, request.args.json, String(request.argsVersion),
        request.queue, String(request.priority), String(request.maxAttempts), at?.rfc3339,
        delay.map { "\($0.microseconds) microseconds" }, request.createdByUUID?.text,
        JobRow.text(of: request.traceContext), String(request.contentDigest),
      ])
  }

  /// Tells this process and the others that something may have become due.
  public func wake() { changed() }
}
