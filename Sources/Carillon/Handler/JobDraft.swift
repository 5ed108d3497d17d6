package import Foundation

/// A new job as a JSON object with the record's names says it, read strictly.
package struct JobDraft: Sendable {
  /// What may be said, in the order of the record.
  package static let fields = [
    "uuid", "job_type", "handler_module", "resource_type", "resource_uuid", "args", "args_version",
    "queue", "priority", "max_attempts", "scheduled_at", "in", "created_by_uuid",
  ]

  private let members: [String: JSONValue]

  package init(_ value: JSONValue) throws(JobDraftError) {
    guard let object = value.object else {
      throw JobDraftError(
        "it is no JSON object. Write one like {\"handler_module\":\"…\",\"resource_uuid\":\"…\"}.")
    }
    for name in object.keys.sorted() where !JobDraft.fields.contains(name) {
      throw JobDraftError(
        field: name,
        "'\(name.prefix(80))' is no field that a new job can have."
          + DidYouMean.question(about: name, among: JobDraft.fields)
          + " There are: \(JobDraft.fields.joined(separator: ", ")).")
    }
    members = object.filter { !$0.value.isNull }
  }

  /// Whether the draft names its own identity.
  package var hasUUID: Bool { members["uuid"] != nil }

  /// The job that is asked for, with the handler's defaults for what isn't said.
  package func request(
    in catalog: HandlerCatalog, makeUUID: () -> UUID
  ) throws(JobDraftError) -> JobRequest {
    let jobType = try text("job_type")
    var name = try text("handler_module")
    if name == nil { name = jobType }
    guard let name else {
      throw JobDraftError(
        field: "handler_module",
        "handler_module is missing, and so is job_type: which handler runs the job?")
    }
    guard let resource = try uuid("resource_uuid") else {
      throw JobDraftError(
        field: "resource_uuid", "resource_uuid is missing: what does the job work on?")
    }
    let choice = try HandlerChoice(
      named: name, jobType: jobType, resourceType: try text("resource_type"),
      in: catalog, labels: .columns)
    let options = ScheduleOptions(
      queue: try text("queue"), priority: try whole("priority"),
      maxAttempts: try whole("max_attempts"), createdByUUID: try uuid("created_by_uuid"))
    let (time, args, version) = (try time() ?? .now, try args(), try whole("args_version"))
    let identity = try uuid("uuid")
    do {
      return try choice.request(
        resourceUUID: resource, time: time, args: args, argsVersion: version, options: options,
        uuid: identity ?? makeUUID())
    } catch {
      throw JobDraftError(field: error.column, error.description)
    }
  }

  private func text(_ name: String) throws(JobDraftError) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.string else { throw wrong(name, value, "text in quotes") }
    return text
  }

  private func whole(_ name: String) throws(JobDraftError) -> Int? {
    guard let value = members[name] else { return nil }
    guard let number = value.int else { throw wrong(name, value, "a whole number") }
    return number
  }

  private func uuid(_ name: String) throws(JobDraftError) -> UUID? {
    guard let text = try text(name) else { return nil }
    guard let uuid = UUID(uuidString: text) else {
      throw JobDraftError(
        field: name,
        "\(name): '\(text.prefix(80))' is not a UUID. Write it like "
          + "018f3c1e-7b2a-7c4d-9e8f-0123456789ab.")
    }
    return uuid
  }

  private func args() throws(JobDraftError) -> JobArguments {
    guard let value = members["args"] else { return [:] }
    guard let object = value.object else { throw wrong("args", value, "a JSON object") }
    return JobArguments(object)
  }

  private func time() throws(JobDraftError) -> ScheduledTime? {
    try ScheduledTime(at: try text("scheduled_at"), in: try text("in"))
  }

  /// Says what kind of value was found, not what it holds: args may be secret.
  private func wrong(_ name: String, _ value: JSONValue, _ right: String) -> JobDraftError {
    let found =
      switch value {
      case .null: "null"
      case .bool(let value): "\(value)"
      case .number(let number): "\(number)"
      case .string: "text"
      case .array: "an array"
      case .object: "an object"
      }
    return JobDraftError(field: name, "\(name) is \(found.prefix(60)), but should be \(right).")
  }
}

/// What is wrong with a new job's JSON.
package struct JobDraftError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The field that is to blame; nil when it is the whole.
  package let field: String?
  package let description: String

  package init(field: String? = nil, _ description: String) {
    self.field = field
    self.description = description
  }
}

extension ScheduledTime {
  /// The time that a record's `scheduled_at` or `in` says; nil when neither is there.
  ///
  /// - Parameter fields: what the two are called where they are written.
  package init?(
    at: String?, in delay: String?, fields: (at: String, delay: String) = ("scheduled_at", "in")
  ) throws(JobDraftError) {
    switch (at, delay) {
    case (nil, nil): return nil
    case (let at?, nil):
      do {
        self = .at(try Instant(rfc3339: at))
      } catch {
        throw JobDraftError(field: fields.at, "\(fields.at): \(error.description)")
      }
    case (nil, let delay?):
      do {
        self = .in(try Duration(text: delay))
      } catch {
        throw JobDraftError(field: fields.delay, "\(fields.delay): \(error.description)")
      }
    case (_?, _?):
      throw JobDraftError(
        field: fields.delay,
        "\(fields.at) and \(fields.delay) say two different times. Give one of them.")
    }
  }
}

extension JobRequestError {
  /// The record's field that is to blame; nil when it is the handler's type.
  fileprivate var column: String? {
    switch self {
    case .empty(let column), .tooLong(let column, _), .controlCharacter(let column): column
    case .priority: "priority"
    case .maxAttempts: "max_attempts"
    case .delay: "in"
    case .time: "scheduled_at"
    case .args: "args"
    case .unnameable: nil
    }
  }
}
