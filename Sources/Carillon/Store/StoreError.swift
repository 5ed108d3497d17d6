public import Foundation

/// Why a store could not do what it was asked.
public enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The store can't be opened, reached or written; asking again may help.
  case unreachable(store: String, why: String)
  /// The store answered with an error; the operation had no effect, or its fate is unknown.
  case failed(operation: String, why: String)
  /// A job of this uuid exists with other content.
  case conflict(uuid: UUID)
  /// An operation of this uuid exists that does something else.
  case operationExists(uuid: UUID)
  /// A schedule of this name exists with other content.
  case scheduleExists(name: String)
  /// A schedule can't be stored as it is asked for.
  case schedule(name: String, ScheduleError)
  /// The store's schema is newer than this program.
  case newerSchema(store: String, found: String)
  /// Its jobs have moved to another store, or are on their way; it takes no changes.
  case moved(store: String, to: String)
  /// It is being filled from another store, and takes no changes until that is done.
  case filling(store: String, from: String)

  public var description: String {
    switch self {
    case .unreachable(let store, let why):
      "The store \(store) can't be used: \(why)"
    case .failed(let operation, let why):
      "The store could not \(operation): \(why)"
    case .conflict(let uuid):
      "A job \(uuid.text) exists already, with other content. Use a new uuid, or repeat the "
        + "request exactly as it was."
    case .operationExists(let uuid):
      "An operation \(uuid.text) exists already, and does something else. Use a new uuid, or repeat "
        + "the request exactly as it was."
    case .scheduleExists(let name):
      "A schedule '\(name)' exists already, with other content. Change it with `schedules edit`, or "
        + "use another name."
    case .schedule(_, let error): error.description
    case .newerSchema(let store, let found):
      "The store \(store) was made by a newer version of Carillon (\(found)). Upgrade this program; "
        + "it doesn't touch what it doesn't know."
    case .moved(let store, let peer):
      "The store \(store) takes no changes: its jobs move to \(peer), or have moved there. Use that "
        + "store; `move --undo` of both stores gives up a move that isn't complete."
    case .filling(let store, let peer):
      "The store \(store) takes no changes until the move from \(peer) is complete. Go on with "
        + "`move --from \(peer) --to \(store)`."
    }
  }
}

/// Why a job can't be cancelled, retried, rescheduled or deleted in the state it is in.
public enum JobRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  case inProgress(UUID)
  case alreadyExecuted(UUID)
  case alreadyFailed(UUID)
  case alreadyCancelled(UUID)
  case stillPending(UUID)
  /// It isn't as it was when it was looked at.
  case changedMeanwhile(UUID)
  case notFound(UUID)

  public var uuid: UUID {
    switch self {
    case .inProgress(let uuid), .alreadyExecuted(let uuid), .alreadyFailed(let uuid),
      .alreadyCancelled(let uuid), .stillPending(let uuid), .changedMeanwhile(let uuid),
      .notFound(let uuid):
      uuid
    }
  }

  /// The case's name, for programs.
  public var code: String {
    switch self {
    case .inProgress: "inProgress"
    case .alreadyExecuted: "alreadyExecuted"
    case .alreadyFailed: "alreadyFailed"
    case .alreadyCancelled: "alreadyCancelled"
    case .stillPending: "stillPending"
    case .changedMeanwhile: "changedMeanwhile"
    case .notFound: "notFound"
    }
  }

  public var description: String {
    switch self {
    case .inProgress(let uuid):
      "Job \(uuid.text) is running. Ask for its end with `jobs cancel --running`, or wait for it."
    case .alreadyExecuted(let uuid): "Job \(uuid.text) has been executed already."
    case .alreadyFailed(let uuid): "Job \(uuid.text) has failed already. `jobs retry` tries again."
    case .alreadyCancelled(let uuid): "Job \(uuid.text) is cancelled already."
    case .stillPending(let uuid):
      "Job \(uuid.text) is still pending. `jobs reschedule` moves it, `jobs cancel` stops it."
    case .changedMeanwhile(let uuid):
      "Job \(uuid.text) is not as it was when you looked. Look again, and decide anew."
    case .notFound(let uuid):
      "There is no job \(uuid.text). It may have been pruned after its retention time."
    }
  }

  /// The refusal that `job`'s status amounts to.
  package init(of job: Job) {
    switch job.status {
    case .pending: self = .stillPending(job.uuid)
    case .processing: self = .inProgress(job.uuid)
    case .executed: self = .alreadyExecuted(job.uuid)
    case .failed: self = .alreadyFailed(job.uuid)
    case .cancelled: self = .alreadyCancelled(job.uuid)
    }
  }
}
