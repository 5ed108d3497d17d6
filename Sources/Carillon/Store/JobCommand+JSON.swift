/// A command in words: what it does, and with what. A command of an operation, of a request over
/// HTTP and of an audit entry are written alike.
extension JobCommand {
  /// The words for what can be done with jobs.
  public static let actions = ["cancel", "retry", "reschedule", "delete", "edit"]

  /// One of `actions`.
  public var action: String {
    switch self {
    case .cancel, .requestCancel: "cancel"
    case .reschedule: "reschedule"
    case .retry: "retry"
    case .delete: "delete"
    case .edit: "edit"
    case .ifUnchanged(_, let command): command.action
    }
  }

  /// What has happened to jobs on which it was carried out: `cancelled`.
  public var participle: String {
    switch self {
    case .cancel, .requestCancel: "cancelled"
    case .reschedule: "rescheduled"
    case .retry: "retried"
    case .delete: "deleted"
    case .edit: "edited"
    case .ifUnchanged(_, let command): command.participle
    }
  }

  /// What `init(action:parameters:)` makes the same command of.
  public var parameters: [String: JSONValue] {
    switch self {
    case .cancel(let reason): ["reason": .string(reason)]
    case .requestCancel(let reason): ["reason": .string(reason), "running": true]
    case .reschedule(.now): ["in": "0s"]
    case .reschedule(.in(let delay)): ["in": .string(delay.exactText)]
    case .reschedule(.at(let instant)): ["scheduled_at": JSONValue(instant)]
    case .retry, .delete: [:]
    case .edit(let edit): edit.jsonMembers
    case .ifUnchanged(_, let command): command.parameters
    }
  }

  /// Reads a command strictly: a parameter that the action doesn't have is refused.
  public init(
    action: String, parameters: [String: JSONValue] = [:]
  ) throws(JobCommandError) {
    let reader = ParameterReader(action: action, values: parameters.filter { !$0.value.isNull })
    switch action {
    case "cancel":
      try reader.allow(["reason", "running"])
      let reason = try reader.text("reason") ?? Reason.cancelledByHand
      self =
        try reader.flag("running") == true
        ? .requestCancel(reason: reason) : .cancel(reason: reason)
    case "retry":
      try reader.allow([])
      self = .retry
    case "reschedule":
      try reader.allow(["scheduled_at", "in"])
      self = .reschedule(try reader.time())
    case "delete":
      try reader.allow([])
      self = .delete
    case "edit":
      try reader.allow(JobEdit.fields)
      self = .edit(try reader.edit())
    default:
      throw JobCommandError(
        parameter: nil,
        "'\(action.prefix(40))' is nothing that can be done with jobs."
          + DidYouMean.question(about: action, among: JobCommand.actions)
          + " There are: \(JobCommand.actions.joined(separator: ", ")).")
    }
  }
}

/// Why a command in words is none.
public struct JobCommandError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The parameter that is to blame; nil when it is the action.
  public let parameter: String?
  public let description: String

  init(parameter: String?, _ description: String) {
    self.parameter = parameter
    self.description = description
  }
}

extension JobEdit {
  package static let fields = ["priority", "queue", "max_attempts"]

  fileprivate var jsonMembers: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    if let priority { members["priority"] = JSONValue(priority) }
    if let queue { members["queue"] = .string(queue) }
    if let maxAttempts { members["max_attempts"] = JSONValue(maxAttempts) }
    return members
  }
}

private struct ParameterReader {
  let action: String
  let values: [String: JSONValue]

  func allow(_ known: [String]) throws(JobCommandError) {
    for name in values.keys.sorted() where !known.contains(name) {
      let rest =
        known.isEmpty ? "There is none." : "There are: \(known.joined(separator: ", "))."
      throw JobCommandError(
        parameter: name,
        "'\(name.prefix(80))' is no parameter of \(action)."
          + DidYouMean.question(about: name, among: known) + " \(rest)")
    }
  }

  func text(_ name: String) throws(JobCommandError) -> String? {
    guard let value = values[name] else { return nil }
    guard let text = value.string else { throw wrong(name, "text in quotes") }
    return text
  }

  func flag(_ name: String) throws(JobCommandError) -> Bool? {
    guard let value = values[name] else { return nil }
    guard let flag = value.bool else { throw wrong(name, "true or false") }
    return flag
  }

  private func whole(_ name: String) throws(JobCommandError) -> Int? {
    guard let value = values[name] else { return nil }
    guard let number = value.int else { throw wrong(name, "a whole number") }
    return number
  }

  func time() throws(JobCommandError) -> ScheduledTime {
    let (at, delay) = (try text("scheduled_at"), try text("in"))
    let time: ScheduledTime?
    do throws(JobDraftError) {
      time = try ScheduledTime(at: at, in: delay)
    } catch {
      throw JobCommandError(parameter: error.field, error.description)
    }
    guard let time else {
      throw JobCommandError(
        parameter: "scheduled_at",
        "When? Give scheduled_at, such as 2027-03-01T09:00:00Z, or in, such as 10m.")
    }
    do throws(JobRequestError) {
      try JobRequest.check(time: time)
    } catch {
      throw JobCommandError(parameter: delay == nil ? "scheduled_at" : "in", error.description)
    }
    return time
  }

  func edit() throws(JobCommandError) -> JobEdit {
    let (priority, queue) = (try whole("priority"), try text("queue"))
    let maxAttempts = try whole("max_attempts")
    guard priority != nil || queue != nil || maxAttempts != nil else {
      throw JobCommandError(
        parameter: "priority",
        "What is to change? Give one of \(JobEdit.fields.joined(separator: ", ")).")
    }
    do throws(JobRequestError) {
      return try JobEdit(priority: priority, queue: queue, maxAttempts: maxAttempts)
    } catch {
      let field =
        switch error {
        case .priority: "priority"
        case .maxAttempts: "max_attempts"
        case .empty, .tooLong, .controlCharacter, .delay, .time, .args, .unnameable: "queue"
        }
      throw JobCommandError(parameter: field, error.description)
    }
  }

  private func wrong(_ name: String, _ right: String) -> JobCommandError {
    JobCommandError(parameter: name, "\(name) should be \(right).")
  }
}
