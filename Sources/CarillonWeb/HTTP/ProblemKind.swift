import HTTPTypes

/// The kinds of what can go wrong with a request; the raw values are a promise.
enum ProblemKind: String, Sendable, Hashable, CaseIterable {
  case malformedRequest = "malformed-request"
  case malformedJSON = "malformed-json"
  case invalidParameter = "invalid-parameter"
  case invalidCursor = "invalid-cursor"
  case unauthenticated
  case forbidden
  case wrongHost = "wrong-host"
  case crossOrigin = "cross-origin"
  case notFound = "not-found"
  case jobNotFound = "job-not-found"
  case methodNotAllowed = "method-not-allowed"
  case notAcceptable = "not-acceptable"
  case jobState = "job-state"
  case gateState = "gate-state"
  case blackoutNotFound = "blackout-not-found"
  case jobConflict = "job-conflict"
  case preconditionFailed = "precondition-failed"
  case tooLarge = "too-large"
  case unsupportedMediaType = "unsupported-media-type"
  case invalidJob = "invalid-job"
  case scheduleNotFound = "schedule-not-found"
  case scheduleState = "schedule-state"
  case scheduleConflict = "schedule-conflict"
  case invalidSchedule = "invalid-schedule"
  case invalidOperation = "invalid-operation"
  case operationNotFound = "operation-not-found"
  case operationConflict = "operation-conflict"
  case idempotencyKeyReused = "idempotency-key-reused"
  case tooManyRequests = "too-many-requests"
  case internalError = "internal-error"
  case storeFailed = "store-failed"
  case storeUnreachable = "store-unreachable"
  case storeClosed = "store-closed"

  /// Stable, and an identity rather than an address: the guide explains each.
  var type: String { "urn:carillon:problem:\(rawValue)" }

  var status: HTTPResponse.Status {
    switch self {
    case .malformedRequest, .malformedJSON, .invalidParameter, .invalidCursor: .badRequest
    case .unauthenticated: .unauthorized
    case .forbidden, .wrongHost, .crossOrigin: .forbidden
    case .notFound, .jobNotFound, .scheduleNotFound, .operationNotFound, .blackoutNotFound:
      .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .notAcceptable: .notAcceptable
    case .jobState, .jobConflict, .scheduleState, .scheduleConflict, .operationConflict,
      .gateState:
      .conflict
    case .preconditionFailed: .preconditionFailed
    case .tooLarge: .contentTooLarge
    case .unsupportedMediaType: .unsupportedMediaType
    case .invalidJob, .invalidSchedule, .invalidOperation, .idempotencyKeyReused:
      .unprocessableContent
    case .tooManyRequests: .tooManyRequests
    case .internalError, .storeFailed: .internalServerError
    case .storeUnreachable, .storeClosed: .serviceUnavailable
    }
  }

  /// The same for every problem of the kind.
  var title: String {
    switch self {
    case .malformedRequest: "The request can't be read"
    case .malformedJSON: "The body is not JSON"
    case .invalidParameter: "A parameter is wrong"
    case .invalidCursor: "The cursor is not one of ours"
    case .unauthenticated: "A token is needed"
    case .forbidden: "The token's role is too low"
    case .wrongHost: "The Host header is not a loopback name"
    case .crossOrigin: "The request comes from another site"
    case .notFound: "There is nothing here"
    case .jobNotFound: "There is no such job"
    case .methodNotAllowed: "The method is not for this resource"
    case .notAcceptable: "The answer has another media type"
    case .jobState: "The job's state doesn't allow it"
    case .gateState: "It isn't paused"
    case .blackoutNotFound: "There is no such blackout"
    case .jobConflict: "The uuid belongs to a job with other content"
    case .preconditionFailed: "The job has changed"
    case .tooLarge: "The body is too large"
    case .unsupportedMediaType: "The body has the wrong media type"
    case .invalidJob: "The job can't be stored as asked for"
    case .scheduleNotFound: "There is no such schedule"
    case .scheduleState: "The schedule's state doesn't allow it"
    case .scheduleConflict: "The name belongs to a schedule with other content"
    case .invalidSchedule: "The schedule can't be as asked for"
    case .invalidOperation: "The operation can't be begun as asked for"
    case .operationNotFound: "There is no such operation"
    case .operationConflict: "The uuid belongs to another operation"
    case .idempotencyKeyReused: "The idempotency key belongs to another request"
    case .tooManyRequests: "Too much at once"
    case .internalError: "Something went wrong here"
    case .storeFailed: "The store could not do it"
    case .storeUnreachable: "The store can't be reached"
    case .storeClosed: "The store takes no changes"
    }
  }
}
