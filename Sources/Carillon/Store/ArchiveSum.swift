/// Counts and a checksum of all that a store holds: equal for equal records, in whatever store and
/// order.
///
/// A record's digest goes over every column as decoded; the digests are added up. It tells whether
/// something was lost or changed on the way, and is no protection against forgery. Nodes don't
/// count: they come and go.
package struct ArchiveSum: Sendable, Hashable {
  package private(set) var jobs = 0
  package private(set) var attempts = 0
  package private(set) var minuteCounts = 0
  package private(set) var schedules = 0
  package private(set) var occurrences = 0
  package private(set) var operations = 0
  /// Jobs that operations have changed.
  package private(set) var effects = 0
  package private(set) var audit = 0
  /// Pauses and blackouts.
  package private(set) var gates = 0
  package private(set) var tokens = 0
  private var sum: UInt64 = 0

  package init() {}

  /// 16 hexadecimal digits.
  package var checksum: String {
    let hex = String(sum, radix: 16)
    return String(repeating: "0", count: 16 - hex.count) + hex
  }

  package mutating func add(_ page: ArchivePage) {
    jobs += page.jobs.count
    attempts += page.attempts.count
    minuteCounts += page.minuteCounts.count
    schedules += page.schedules.count
    occurrences += page.occurrences.count
    operations += page.operations.count
    effects += page.effects.count
    audit += page.audit.count
    gates += page.gates.count
    tokens += page.tokens.count
    for job in page.jobs { add(RecordDigest(job)) }
    for attempt in page.attempts { add(RecordDigest(attempt)) }
    for count in page.minuteCounts { add(RecordDigest(count)) }
    for schedule in page.schedules { add(RecordDigest(schedule)) }
    for record in page.occurrences { add(RecordDigest(record)) }
    for operation in page.operations { add(RecordDigest(operation)) }
    for effect in page.effects { add(RecordDigest(effect)) }
    for entry in page.audit { add(RecordDigest(entry)) }
    for row in page.gates { add(RecordDigest(row)) }
    for token in page.tokens { add(RecordDigest(token)) }
  }

  private mutating func add(_ digest: RecordDigest) { sum &+= digest.value }
}

/// The digest of one record, column by column.
private struct RecordDigest {
  private var digest = Digest()

  /// Mixed once more (SplitMix64), so that sums of similar digests don't cancel out.
  var value: UInt64 {
    var mixed = digest.value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  init(_ archived: ArchivedJob) {
    let job = archived.job
    add("job")
    add(job.uuid.halves.high, job.uuid.halves.low)
    add(job.run, job.argsVersion, job.priority, job.attempts, job.maxAttempts)
    add(job.failures, job.snoozes, job.crashes)
    for text in [job.jobType, job.handlerModule, job.resourceType, job.args.json, job.queue] {
      add(text)
    }
    add(job.resourceUUID.halves.high, job.resourceUUID.halves.low)
    add(job.status.rawValue)
    for text in [job.hold?.rawValue, job.reason, job.lastError, job.result] { add(text) }
    for instant in [
      job.scheduledAt, job.runAt, job.heldAt, job.executedAt, job.finishedAt,
      job.cancelRequestedAt, job.insertedAt, job.updatedAt, job.claimedAt,
    ] {
      add(instant?.microseconds)
    }
    for uuid in [job.createdByUUID, job.node, job.scheduleUUID] {
      add(uuid.map { Int64(bitPattern: $0.halves.high) })
      add(uuid.map { Int64(bitPattern: $0.halves.low) })
    }
    add(job.claim)
    add(archived.content)
    add(job.occurrenceReason?.rawValue)
    for (key, value) in job.traceContext.sorted(by: { $0.key < $1.key }) {
      add(key)
      add(value)
    }
  }

  init(_ attempt: Attempt) {
    add("attempt")
    add(attempt.uuid.halves.high, attempt.uuid.halves.low)
    add(attempt.claim)
    add(attempt.number)
    add(attempt.node.halves.high, attempt.node.halves.low)
    add(attempt.startedAt.microseconds)
    add(attempt.endedAt?.microseconds)
    for text in [attempt.outcome?.rawValue, attempt.error, attempt.fingerprint] { add(text) }
    for line in attempt.log {
      add(line.at)
      add(line.level)
      add(line.message)
    }
    add((attempt.progress.map { Int64(bitPattern: $0.bitPattern) }))
    add(attempt.progressNote)
  }

  init(_ count: MinuteCount) {
    add("minute")
    add(count.key.minute)
    for text in [count.key.queue, count.key.handlerModule, count.key.outcome.rawValue] { add(text) }
    add(count.count)
    for number in count.wait.counts + count.runTime.counts { add(number) }
  }

  init(_ schedule: Schedule) {
    add("schedule")
    // All columns but one have their place in the record's JSON.
    add(schedule.jsonValue.json)
    add(schedule.declaration)
  }

  init(_ record: OccurrenceRecord) {
    add("occurrence")
    add(record.scheduleUUID.halves.high, record.scheduleUUID.halves.low)
    add(record.nominalAt.microseconds, record.notedAt.microseconds)
    for text in [
      record.outcome.rawValue, record.occurrenceReason?.rawValue, record.jobUUID?.text, record.why,
    ] {
      add(text)
    }
    add(record.count)
  }

  init(_ operation: JobOperation) {
    add("operation")
    // All columns but two have their place in the record's JSON.
    add(operation.jsonValue.json)
    add(operation.filter.description)
    add(operation.cursor?.text)
  }

  init(_ effect: OperationEffect) {
    add("effect")
    for uuid in [effect.operation, effect.job] { add(uuid.halves.high, uuid.halves.low) }
    add(effect.at.microseconds)
  }

  init(_ entry: AuditEntry) {
    add("audit")
    add(entry.jsonValue.json)
  }

  init(_ row: GateRow) {
    add("gate")
    for text in [
      row.scope, row.name, row.blackout, row.by, row.reason, row.calendars, row.timeZone,
    ] {
      add(text)
    }
    add(row.since, row.until)
  }

  init(_ token: TokenRecord) {
    add("token")
    for text in [token.id, token.name, token.role.rawValue, token.digest] { add(text) }
    add(token.createdAt.microseconds, token.revokedAt?.microseconds)
  }

  /// Nothing, and something, begin with different bytes.
  private mutating func add(_ text: String?) {
    digest.combine(byte: text == nil ? 0 : 1)
    if let text { digest.combine(text) }
  }

  private mutating func add<Number: FixedWidthInteger>(_ numbers: Number?...) {
    for number in numbers {
      digest.combine(byte: number == nil ? 0 : 1)
      guard let number else { continue }
      withUnsafeBytes(of: UInt64(truncatingIfNeeded: number).littleEndian) { bytes in
        for byte in bytes { digest.combine(byte: byte) }
      }
    }
  }
}
