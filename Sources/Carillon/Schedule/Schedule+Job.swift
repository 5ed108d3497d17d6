package import Foundation

extension Schedule {
  /// The job of an occurrence; the same one whoever makes it.
  func job(nominal: Instant, _ reason: OccurrenceReason, held: Bool, at now: Instant) -> Job {
    Job(
      uuid: jobUUID(nominal), jobType: definition.jobType,
      handlerModule: definition.handlerModule, resourceType: definition.resource.type,
      resourceUUID: definition.resource.uuid, args: definition.args,
      argsVersion: definition.argsVersion, queue: definition.queue,
      priority: definition.priority, maxAttempts: definition.maxAttempts, createdByUUID: nil,
      insertedAt: now, traceContext: [:], run: 1, scheduledAt: nominal,
      runAt: nominal + offset(of: nominal, reason), hold: held ? .overlap : nil,
      heldAt: held ? now : nil, status: .pending, attempts: 0, failures: 0, snoozes: 0, crashes: 0,
      executedAt: nil, finishedAt: nil, reason: nil, lastError: nil, result: nil,
      cancelRequestedAt: nil, updatedAt: now, claim: 0, node: nil, claimedAt: nil,
      scheduleUUID: uuid, occurrenceReason: reason)
  }

  /// What the jitter adds. Somebody who asks for a run now doesn't want it later.
  private func offset(of nominal: Instant, _ reason: OccurrenceReason) -> Duration {
    switch reason {
    case .onTime, .catchUp:
      Jitter.offset(schedule: uuid, nominal: nominal, within: definition.jitter)
    case .backfill, .manual: .zero
    }
  }

  /// The identity of an occurrence's job, a UUIDv7 of the nominal time. It follows from schedule and
  /// time alone, so that a write of unknown fate that is repeated meets the job that it had made.
  package func jobUUID(_ nominal: Instant) -> UUID {
    var digest = Digest()
    digest.combine(uuid.text)
    digest.combine(String(nominal.microseconds))
    let low = digest.value
    digest.combine("high")
    let milliseconds = UInt64(clamping: nominal.microseconds / 1_000) & 0xFFFF_FFFF_FFFF
    return UUID(
      high: milliseconds << 16 | 0x7000 | digest.value & 0xFFF,
      low: 0x8000_0000_0000_0000 | low & 0x3FFF_FFFF_FFFF_FFFF)
  }
}
