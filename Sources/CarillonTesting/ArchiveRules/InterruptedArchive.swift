import Carillon
import Foundation
import Synchronization

/// How many writes a process gets before it is killed.
final class WriteBudget: Sendable {
  private let left: Mutex<Int>
  /// Whether the last write's answer is heard.
  let answersLastWrite: Bool

  init(_ writes: Int, answersLastWrite: Bool = true) {
    left = Mutex(writes)
    self.answersLastWrite = answersLastWrite
  }

  static let spent = StoreError.failed(operation: "write", why: "the process was killed")

  func spend<Answer>(
    _ write: () async throws(StoreError) -> Answer
  ) async throws(StoreError) -> Answer {
    let left = left.withLock { left in
      left -= 1
      return left
    }
    guard left >= 0 else { throw WriteBudget.spent }
    let answer = try await write()
    guard left > 0 || answersLastWrite else { throw WriteBudget.spent }
    return answer
  }
}

/// An archive that fails once a budget of writes is spent.
struct InterruptedArchive: StoreArchive, ForwardingStore {
  private let base: any StoreArchive
  private let budget: WriteBudget

  init(_ base: any StoreArchive, _ budget: WriteBudget) {
    self.base = base
    self.budget = budget
  }

  var underlying: any JobStore { base }

  func moveMark() async throws(StoreError) -> MoveMark? { try await base.moveMark() }

  func missingRights() async throws(StoreError) -> MoveObstacle? {
    try await base.missingRights()
  }

  func close(for mark: MoveMark) async throws(StoreError) -> MoveObstacle? {
    try await budget.spend { () async throws(StoreError) in try await base.close(for: mark) }
  }

  func page(
    of part: ArchivePart, after cursor: String?, limit: Int
  ) async throws(StoreError) -> ArchivePage {
    try await base.page(of: part, after: cursor, limit: limit)
  }

  func keep(
    _ page: ArchivePage, replacing old: MoveMark, by new: MoveMark
  ) async throws(StoreError) {
    try await budget.spend { () async throws(StoreError) in
      try await base.keep(page, replacing: old, by: new)
    }
  }

  func finish(_ mark: MoveMark) async throws(StoreError) {
    try await budget.spend { () async throws(StoreError) in try await base.finish(mark) }
  }

  func reopen(from mark: MoveMark) async throws(StoreError) {
    try await budget.spend { () async throws(StoreError) in try await base.reopen(from: mark) }
  }
}
