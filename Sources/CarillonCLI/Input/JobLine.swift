import Carillon
import Foundation

/// Reads one job from a JSON object with the record's names, strictly.
struct JobLine {
  /// What may be said, in the order of the record.
  static let fields = [
    "uuid", "job_type", "handler_module", "resource_type", "resource_uuid", "args", "args_version",
    "queue", "priority", "max_attempts", "scheduled_at", "in", "created_by_uuid",
  ]

  private let members: [String: JSONValue]

  init(_ bytes: [UInt8]) throws(UsageError) {
    let value: JSONValue
    do {
      value = try JSONValue(json: bytes)
    } catch {
      throw UsageError("it is not JSON: \(error.description)")
    }
    guard let object = value.object else {
      throw UsageError(
        "it is no JSON object. Write one like {\"handler_module\":\"…\",\"resource_uuid\":\"…\"}.")
    }
    for name in object.keys.sorted() where !JobLine.fields.contains(name) {
      throw UsageError(
        "'\(name.prefix(80))' is no field that a new job can have."
          + DidYouMean.question(about: name, among: JobLine.fields)
          + " There are: \(JobLine.fields.joined(separator: ", ")).")
    }
    members = object.filter { !$0.value.isNull }
  }

  func request(
    in catalog: HandlerCatalog, makeUUID: () -> UUID
  ) throws(UsageError) -> JobRequest {
    let jobType = try text("job_type")
    var name = try text("handler_module")
    if name == nil { name = jobType }
    guard let name else {
      throw UsageError("handler_module is missing: which handler runs the job?")
    }
    guard let resource = try uuid("resource_uuid") else {
      throw UsageError("resource_uuid is missing: what does the job work on?")
    }
    let choice = try HandlerChoice(
      named: name, jobType: jobType, resourceType: try text("resource_type"),
      in: catalog, labels: .columns)
    let options = ScheduleOptions(
      queue: try text("queue"), priority: try whole("priority"),
      maxAttempts: try whole("max_attempts"), createdByUUID: try uuid("created_by_uuid"))
    let (time, args, version) = (try time(), try args(), try whole("args_version"))
    let identity = try uuid("uuid")
    do {
      return try choice.request(
        resourceUUID: resource, time: time, args: args, argsVersion: version, options: options,
        uuid: identity ?? makeUUID())
    } catch {
      throw UsageError(error.description)
    }
  }

  private func text(_ name: String) throws(UsageError) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.string else { throw wrong(name, value, "text in quotes") }
    return text
  }

  private func whole(_ name: String) throws(UsageError) -> Int? {
    guard let value = members[name] else { return nil }
    guard let number = value.int else { throw wrong(name, value, "a whole number") }
    return number
  }

  private func uuid(_ name: String) throws(UsageError) -> UUID? {
    guard let text = try text(name) else { return nil }
    return try OptionText.uuid(text, name)
  }

  private func args() throws(UsageError) -> JobArguments {
    guard let value = members["args"] else { return [:] }
    guard let object = value.object else { throw wrong("args", value, "a JSON object") }
    return JobArguments(object)
  }

  private func time() throws(UsageError) -> ScheduledTime {
    switch (try text("scheduled_at"), try text("in")) {
    case (nil, nil): return .now
    case (let at?, nil): return .at(try OptionText.instant(at, "scheduled_at"))
    case (nil, let delay?): return .in(try OptionText.duration(delay, "in"))
    case (_?, _?):
      throw UsageError("scheduled_at and in say two different times. Give one of them.")
    }
  }

  /// Says what kind of value was found, not what it holds: args may be secret.
  private func wrong(_ name: String, _ value: JSONValue, _ right: String) -> UsageError {
    let found =
      switch value {
      case .null: "null"
      case .bool(let value): "\(value)"
      case .number(let number): "\(number)"
      case .string: "text"
      case .array: "an array"
      case .object: "an object"
      }
    return UsageError("\(name) is \(found.prefix(60)), but should be \(right).")
  }
}
