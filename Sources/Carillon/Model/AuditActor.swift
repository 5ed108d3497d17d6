/// Who asks a store to change something, and by which way.
///
/// Where one is current, what is done leaves an audit entry, in the same transaction. It is
/// task-local: who asks is known where a request comes in, far from the store, and nothing between
/// the two has to do with it. What the engine and programs' own scheduling do has no actor.
///
///     try await AuditActor(name: "ada", source: .library).doing {
///       try await scheduler.cancel(job.uuid)
///     }
public struct AuditActor: Sendable, Hashable {
  public enum Source: String, Sendable, Hashable, CaseIterable {
    case cli, http, library, dashboard
  }

  /// For people: `user@host`, a token's name, a program's node name.
  public let name: String
  public let source: Source
  /// What the request is called in logs and answers, where it has a name.
  public let requestID: String?

  public init(name: String, source: Source, requestID: String? = nil) {
    self.name = StoredText.reason(name)
    self.source = source
    self.requestID = requestID.map(StoredText.reason)
  }

  /// Who asks now; nil for the engine, and for programs that schedule jobs.
  @TaskLocal public static var current: AuditActor?

  /// Lets `body` be done by this one.
  nonisolated(nonsending) public func doing<Answer>(
    _ body: nonisolated(nonsending) () async throws -> Answer
  ) async rethrows -> Answer {
    try await AuditActor.$current.withValue(self, operation: body)
  }
}
