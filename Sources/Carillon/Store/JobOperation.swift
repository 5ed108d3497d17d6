public import Foundation

/// A command on all jobs that a filter means, carried out batch by batch; `POST /api/v1/operations`.
///
/// It is a row, so that it goes on wherever it was interrupted: `JobStore.advance` carries out one
/// batch and moves the row's cursor in one transaction. Whoever comes may do that, several at once
/// too. The jobs are walked in the order of their uuid, so that each is come to once, whatever
/// happens to it meanwhile; those that were stored after the operation began are none of its
/// business.
public struct JobOperation: Sendable, Hashable, Identifiable {
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// The jobs that the filter means are counted.
    case counting
    /// The command is carried out.
    case running
    case done
    /// Somebody has stopped it; what it had done by then stays.
    case cancelled

    public var isFinal: Bool {
      switch self {
      case .counting, .running: false
      case .done, .cancelled: true
      }
    }
  }

  public let uuid: UUID
  public let command: JobCommand
  /// The filter as it was asked for.
  public let filterText: String
  /// What that meant when the operation began: times and nodes in place of `2h` and names.
  public let filter: JobFilter
  /// Who began it; nil for a program.
  public let startedBy: String?
  public internal(set) var state: State
  /// Jobs that the filter meant when they were counted: so far, while it counts.
  public internal(set) var total: Int
  /// Jobs on which the command was carried out.
  public internal(set) var done: Int
  /// Jobs on which it couldn't be carried out, by why: `running`, `executed`, `changed`.
  public internal(set) var skipped: [String: Int]
  /// The last job that was looked at; nil at the beginning of the count, and of the work.
  public internal(set) var cursor: UUID?
  public let insertedAt: Instant
  public internal(set) var updatedAt: Instant
  public internal(set) var finishedAt: Instant?

  /// An operation of these columns, as a store reads it; nothing is checked.
  package init(
    uuid: UUID, command: JobCommand, filterText: String, filter: JobFilter, startedBy: String?,
    state: State, total: Int, done: Int, skipped: [String: Int], cursor: UUID?,
    insertedAt: Instant, updatedAt: Instant, finishedAt: Instant?
  ) {
    self.uuid = uuid
    self.command = command
    self.filterText = filterText
    self.filter = filter
    self.startedBy = startedBy
    self.state = state
    self.total = total
    self.done = done
    self.skipped = skipped
    self.cursor = cursor
    self.insertedAt = insertedAt
    self.updatedAt = updatedAt
    self.finishedAt = finishedAt
  }

  public var id: UUID { uuid }

  /// All jobs that were skipped.
  public var skips: Int { skipped.values.reduce(0) { $0.addingSaturated($1) } }
}

/// An operation that is to begin.
public struct OperationRequest: Sendable, Hashable {
  public let uuid: UUID
  public let command: JobCommand
  public let filterText: String
  public let filter: JobFilter
  /// How many jobs it means, where they have been counted; nil to let it count them first.
  public let total: Int?

  /// - Parameters:
  ///   - filter: what `filterText` means, with nodes' UUIDs for their names.
  public init(
    uuid: UUID, command: JobCommand, filterText: String, filter: JobFilter, total: Int? = nil
  ) {
    self.uuid = uuid
    // A job's version says nothing of others.
    self.command = command.unconditional
    self.filterText = filterText
    self.filter = filter
    self.total = total
  }

  /// The operation as first stored at `now`.
  package func operation(at now: Instant, by actor: String?) -> JobOperation {
    JobOperation(
      uuid: uuid, command: command, filterText: filterText, filter: filter, startedBy: actor,
      state: total == nil ? .counting : .running, total: total ?? 0, done: 0, skipped: [:],
      cursor: nil, insertedAt: now, updatedAt: now, finishedAt: nil)
  }

  /// Whether the operation is what a repeated request of this one asks for.
  package func asksFor(_ operation: JobOperation) -> Bool {
    operation.command == command && operation.filterText == filterText
  }
}

/// Which operations a reader wants to see, newest first.
public struct OperationQuery: Sendable, Hashable {
  /// Only those that haven't ended.
  public var isUnfinished: Bool
  /// At most so many; 1…10 000.
  public var limit: Int
  /// Continue after this operation of an earlier answer.
  public var after: UUID?

  public init(isUnfinished: Bool = false, limit: Int = 100, after: UUID? = nil) {
    self.isUnfinished = isUnfinished
    self.limit = min(max(limit, 1), 10_000)
    self.after = after
  }
}

/// Jobs that a filter means, in the order of their uuid, as far as a store has looked.
public struct JobSurvey: Sendable, Hashable {
  public var uuids: [UUID]
  /// The job after which to go on looking; nil when there is none beyond.
  public var next: UUID?

  public init(uuids: [UUID] = [], next: UUID? = nil) {
    self.uuids = uuids
    self.next = next
  }
}
