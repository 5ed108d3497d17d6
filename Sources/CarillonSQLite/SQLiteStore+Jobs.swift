public import Carillon
public import Foundation
public import GRDB

extension SQLiteStore {
  // MARK: Scheduling and reading

  public func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    let jobs = try await write("store jobs") { try $0.insert(requests) }
    signals.signal()
    return jobs
  }

  /// Stores a job in the application's own transaction: it exists if and only if that commits.
  ///
  ///     try await database.write { db in
  ///       try post.insert(db)
  ///       try store.schedule(ScheduledPostHandler.self, for: post.id, time: .at(time), in: db)
  ///     }
  @discardableResult
  public func schedule<Handler: JobHandler>(
    _ handler: Handler.Type, for resourceUUID: UUID, time: ScheduledTime = .now,
    args: JobArguments = [:], options: ScheduleOptions = .init(), in database: Database
  ) throws -> Job {
    let request = try JobRequest(
      handler, resourceUUID: resourceUUID, time: time, args: args, options: options,
      uuid: options.uuid ?? SchedulerEnvironment.system.uuid())
    return try schedule(request, in: database)
  }

  /// Stores a job in the application's own transaction: it exists if and only if that commits.
  @discardableResult
  public func schedule(_ request: JobRequest, in database: Database) throws -> Job {
    var ledger = Ledger(database: database, now: clock.now(), actor: AuditActor.current)
    let jobs = try ledger.insert([request])
    try ledger.close()
    database.afterNextTransaction { [signals] _ in signals.signal() }
    guard let job = jobs.first else {
      throw StoreError.failed(operation: "store a job", why: "nothing was inserted")
    }
    return job
  }

  public func job(_ uuid: UUID) async throws(StoreError) -> Job? {
    try await read("read job \(uuid.text)") { database, now in
      try Ledger(database: database, now: now).stored(uuid)?.job
    }
  }

  public func list(_ query: JobQuery) async throws(StoreError) -> JobList {
    try await read("list jobs") { database, _ in try JobLook(query).list(from: database) }
  }

  public func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt] {
    try await read("read the attempts of job \(uuid.text)") { database, now in
      let rows = try SQL(
        database,
        "SELECT \(AttemptRow.columns) FROM carillon_attempts WHERE uuid = ? ORDER BY claim", uuid)
      var attempts: [Attempt] = []
      while try rows.step() {
        if let attempt = AttemptRow.read(rows) { attempts.append(attempt) }
      }
      let job = try Ledger(database: database, now: now).stored(uuid)?.job
      if let running = job.flatMap(Attempt.init(running:)),
        attempts.last?.claim != running.claim
      {
        attempts.append(running)
      }
      return attempts
    }
  }

  // MARK: Acting

  public func apply(
    _ command: JobCommand, to uuid: UUID
  ) async throws(StoreError) -> CommandAnswer {
    let answer = try await write("change job \(uuid.text)") { ledger -> CommandAnswer in
      guard let stored = try ledger.stored(uuid) else { return .refused(.notFound(uuid)) }
      do {
        let changed = try command.applied(to: stored.job, at: ledger.now)
        try ledger.note(.of(command, before: stored.job, after: changed))
        guard let changed else {
          try ledger.delete(stored)
          return .done(stored.job)
        }
        try ledger.update(stored, to: changed)
        return .done(changed)
      } catch let refusal as JobRefusal {
        return .refused(refusal)
      }
    }
    signals.signal()
    return answer
  }

  public func cancelJobs(
    for resource: Resource, reason: String
  ) async throws(StoreError) -> [Job] {
    try await write("cancel the jobs of \(resource)") { ledger in
      let pending = try ledger.all(
        "resource_type = ? AND resource_uuid = ? AND status = 'pending' ORDER BY uuid",
        [resource.type, resource.uuid])
      let jobs = try ledger.each(pending) { ledger, stored in
        let job = try stored.job.applying(.cancel(reason: reason), at: ledger.now)
        try ledger.update(stored, to: job)
        return job
      }
      try ledger.note(.cancelled(jobs, of: resource, reason: reason))
      return jobs
    }
  }
}

extension Ledger {
  mutating func insert(_ requests: [JobRequest]) throws -> [Job] {
    var stored: [(job: Job, askedBy: AuditActor?)] = []
    let jobs = try requests.map { request in
      if let known = try self.stored(request.uuid) {
        guard known.comes(from: request) else {
          throw StoreError.conflict(uuid: request.uuid)
        }
        return known.job
      }
      let job = request.job(at: now)
      try insert(job, content: request.contentDigest)
      if actor != nil || request.askedBy != nil { stored.append((job, request.askedBy)) }
      return job
    }
    for entry in AuditNote.scheduling(stored, by: actor, at: now) { try write(entry) }
    return jobs
  }

  /// The rows of a condition that can be read.
  func all(_ condition: String, _ values: [any SQLValue]) throws -> [JobRow.Stored] {
    let rows = try SQL(
      database, "SELECT \(JobRow.columns) FROM carillon_jobs WHERE \(condition)", all: values)
    var found: [JobRow.Stored] = []
    while try rows.step() {
      if let stored = try? JobRow.read(rows) { found.append(stored) }
    }
    return found
  }
}
