import Carillon
import HTTPTypes

/// What went wrong with a request, as RFC 9457 says it.
struct Problem: Error, Sendable, Hashable {
  /// A part of the body, by JSON pointer, and what is wrong with it.
  struct Fault: Sendable, Hashable {
    let pointer: String
    let detail: String
  }

  let kind: ProblemKind
  /// A sentence about this very request; holds no secret.
  let detail: String
  /// For programs: finer than the kind, such as `inProgress`.
  var code: String
  var faults: [Fault] = []
  var headers: HTTPFields = [:]
  /// For the log alone.
  var cause: String?

  init(
    _ kind: ProblemKind, _ detail: String, code: String? = nil, faults: [Fault] = [],
    headers: HTTPFields = [:], cause: String? = nil
  ) {
    self.kind = kind
    self.detail = detail
    self.code = code ?? kind.rawValue
    self.faults = faults
    self.headers = headers
    self.cause = cause
  }

  /// The problem as JSON.
  func jsonValue(instance: String, requestID: String) -> JSONValue {
    var members: [String: JSONValue] = [
      "type": .string(kind.type),
      "title": .string(kind.title),
      "status": JSONValue(kind.status.code),
      "detail": .string(detail),
      "instance": .string(instance),
      "code": .string(code),
      "request_id": .string(requestID),
    ]
    if !faults.isEmpty {
      members["errors"] = .array(
        faults.map { ["pointer": .string($0.pointer), "detail": .string($0.detail)] })
    }
    return .object(members)
  }

  func answer(instance: String, requestID: String) -> Answer {
    let json = jsonValue(instance: instance, requestID: requestID).json
    var answer = Answer(
      status: kind.status, body: .text(json, type: "application/problem+json"))
    answer.headers.append(contentsOf: headers)
    return answer
  }
}

extension Problem {
  /// What an error from below means to whoever asked.
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let error as StoreError: self.init(store: error)
    case let refusal as JobRefusal: self.init(refusal: refusal)
    case let refusal as GateRefusal: self.init(gate: refusal)
    case let error as JobDraftError: self.init(draft: error)
    case let refusal as ScheduleRefusal: self.init(schedule: refusal)
    case let error as ScheduleError: self.init(.invalidSchedule, error.description)
    case let error as BackfillError: self.init(.invalidSchedule, error.description)
    case let error as JobRequestError: self.init(.invalidJob, error.description)
    case OperationRefusal.notFound(let uuid):
      self.init(
        .operationNotFound,
        "There is no operation \(uuid.text). It may have been deleted after its retention time.",
        code: "notFound")
    case let error as JobCommandError:
      self.init(
        .invalidOperation, error.description,
        faults: [
          .init(
            pointer: error.parameter.map { "/parameters/\($0.pointerToken)" } ?? "/action",
            detail: error.description)
        ])
    case let error as JobFilterError:
      self.init(
        .invalidOperation, error.description,
        faults: [.init(pointer: "/filter", detail: error.description)])
    default:
      self.init(
        .internalError, "The request could not be answered. The program's log says why.",
        cause: "\(error)")
    }
  }

  private init(store error: StoreError) {
    let soon: HTTPFields = [.retryAfter: "5"]
    switch error {
    case .unreachable:
      // The reason may name hosts and users: it is for the log.
      self.init(
        .storeUnreachable,
        "The jobs' store can't be reached now. Ask again; what was asked may have happened.",
        headers: soon, cause: error.description)
    case .failed:
      self.init(
        .storeFailed, "The jobs' store answered with an error. The program's log says which.",
        cause: error.description)
    case .conflict(let uuid):
      self.init(
        .jobConflict, error.description, faults: [.init(pointer: "/uuid", detail: uuid.text)])
    case .operationExists(let uuid):
      self.init(
        .operationConflict, error.description,
        faults: [.init(pointer: "/uuid", detail: uuid.text)])
    case .scheduleExists: self.init(.scheduleConflict, error.description)
    case .schedule: self.init(.invalidSchedule, error.description)
    case .newerSchema, .moved, .filling:
      self.init(
        .storeClosed, "The jobs' store takes no changes from this program. `doctor` says why.",
        headers: [.retryAfter: "60"], cause: error.description)
    }
  }

  private init(refusal: JobRefusal) {
    switch refusal {
    case .notFound(let uuid): self = .jobNotFound(uuid.text)
    case .inProgress(let uuid):
      self.init(
        .jobState,
        "Job \(uuid.text) is running. Cancel it with {\"running\": true}, or wait for its end.",
        code: refusal.code)
    case .changedMeanwhile: self.init(.preconditionFailed, refusal.description)
    case .stillPending(let uuid):
      self.init(
        .jobState,
        "Job \(uuid.text) is still pending. Reschedule it to move it, cancel it to stop it.",
        code: refusal.code)
    case .alreadyFailed(let uuid):
      self.init(.jobState, "Job \(uuid.text) has failed already.", code: refusal.code)
    case .alreadyExecuted, .alreadyCancelled:
      self.init(.jobState, refusal.description, code: refusal.code)
    }
  }

  private init(schedule refusal: ScheduleRefusal) {
    switch refusal {
    case .notFound: self.init(.scheduleNotFound, refusal.description, code: refusal.code)
    case .notPaused, .changedMeanwhile:
      self.init(.scheduleState, refusal.description, code: refusal.code)
    case .pauseIsOver, .wrong:
      self.init(.invalidSchedule, refusal.description, code: refusal.code)
    }
  }

  private init(gate refusal: GateRefusal) {
    switch refusal {
    case .notPaused(let scope, _):
      self.init(.gateState, "The \(scope) isn't paused.", code: refusal.code)
    case .noBlackout(let name):
      self.init(
        .blackoutNotFound, "There is no blackout '\(name.prefix(80))'.", code: refusal.code)
    case .pauseIsOver, .wrongName, .noWindows, .tooManyWindows:
      self.init(.invalidParameter, refusal.description)
    }
  }

  private init(draft error: JobDraftError) {
    let pointer = error.field.map { "/\($0.pointerToken)" } ?? ""
    self.init(
      .invalidJob, error.description,
      faults: [.init(pointer: pointer, detail: error.description)])
  }

  static func jobNotFound(_ uuid: String) -> Problem {
    Problem(
      .jobNotFound,
      "There is no job \(uuid). It may have been deleted after its retention time.",
      code: "notFound")
  }

  static func parameter(_ name: String, _ detail: String) -> Problem {
    Problem(.invalidParameter, "\(name): \(detail)", code: "invalid-parameter")
  }
}

extension String {
  /// The text as one step of a JSON pointer (RFC 6901), bounded.
  var pointerToken: String {
    String(prefix(80)).replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
