public import Foundation

/// A handler with a schedule that the program declares for it.
///
///     Scheduler(store: store, schedules: [.init(Digest.self, "0 9 * * MON-FRI", in: "Europe/Paris")])
public struct DeclaredSchedule: Sendable {
  public let handler: any JobHandler.Type
  public let declaration: ScheduleDeclaration

  public init(_ handler: any JobHandler.Type, _ declaration: ScheduleDeclaration) {
    self.handler = handler
    self.declaration = declaration
  }

  public init(
    _ handler: any JobHandler.Type, _ recurrence: String, in timeZone: String = "UTC",
    name: String? = nil
  ) {
    self.init(handler, ScheduleDeclaration(recurrence, in: timeZone, name: name))
  }

  /// The schedule's name.
  public var name: String { declaration.name ?? handler.jobType }

  /// What is to be stored for it.
  package func request(uuid: UUID) throws(ScheduleError) -> ScheduleRequest {
    var definition = try ScheduleDefinition(
      handler, named: name, recurrence: declaration.recurrence, timeZone: declaration.timeZone,
      resourceUUID: declaration.resourceUUID, args: declaration.args)
    definition.queue = declaration.queue ?? handler.queue
    definition.priority = declaration.priority ?? handler.priority
    definition.maxAttempts = declaration.maxAttempts ?? handler.maxAttempts
    definition.clockChange = declaration.clockChange
    definition.startAt = declaration.startAt
    definition.endAt = declaration.endAt
    definition.misfirePolicy = declaration.misfirePolicy
    definition.misfireThreshold = declaration.misfireThreshold
    definition.overlapPolicy = declaration.overlapPolicy
    definition.jitter = declaration.jitter
    definition.calendars = declaration.calendars
    definition.pauseAfterFailures = declaration.pauseAfterFailures
    return try ScheduleRequest(
      uuid: uuid, name: name, definition: definition, origin: .declared)
  }
}

extension ScheduleDefinition {
  /// A schedule of a handler of this program, with the handler's defaults.
  ///
  /// - Parameter resourceUUID: what the jobs work on; nil: an identity that follows from the name.
  public init(
    _ handler: any JobHandler.Type, named name: String, recurrence: String,
    timeZone: String = "UTC", resourceUUID: UUID? = nil, args: JobArguments = [:]
  ) throws(ScheduleError) {
    let module = handler.handlerModule
    guard !module.contains("(unknown context"), !module.contains("<") else {
      throw .unnameable(handler: module)
    }
    self.init(
      handlerModule: module, jobType: handler.jobType,
      resource: Resource(
        handler.resourceType,
        resourceUUID ?? ScheduleDefinition.standardResourceUUID(of: name)),
      args: args, argsVersion: handler.argsVersion, queue: handler.queue,
      priority: handler.priority, maxAttempts: handler.maxAttempts, recurrence: recurrence,
      timeZone: timeZone)
  }
}

extension HandlerCatalog {
  /// The schedules that handlers declare.
  package var declaredSchedules: [DeclaredSchedule] {
    entries.filter { !$0.type.schedule.isNone }
      .map { DeclaredSchedule($0.type, $0.type.schedule) }
  }
}
