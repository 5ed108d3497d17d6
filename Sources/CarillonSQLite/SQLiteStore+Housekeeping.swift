public import Carillon
import Foundation
import GRDB

extension SQLiteStore {
  // MARK: Housekeeping

  public func holdUnresolved(limit: Int) async throws(StoreError) -> Int {
    // Totals say which names have pending jobs at all: usually all are known and nothing is locked.
    let unknown = try await read("look for unresolved jobs") { database, now -> [HandlerKey] in
      let known = try NodeRow.registeredKeys(in: database)
      let unknown = try Totals.pendingKeys(in: database).filter { !known.contains($0) }
      guard !unknown.isEmpty else { return [] }
      // Jobs of the future, and those that are held already, are nothing to lock the file for.
      let due = try ReadyJobs(.all(1), in: database).due(Set(unknown), limit: 1, at: now)
      return due.isEmpty ? [] : unknown
    }
    guard !unknown.isEmpty else { return 0 }
    return try await write("hold unresolved jobs") { ledger in
      let known = try NodeRow.registeredKeys(in: ledger.database)
      let due = try ReadyJobs(.all(limit), in: ledger.database).due(
        Set(unknown).subtracting(known), limit: limit, at: ledger.now)
      return try ledger.each(due) { ledger, stored in
        let job = stored.job.holding(.unresolved, at: ledger.now)
        try ledger.update(stored, to: job)
        return job
      }.count
    }
  }

  public func giveUpUnresolved(
    after timeout: Duration, limit: Int
  ) async throws(StoreError) -> [Job] {
    let expired: @Sendable (borrowing Ledger) throws -> [JobRow.Stored] = { ledger in
      let isWatched = try NodeRow.all(in: ledger.database)
        .contains { $0.leaseExpiresAt > ledger.now && !$0.catalogue.isEmpty }
      guard isWatched else { return [] }
      return try ledger.all(
        "hold = ? AND held_at <= ? ORDER BY held_at LIMIT ?",
        [Hold.unresolved.rawValue, ledger.now - timeout, limit])
    }
    let found = try await read("look for unresolved jobs") { database, now in
      try !expired(Ledger(database: database, now: now)).isEmpty
    }
    guard found else { return [] }
    return try await write("give up unresolved jobs") { ledger in
      try ledger.each(expired(ledger)) { ledger, stored in
        let job = try stored.job.applying(
          .giveUp(reason: Reason.handlerNotFound), at: ledger.now)
        try ledger.update(stored, to: job)
        return job
      }
    }
  }

  public func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int {
    let wanted = statuses.filter(\.isFinal).map(\.rawValue).sorted()
    guard !wanted.isEmpty else { return 0 }
    let marks = wanted.map { _ in "?" }.joined(separator: ", ")
    let old = "finished_at IS NOT NULL AND finished_at < ? AND status IN (\(marks))"
    let found = try await read("look for old jobs") { database, now in
      try SQL(
        database, "SELECT 1 FROM carillon_jobs WHERE \(old) LIMIT 1",
        all: [now - age] + wanted
      ).step()
    }
    guard found else { return 0 }
    return try await write("prune old jobs") { ledger in
      let stored = try ledger.all(
        "\(old) ORDER BY finished_at LIMIT ?", [ledger.now - age] + wanted + [limit])
      for job in stored { try ledger.delete(job) }
      return stored.count
    }
  }

  public func maintain() async throws(StoreError) {
    checkpoints?.seek()
    guard let checkpoints, checkpoints.isOurs else { return }
    try await Blocking.run(location) { checkpoints.shrink() }
  }
}
