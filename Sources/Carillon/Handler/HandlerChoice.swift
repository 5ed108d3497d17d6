package import Foundation

/// The handler that a new job names: one of this program, or one that lives elsewhere.
package enum HandlerChoice: Sendable {
  case own(any JobHandler.Type)
  case foreign(name: String, jobType: String, resourceType: String)

  /// How the three parts are called where they come from, for messages.
  package struct Labels: Sendable {
    let jobType: String
    let resourceType: String

    package static let options = Labels(jobType: "--job-type", resourceType: "--resource-type")
    package static let columns = Labels(jobType: "job_type", resourceType: "resource_type")
  }

  /// - Parameters:
  ///   - name: a handler's name, older name or job type.
  ///   - jobType: needed for a handler that this program doesn't have.
  ///   - resourceType: likewise.
  package init(
    named name: String, jobType: String?, resourceType: String?, in catalog: HandlerCatalog,
    labels: Labels
  ) throws(JobDraftError) {
    if let entry = catalog.entry(named: name) ?? catalog.entry(jobType: name) {
      if let jobType, jobType != entry.jobType {
        throw JobDraftError(
          field: "job_type",
          "\(labels.jobType) says '\(jobType)', but \(entry.name) does '\(entry.jobType)'. Leave it "
            + "out: this program knows its handlers.")
      }
      if let resourceType, resourceType != entry.resourceType {
        throw JobDraftError(
          field: "resource_type",
          "\(labels.resourceType) says '\(resourceType)', but \(entry.name) works on "
            + "'\(entry.resourceType)'. Leave it out: this program knows its handlers.")
      }
      self = .own(entry.type)
    } else if let jobType, let resourceType {
      self = .foreign(name: name, jobType: jobType, resourceType: resourceType)
    } else {
      throw HandlerChoice.unknown(name, in: catalog, labels: labels)
    }
  }

  package func request(
    resourceUUID: UUID, time: ScheduledTime, args: JobArguments, argsVersion: Int? = nil,
    options: ScheduleOptions, uuid: UUID
  ) throws(JobRequestError) -> JobRequest {
    switch self {
    case .own(let type):
      return try JobRequest(
        type, resourceUUID: resourceUUID, time: time, args: args, argsVersion: argsVersion,
        options: options, uuid: uuid)
    case .foreign(let name, let jobType, let resourceType):
      return try JobRequest(
        uuid: uuid, jobType: jobType, handlerModule: name,
        resource: Resource(resourceType, resourceUUID), args: args,
        argsVersion: argsVersion ?? 1, time: time, queue: options.queue ?? "default",
        priority: options.priority ?? 0,
        maxAttempts: options.maxAttempts ?? JobRequest.defaultMaxAttempts,
        createdByUUID: options.createdByUUID)
    }
  }

  /// What a schedule of it says, with its defaults.
  package func definition(
    name: String, recurrence: String
  ) throws(ScheduleError) -> ScheduleDefinition {
    switch self {
    case .own(let type): return try ScheduleDefinition(type, named: name, recurrence: recurrence)
    case .foreign(let handler, let jobType, let resourceType):
      return ScheduleDefinition(
        handlerModule: handler, jobType: jobType,
        resource: Resource(resourceType, ScheduleDefinition.standardResourceUUID(of: name)),
        recurrence: recurrence)
    }
  }

  private static func unknown(
    _ name: String, in catalog: HandlerCatalog, labels: Labels
  ) -> JobDraftError {
    let owners = catalog.entries.filter { $0.jobType == name }
    if owners.count > 1 {
      return JobDraftError(
        field: "handler_module",
        "\(owners.count) handlers have the job type '\(name)': "
          + "\(owners.map(\.name).joined(separator: ", ")). Name one of them.")
    }
    let known = catalog.entries.flatMap { [$0.name, $0.jobType] }
    let unloadable =
      catalog.problems.isEmpty
      ? ""
      : " Some of this program's handlers can't be loaded by name: `handlers` says which and why."
    return JobDraftError(
      field: "handler_module",
      "This program has no handler '\(name.prefix(120))'."
        + DidYouMean.question(about: name, among: known)
        + unloadable
        + " For one that another program has, add \(labels.jobType) and \(labels.resourceType); "
        + "the name is then the handler's qualified type name, such as "
        + "Newsroom.ScheduledPostHandler.")
  }
}
