public import Foundation

/// Commands on all jobs that a filter means: `scheduler.operations`.
///
///     let operation = try await scheduler.operations.begin(.retry, on: "status:failed queue:mail")
///     let end = try await scheduler.operations.finish(operation.uuid)
///     print(end.summary)
///
/// An operation that has begun comes to its end also if this program doesn't: every node that serves
/// goes on with what it finds unfinished.
public struct Operations: Sendable {
  /// Jobs of one batch: few enough that nobody waits long for the rows.
  static let batch = 500
  /// Jobs that one look counts.
  private static let counted = 10_000

  package let store: any JobStore
  let environment: SchedulerEnvironment

  package init(store: any JobStore, environment: SchedulerEnvironment = .system) {
    self.store = store
    self.environment = environment
  }

  // MARK: Beginning

  /// What a filter means now: times count from the store's clock, and nodes are known by their UUIDs.
  /// Throws `JobFilterError`.
  public func meaning(of text: String) async throws -> JobFilter {
    let now = try await store.now()
    var filter = try JobFilter(text, now: now)
    if filter.namesNodes {
      filter = filter.naming(nodes: try await store.nodes().map { ($0.name, $0.uuid) })
    }
    // It is kept as a text, and must be read again.
    _ = try JobFilter(filter.description, now: now)
    return filter
  }

  /// How many jobs the filter means now; `progress` is told of those found so far. Locks nothing,
  /// and takes its time in large stores.
  public func count(
    _ filter: JobFilter, progress: (Int) -> Void = { _ in }
  ) async throws -> Int {
    let now = try await store.now()
    var count = 0
    var cursor: UUID?
    repeat {
      let survey = try await store.survey(
        filter, storedBy: now, after: cursor, limit: Operations.counted)
      count = count.addingSaturated(survey.uuids.count)
      cursor = survey.next
      progress(count)
      try Task.checkCancellation()
    } while cursor != nil
    return count
  }

  /// Begins to carry out a command on all jobs that the filter means; answers at once. With the uuid
  /// of an operation that does the same it answers with that one, and with that of another it throws
  /// `StoreError.operationExists`.
  ///
  /// - Parameter total: how many they are, if they have been counted.
  @discardableResult
  public func begin(
    _ command: JobCommand, on filter: String, total: Int? = nil, uuid: UUID? = nil
  ) async throws -> JobOperation {
    let request = OperationRequest(
      uuid: uuid ?? environment.uuid(), command: command, filterText: filter,
      filter: try await meaning(of: filter), total: total)
    return try await AuditActor.orLibrary(environment.nodeName).doing {
      try await store.begin(request)
    }
  }

  // MARK: Going on

  /// Goes on with an operation until it has ended, and answers with its end; `progress` is told of
  /// each step. Throws `OperationRefusal.notFound`.
  @discardableResult
  public func finish(
    _ uuid: UUID, progress: (JobOperation) -> Void = { _ in }
  ) async throws -> JobOperation {
    while true {
      guard let operation = try await step(uuid) else { throw OperationRefusal.notFound(uuid) }
      progress(operation)
      guard !operation.state.isFinal else { return operation }
    }
  }

  /// One step, and then a while in which the store is the others'; nil when there is no such
  /// operation.
  func step(_ uuid: UUID) async throws -> JobOperation? {
    let clock = environment.clock
    let start = clock.uptime()
    let operation = try await store.advance(uuid, limit: Operations.batch)
    let took = min(clock.uptime() - start, .milliseconds(100))
    if took > .zero, operation?.state.isFinal == false {
      try await clock.sleep(until: clock.uptime() + took)
    }
    try Task.checkCancellation()
    return operation
  }

  /// Stops an operation; what it has done stays. One that has ended stays as it is.
  @discardableResult
  public func cancel(_ uuid: UUID) async throws -> JobOperation {
    let operation = try await AuditActor.orLibrary(environment.nodeName).doing {
      try await store.cancelOperation(uuid)
    }
    guard let operation else { throw OperationRefusal.notFound(uuid) }
    return operation
  }

  // MARK: Reading

  /// The operation of that uuid; throws `OperationRefusal.notFound` when there is none.
  public func named(_ uuid: UUID) async throws -> JobOperation {
    guard let operation = try await store.operation(uuid) else {
      throw OperationRefusal.notFound(uuid)
    }
    return operation
  }

  /// Newest first.
  public func list(_ query: OperationQuery = OperationQuery()) async throws -> [JobOperation] {
    try await store.operations(query)
  }
}

/// Why nothing can be done with an operation.
public enum OperationRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  case notFound(UUID)

  public var description: String {
    switch self {
    case .notFound(let uuid):
      "There is no operation \(uuid.text). `operations list` shows all."
    }
  }
}

extension Scheduler {
  /// Commands on all jobs that a filter means.
  public var operations: Operations { Operations(store: store, environment: environment) }

  /// What was done to this store and by whom, newest first.
  public func audit(_ query: AuditQuery = AuditQuery()) async throws -> [AuditEntry] {
    try await store.audit(query)
  }
}

extension AuditActor {
  /// Who asks now, or else the program itself.
  static func orLibrary(_ name: String) -> AuditActor {
    current ?? AuditActor(name: name, source: .library)
  }
}
