public import Foundation

/// One thing that somebody did to a store: a row, written with the change itself.
public struct AuditEntry: Sendable, Hashable, Identifiable {
  /// A UUIDv7.
  public let uuid: UUID
  public let at: Instant
  public let actor: AuditActor
  public let note: AuditNote

  package init(uuid: UUID, at: Instant, actor: AuditActor, note: AuditNote) {
    self.uuid = uuid
    self.at = at
    self.actor = actor
    self.note = note
  }

  /// A new entry.
  package init(_ note: AuditNote, by actor: AuditActor, at now: Instant) {
    self.init(uuid: AuditIdentity.next(at: now), at: now, actor: actor, note: note)
  }

  public var id: UUID { uuid }
}

/// What was done, to what, and what was so before and after.
public struct AuditNote: Sendable, Hashable {
  /// What something was done to.
  public enum Target: String, Sendable, Hashable, CaseIterable {
    case job, jobs, resource, schedule, operation, token, queue, handler, blackout
    case resourceType = "resource_type"
  }

  /// A verb: `cancel`, `pause`, `add`.
  public let action: String
  public let targetKind: Target
  /// Its uuid or name.
  public let target: String
  /// A JSON object; holds no secret.
  public let detail: [String: JSONValue]

  /// - Parameter detail: what stands under keys that sound like secrets is hidden.
  public init(
    _ action: String, _ targetKind: Target, _ target: String,
    _ detail: [String: JSONValue] = [:]
  ) {
    self.action = action
    self.targetKind = targetKind
    self.target = StoredText.reason(target)
    self.detail = Redaction()(.object(detail)).withoutNUL.object ?? [:]
  }

  /// A note as a store reads it.
  package init(
    action: String, targetKind: Target, target: String, detail: [String: JSONValue]
  ) {
    self.action = action
    self.targetKind = targetKind
    self.target = target
    self.detail = detail
  }
}

/// Which audit entries a reader wants to see, newest first.
public struct AuditQuery: Sendable, Hashable {
  /// Only those at or after it.
  public var since: Instant?
  /// Only those before it.
  public var until: Instant?
  /// Only those of this actor.
  public var actor: String?
  /// Only those about this one, whatever kind it is of; of a job's UUID also those of operations
  /// that have changed it.
  public var target: String?
  /// At most so many; 1…10 000.
  public var limit: Int
  /// Continue after this entry of an earlier answer.
  public var after: UUID?

  public init(
    since: Instant? = nil, until: Instant? = nil, actor: String? = nil, target: String? = nil,
    limit: Int = 100, after: UUID? = nil
  ) {
    self.since = since
    self.until = until
    self.actor = actor
    self.target = target
    self.limit = min(max(limit, 1), 10_000)
    self.after = after
  }

  /// The job that it asks for; nil when it asks for something else, or for nothing.
  package var job: UUID? { target.flatMap { UUID(uuidString: $0) } }

  /// What an entry's target may be: also a UUID as stores write it, however that was typed.
  package var targets: Set<String> { Set([target, job?.text].compactMap(\.self)) }

  /// - Parameter operations: those that have changed the job that it asks for.
  package func matches(_ entry: AuditEntry, operations: Set<UUID> = []) -> Bool {
    since.map { entry.at >= $0 } ?? true && until.map { entry.at < $0 } ?? true
      && actor.map { entry.actor.name == $0 } ?? true
      && (target == nil || targets.contains(entry.note.target)
        || operations.contains { $0.text == entry.note.target })
  }
}

extension AuditEntry {
  /// The record as JSON: what the command line and the API show.
  public var jsonValue: JSONValue {
    [
      "uuid": .string(uuid.text),
      "at": JSONValue(at),
      "actor": .string(actor.name),
      "source": .string(actor.source.rawValue),
      "action": .string(note.action),
      "target_kind": .string(note.targetKind.rawValue),
      "target": .string(note.target),
      "detail": .object(note.detail),
      "request_id": JSONValue(actor.requestID),
    ]
  }
}

extension JSONValue {
  /// With a visible sign in place of what no database keeps.
  fileprivate var withoutNUL: JSONValue {
    switch self {
    case .null, .bool, .number: self
    case .string(let text):
      .string(text.utf8.contains(0) ? text.replacing("\0", with: "␀") : text)
    case .array(let values): .array(values.map(\.withoutNUL))
    case .object(let members):
      .object(
        Dictionary(
          members.map { ($0.key.replacing("\0", with: "␀"), $0.value.withoutNUL) },
          uniquingKeysWith: { one, _ in one }))
    }
  }
}

extension AuditEntry {
  /// The detail as a store's column holds it.
  package var detailText: String { JSONValue.object(note.detail).json }

  /// The entry of a row's texts; nil when this program can't read them, as those of a later version.
  package init?(
    uuid: UUID, at: Instant, actor: String, source: String, action: String, targetKind: String,
    target: String, detail: String, requestID: String?
  ) {
    guard let source = AuditActor.Source(rawValue: source),
      let targetKind = AuditNote.Target(rawValue: targetKind),
      let detail = try? JSONValue(json: detail).object
    else { return nil }
    self.init(
      uuid: uuid, at: at, actor: AuditActor(name: actor, source: source, requestID: requestID),
      note: AuditNote(
        action: action, targetKind: targetKind, target: target, detail: detail))
  }
}
