import Carillon

/// What the process says to whoever started it; the numbers are a promise.
enum ExitStatus: Int32, Sendable, Comparable, CaseIterable {
  case done = 0
  case failed = 1
  case usage = 2
  case notFound = 3
  /// What was asked for conflicts with the state that the job is in.
  case conflict = 5
  case storeUnreachable = 6

  static func < (lhs: ExitStatus, rhs: ExitStatus) -> Bool { lhs.rawValue < rhs.rawValue }

  /// In a line of the help.
  var meaning: String {
    switch self {
    case .done: "done"
    case .failed: "failed"
    case .usage: "wrong usage"
    case .notFound: "not found"
    case .conflict: "conflicts with the job's state"
    case .storeUnreachable: "the store can't be used"
    }
  }

  init(of error: StoreError) {
    switch error {
    case .unreachable, .failed, .newerSchema, .moved, .filling: self = .storeUnreachable
    case .conflict, .operationExists, .scheduleExists: self = .conflict
    case .schedule: self = .usage
    }
  }

  init(of refusal: JobRefusal) {
    switch refusal {
    case .notFound: self = .notFound
    case .inProgress, .alreadyExecuted, .alreadyFailed, .alreadyCancelled, .stillPending,
      .changedMeanwhile:
      self = .conflict
    }
  }

  init(of refusal: ScheduleRefusal) {
    switch refusal {
    case .notFound: self = .notFound
    case .notPaused, .changedMeanwhile: self = .conflict
    case .pauseIsOver: self = .usage
    case .wrong(let error): self.init(of: error)
    }
  }

  init(of refusal: GateRefusal) {
    switch refusal {
    case .noBlackout: self = .notFound
    case .notPaused: self = .conflict
    case .pauseIsOver, .wrongName, .noWindows, .tooManyWindows: self = .usage
    }
  }

  init(of error: ScheduleError) {
    switch error {
    case .name, .job, .outOfRange, .recurrence, .timeZone, .calendars, .neverFires, .unnameable:
      self = .usage
    case .damaged: self = .failed
    }
  }

  /// The status that any error of a command amounts to.
  init(of error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure.status
    case let error as StoreError: self.init(of: error)
    case let refusal as GateRefusal: self.init(of: refusal)
    case let refusal as JobRefusal: self.init(of: refusal)
    case let refusal as ScheduleRefusal: self.init(of: refusal)
    case let error as ScheduleError: self.init(of: error)
    case is OperationRefusal: self = .notFound
    case MoveFailure.store(let error): self.init(of: error)
    case MoveFailure.obstacle: self = .conflict
    case is UsageError, is JobDraftError, is JobRequestError, is JobArgumentsError, is InstantError,
      is DurationTextError, is JSONError, is BackfillError, is JobFilterError,
      is JobCommandError:
      self = .usage
    default: self = .failed
    }
  }
}

/// What was asked for can't be meant: what is wrong, and what would be right.
struct UsageError: Error, Sendable, Hashable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A command could not do its work, for a reason that has a status of its own.
struct CommandFailure: Error, Sendable, Hashable, CustomStringConvertible {
  let status: ExitStatus
  let description: String
}
