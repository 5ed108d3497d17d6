public import Carillon
import Foundation

extension PostgresStore {
  /// From so many jobs on they are copied: COPY is faster, but takes a round trip more.
  private static let copied = 500

  public func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    guard !requests.isEmpty else { return [] }
    let batch = try InsertBatch(requests)
    // Others may store the same uuids meanwhile; each time that happens, more of them are known.
    for _ in 0..<5 {
      if let jobs = try await insert(batch) { return jobs }
    }
    throw .failed(
      operation: "store jobs", why: "others store the same uuids all the time. Try again.")
  }

  /// Nil when another process has stored one of the uuids since we looked.
  private func insert(_ batch: InsertBatch) async throws(StoreError) -> [Job]? {
    let find = try statement("store jobs", sql.findJobs, batch.uuids)
    let (now, known) = try await read("store jobs", [find]) { now, opening in
      var known: [UUID: JobRow.Stored] = [:]
      for row in opening.rows[0] {
        let stored = try JobRow.read(row).get()
        known[stored.job.uuid] = stored
      }
      return (now, known)
    }
    let new = try batch.new(known, at: now)
    if !new.isEmpty {
      let first = new.lazy.map(\.job.runAt).min()
      let isNear = !isFarAhead(first, at: now)
      let word = isNear && new.count < PostgresStore.copied ? announcer.takeTurn() : nil
      let entries = batch.entries(of: new, at: now)
      guard try await store(new, entries, word) else { return nil }
      changed(ready: new.map(\.job), at: now, isAnnounced: word != nil)
    } else {
      signals.signal()
    }
    return batch.answer(known, new)
  }

  /// Answers false, and has stored nothing, when a uuid is there already.
  private func store(
    _ new: [InsertBatch.New], _ entries: [AuditEntry], _ word: PostgresStatement?
  ) async throws(StoreError) -> Bool {
    var changes = Changes()
    for one in new { changes.add(one.job) }
    let timeout = pool.configuration.statementTimeout + .milliseconds(new.count)
    do throws(PostgresError) {
      var sums = try changes.takeSums(sql)
      if !entries.isEmpty { sums.append(try AuditRow.write(entries, to: schema("audit"))) }
      guard new.count >= PostgresStore.copied else {
        _ = try await pool.pipeline(
          [InsertBatch.statement(new, sql)] + sums, isolation: .readCommitted, last: word,
          deadline: .now + timeout)
        return true
      }
      do {
        try await pool.withConnection { [sql, sums] connection in
          try await connection.transaction(deadline: .now + timeout) { connection in
            _ = try await connection.copy(
              new, into: sql.jobs, columns: SQL.insertedColumns, deadline: .now + timeout,
              encode: InsertBatch.encode)
            _ = try await connection.pipeline(sums)
          }
        }
        return true
      } catch let error as PostgresError {
        throw error
      } catch {
        throw PostgresError(.protocolViolation, "\(error)", at: location)
      }
    } catch {
      if error.sqlState == SQLState.uniqueViolation { return false }
      throw StoreError(error, operation: "store jobs")
    }
  }
}

/// Jobs that are to be stored with one transaction.
struct InsertBatch {
  typealias New = (job: Job, content: Int64)

  private let requests: [JobRequest]
  /// Of each uuid the first request.
  private let first: [UUID: (request: JobRequest, content: Int64)]
  let uuids: [UUID]

  /// Throws `conflict` when requests of one uuid differ.
  init(_ requests: [JobRequest]) throws(StoreError) {
    self.requests = requests
    var first: [UUID: (request: JobRequest, content: Int64)] = [:]
    var uuids: [UUID] = []
    first.reserveCapacity(requests.count)
    for request in requests {
      let content = request.contentDigest
      if let known = first[request.uuid] {
        guard known.content == content else { throw .conflict(uuid: request.uuid) }
      } else {
        first[request.uuid] = (request, content)
        uuids.append(request.uuid)
      }
    }
    self.first = first
    self.uuids = uuids
  }

  /// Those that aren't stored yet; throws `conflict` when one is with other content.
  func new(_ known: [UUID: JobRow.Stored], at now: Instant) throws(StoreError) -> [New] {
    var new: [New] = []
    new.reserveCapacity(uuids.count - known.count)
    for uuid in uuids {
      guard let (request, content) = first[uuid] else { continue }
      if let stored = known[uuid] {
        guard stored.comes(from: request) else { throw .conflict(uuid: uuid) }
      } else {
        new.append((request.job(at: now), content))
      }
    }
    return new
  }

  /// Audit entries for what is stored.
  func entries(of new: [New], at now: Instant) -> [AuditEntry] {
    let actor = AuditActor.current
    guard actor != nil || requests.contains(where: { $0.askedBy != nil }) else { return [] }
    let jobs = new.map { (job: $0.job, askedBy: first[$0.job.uuid]?.request.askedBy) }
    return AuditNote.scheduling(jobs, by: actor, at: now)
  }

  /// The job of each request, in order.
  func answer(_ known: [UUID: JobRow.Stored], _ new: [New]) -> [Job] {
    if known.isEmpty, new.count == requests.count { return new.map(\.job) }
    var jobs = known.mapValues(\.job)
    for one in new { jobs[one.job.uuid] = one.job }
    return requests.compactMap { jobs[$0.uuid] }
  }

  static func statement(_ new: [New], _ sql: SQL) throws(PostgresError) -> PostgresStatement {
    let jobs = new.map(\.job)
    return try PostgresStatement(
      sql.insertJobs,
      jobs.map(\.uuid), jobs.map(\.run), jobs.map(\.jobType), jobs.map(\.handlerModule),
      jobs.map(\.resourceType), jobs.map(\.resourceUUID), jobs.map { JSONDocument($0.args.json) },
      jobs.map(\.argsVersion), jobs.map(\.queue), jobs.map(\.priority), jobs.map(\.scheduledAt),
      jobs.map(\.runAt), jobs.map(\.status.rawValue), jobs.map(\.attempts),
      jobs.map(\.maxAttempts), jobs.map(\.failures), jobs.map(\.snoozes), jobs.map(\.crashes),
      jobs.map(\.createdByUUID), jobs.map(\.insertedAt), jobs.map(\.updatedAt),
      jobs.map(\.claim), jobs.map { JobRow.text(of: $0.traceContext) }, new.map(\.content))
  }

  /// The same for COPY.
  static func encode(_ new: New, _ row: inout CopyRow) {
    let job = new.job
    row.add(job.uuid)
    row.add(job.run)
    row.add(job.jobType)
    row.add(job.handlerModule)
    row.add(job.resourceType)
    row.add(job.resourceUUID)
    row.add(JSONDocument(job.args.json))
    row.add(job.argsVersion)
    row.add(job.queue)
    row.add(job.priority)
    row.add(job.scheduledAt)
    row.add(job.runAt)
    row.add(job.status.rawValue)
    row.add(job.attempts)
    row.add(job.maxAttempts)
    row.add(job.failures)
    row.add(job.snoozes)
    row.add(job.crashes)
    row.add(job.createdByUUID)
    row.add(job.insertedAt)
    row.add(job.updatedAt)
    row.add(job.claim)
    row.add(JobRow.text(of: job.traceContext))
    row.add(new.content)
  }
}
