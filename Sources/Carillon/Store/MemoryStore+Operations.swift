public import Foundation

extension MemoryStore {
  // MARK: Operations

  public func begin(_ request: OperationRequest) async throws(StoreError) -> JobOperation {
    try change { state, now throws(StoreError) in
      if let known = state.operations[request.uuid] {
        guard request.asksFor(known) else { throw .operationExists(uuid: request.uuid) }
        return known
      }
      let operation = request.operation(at: now, by: AuditActor.current?.name)
      state.operations[operation.uuid] = operation
      state.note(.began(operation), at: now)
      return operation
    }
  }

  public func operation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    read { state, _ in state.operations[uuid] }
  }

  public func operations(_ query: OperationQuery) async throws(StoreError) -> [JobOperation] {
    read { state, _ in
      let last = query.after.map { state.operations[$0] }
      let matching = state.operations.values.filter { operation in
        (!query.isUnfinished || !operation.state.isFinal)
          && last.map { $0.map(operation.isOlder(than:)) ?? false } ?? true
      }
      return Array(matching.sorted { $1.isOlder(than: $0) }.prefix(query.limit))
    }
  }

  public func survey(
    _ filter: JobFilter, storedBy instant: Instant, after cursor: UUID?, limit: Int
  ) async throws(StoreError) -> JobSurvey {
    read { state, _ in state.survey(filter, storedBy: instant, after: cursor, limit: limit) }
  }

  public func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation? {
    let operation = try change { state, now -> JobOperation? in
      guard let operation = state.operations[uuid] else { return nil }
      let advanced: JobOperation
      switch operation.state {
      case .done, .cancelled: return operation
      case .counting:
        advanced = operation.counted(state.survey(for: operation, limit: limit), at: now)
      case .running:
        let survey = state.survey(for: operation, limit: limit)
        var batch = OperationBatch(operation, survey)
        for uuid in survey.uuids {
          switch operation.verdict(on: state.jobs[uuid], at: now) {
          case .change(let job):
            state.put(job)
            batch.noteDone()
          case .remove:
            state.remove(uuid)
            batch.noteDone()
          case .skip(let why): batch.noteSkip(why)
          }
        }
        advanced = batch.result(at: now)
        for effect in batch.effects(at: now) {
          state.effects[effect.job, default: []].append(effect)
        }
      }
      state.operations[uuid] = advanced
      return advanced
    }
    signals.signal()
    return operation
  }

  public func cancelOperation(_ uuid: UUID) async throws(StoreError) -> JobOperation? {
    try change { state, now in
      guard let operation = state.operations[uuid] else { return nil }
      guard !operation.state.isFinal else { return operation }
      let stopped = operation.stopped(at: now)
      state.operations[uuid] = stopped
      state.note(.stopped(stopped), at: now)
      return stopped
    }
  }

  public func effects(on job: UUID) async throws(StoreError) -> [OperationEffect] {
    read { state, _ in state.effects(on: job) }
  }

  // MARK: Audit

  public func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
    read { state, _ in
      var entries = state.audit.sorted { $1.isOlder(than: $0) }[...]
      if let after = query.after {
        guard let index = entries.firstIndex(where: { $0.uuid == after }) else { return [] }
        entries = entries[(index + 1)...]
      }
      let operations = Set(query.job.map { state.effects(on: $0).map(\.operation) } ?? [])
      return Array(
        entries.lazy.filter { query.matches($0, operations: operations) }.prefix(query.limit))
    }
  }

  public func pruneAudit(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int {
    try change { state, now in
      let entries = state.audit.filter { $0.at < now - age }.sorted { $0.isOlder(than: $1) }
        .prefix(max(limit, 0))
      let old = Set(entries.map(\.uuid))
      state.audit.removeAll { old.contains($0.uuid) }
      let operations = state.operations.values
        .filter { operation in operation.finishedAt.map { $0 < now - age } ?? false }
        .sorted { $0.isOlder(than: $1) }.prefix(max(limit, 0))
      for operation in operations { state.operations[operation.uuid] = nil }
      let effects = state.effects.values.joined().filter { $0.at < now - age }
        .sorted { $0.at < $1.at }.prefix(max(limit, 0))
      for effect in effects { state.effects[effect.job]?.removeAll { $0 == effect } }
      return old.count + operations.count + effects.count
    }
  }
}

extension MemoryStore.State {
  /// Writes an entry, if somebody asks.
  mutating func note(_ note: AuditNote?, at now: Instant) {
    guard let note, let actor = AuditActor.current else { return }
    audit.append(AuditEntry(note, by: actor, at: now))
  }

  fileprivate func effects(on job: UUID) -> [OperationEffect] {
    (effects[job] ?? []).suffix(OperationEffect.most).reversed()
  }

  fileprivate func survey(for operation: JobOperation, limit: Int) -> JobSurvey {
    survey(
      operation.filter, storedBy: operation.insertedAt, after: operation.cursor,
      limit: operation.mostFound(limit))
  }

  fileprivate func survey(
    _ filter: JobFilter, storedBy instant: Instant, after cursor: UUID?, limit: Int
  ) -> JobSurvey {
    let found = jobs.values.filter { job in
      job.insertedAt <= instant && cursor.map { $0.precedes(job.uuid) } ?? true
        && filter.matches(job)
    }.map(\.uuid).sorted { $0.precedes($1) }
    let uuids = Array(found.prefix(max(limit, 1)))
    return JobSurvey(uuids: uuids, next: uuids.count < max(limit, 1) ? nil : uuids.last)
  }
}

extension JobOperation {
  /// The order of lists.
  fileprivate func isOlder(than other: JobOperation) -> Bool {
    insertedAt == other.insertedAt
      ? uuid.precedes(other.uuid) : insertedAt < other.insertedAt
  }
}

extension AuditEntry {
  /// The order of lists.
  fileprivate func isOlder(than other: AuditEntry) -> Bool {
    at == other.at ? uuid.precedes(other.uuid) : at < other.at
  }
}
