public import Foundation
import Instrumentation
import ServiceContextModule

/// Stores jobs: a `Scheduler`, or the context of a running job that schedules further ones.
public protocol JobScheduling: Sendable {
  /// Stores all of them, or none; answers with the jobs, or the existing ones of the same uuid and
  /// content.
  func schedule(_ requests: [JobRequest]) async throws -> [Job]

  /// A new identity for a job.
  func makeUUID() -> UUID
}

/// What may be said about a job beyond handler, resource, time and args.
public struct ScheduleOptions: Sendable, Hashable {
  /// The job's identity, so that the call can be repeated safely; nil: a new one.
  public var uuid: UUID?
  /// Nil: the handler's.
  public var queue: String?
  /// Higher first; nil: the handler's.
  public var priority: Int?
  /// Nil: the handler's.
  public var maxAttempts: Int?
  /// Who asked for it.
  public var createdByUUID: UUID?

  public init(
    uuid: UUID? = nil, queue: String? = nil, priority: Int? = nil, maxAttempts: Int? = nil,
    createdByUUID: UUID? = nil
  ) {
    self.uuid = uuid
    self.queue = queue
    self.priority = priority
    self.maxAttempts = maxAttempts
    self.createdByUUID = createdByUUID
  }
}

extension JobScheduling {
  /// Runs the handler on the resource at `date`.
  @discardableResult
  public func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, for resourceUUID: UUID, at date: Date, args: Handler.Args,
    options: ScheduleOptions = .init()
  ) async throws -> Job {
    try await schedule(
      handler, resourceUUID, .at(Instant(date)), JobArguments(encoding: args), options)
  }

  /// Runs the handler on the resource at `date`, without args.
  ///
  /// Only for a handler that takes `JobArguments`: one with args of its own needs them.
  @discardableResult
  public func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, for resourceUUID: UUID, at date: Date,
    options: ScheduleOptions = .init()
  ) async throws -> Job where Handler.Args == JobArguments {
    try await schedule(handler, resourceUUID, .at(Instant(date)), [:], options)
  }

  /// Runs the handler on the resource after `delay`, counted by the store's clock.
  @discardableResult
  public func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, for resourceUUID: UUID, in delay: Duration, args: Handler.Args,
    options: ScheduleOptions = .init()
  ) async throws -> Job {
    try await schedule(handler, resourceUUID, .in(delay), JobArguments(encoding: args), options)
  }

  /// Runs the handler on the resource after `delay`, without args.
  @discardableResult
  public func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, for resourceUUID: UUID, in delay: Duration,
    options: ScheduleOptions = .init()
  ) async throws -> Job where Handler.Args == JobArguments {
    try await schedule(handler, resourceUUID, .in(delay), [:], options)
  }

  /// Runs the handler on the resource now.
  @discardableResult
  public func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, for resourceUUID: UUID, args: Handler.Args,
    options: ScheduleOptions = .init()
  ) async throws -> Job {
    try await schedule(handler, resourceUUID, .now, JobArguments(encoding: args), options)
  }

  /// Runs the handler on the resource now, without args.
  @discardableResult
  public func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, for resourceUUID: UUID, options: ScheduleOptions = .init()
  ) async throws -> Job where Handler.Args == JobArguments {
    try await schedule(handler, resourceUUID, .now, [:], options)
  }

  private func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, _ resourceUUID: UUID, _ time: ScheduledTime, _ args: JobArguments,
    _ options: ScheduleOptions
  ) async throws -> Job {
    let request = try JobRequest(
      handler, resourceUUID: resourceUUID, time: time, args: args, options: options,
      uuid: options.uuid ?? makeUUID())
    return try await schedule(request)
  }

  /// Stores one job, or answers with the existing one of the same uuid and content.
  @discardableResult
  public func schedule(_ request: JobRequest) async throws -> Job {
    let jobs = try await schedule([request])
    guard let job = jobs.first else {
      throw StoreError.failed(operation: "schedule a job", why: "it answered with nothing")
    }
    return job
  }
}

extension JobRequest {
  /// A request for a handler of this program, with the handler's defaults, in the current trace.
  ///
  /// - Parameter argsVersion: the version of the args' shape, for args that an older program made;
  ///   nil: the handler's.
  public init(
    _ handler: any JobHandler.Type, resourceUUID: UUID, time: ScheduledTime = .now,
    args: JobArguments = [:], argsVersion: Int? = nil, options: ScheduleOptions = .init(),
    uuid: UUID
  ) throws(JobRequestError) {
    // Such a job would be stored, and never found its handler.
    let name = handler.handlerModule
    let isSuspect = name.utf8.contains { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "<") }
    guard !isSuspect || !(name.contains("(unknown context") || name.contains("<")) else {
      throw .unnameable(handler: name)
    }
    try self.init(
      uuid: uuid, jobType: handler.jobType, handlerModule: name,
      resource: Resource(handler.resourceType, resourceUUID), args: args,
      argsVersion: argsVersion ?? handler.argsVersion, time: time,
      queue: options.queue ?? handler.queue,
      priority: options.priority ?? handler.priority,
      maxAttempts: options.maxAttempts ?? handler.maxAttempts,
      createdByUUID: options.createdByUUID, traceContext: TraceCarrier.ofCurrentTask())
  }
}

/// Carries a trace's context through a row.
enum TraceCarrier {
  private struct Strings: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
      carrier[key] = value
    }

    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
  }

  static func ofCurrentTask() -> [String: String] {
    guard let context = ServiceContext.current else { return [:] }
    var carrier: [String: String] = [:]
    InstrumentationSystem.instrument.inject(context, into: &carrier, using: Strings())
    return carrier
  }

  static func context(from carrier: [String: String]) -> ServiceContext {
    var context = ServiceContext.topLevel
    if !carrier.isEmpty {
      InstrumentationSystem.instrument.extract(carrier, into: &context, using: Strings())
    }
    return context
  }
}
