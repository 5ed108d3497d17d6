package import Foundation

/// A store whose rows can be read and written as they are, so that its jobs can move to another.
///
/// A store in a move is *closed*: no node joins it and no row changes but by the move. The store
/// itself sees to that (by triggers, in a database), so that programs which have had it open for
/// long are refused as well. What every such store must do is an `ArchiveRule` in
/// `CarillonTesting`.
package protocol StoreArchive: JobStore {
  /// What a move has left here; nil when there has been none, or it was undone.
  func moveMark() async throws(StoreError) -> MoveMark?

  /// What this connection isn't allowed of what a move does to the store; nil when nothing is in the
  /// way. Changes nothing.
  func missingRights() async throws(StoreError) -> MoveObstacle?

  /// Closes the store and writes the mark, in one transaction; or answers with what stands against
  /// it, and does nothing. A target must be empty. The same mark again is no error.
  func close(for mark: MoveMark) async throws(StoreError) -> MoveObstacle?

  /// Rows in a fixed order, from the one after `cursor`; fewer than `limit` where they are large.
  func page(
    of part: ArchivePart, after cursor: String?, limit: Int
  ) async throws(StoreError) -> ArchivePage

  /// Writes a page's rows and replaces the mark `old` by `new`, in one transaction. Throws, and
  /// writes nothing, unless the store is closed for `old`.
  func keep(
    _ page: ArchivePage, replacing old: MoveMark, by new: MoveMark
  ) async throws(StoreError)

  /// Replaces the mark by one of a move that is complete. A target is opened; its running jobs whose
  /// nodes aren't known get expired ones, so that they are rescued like those of any dead node. A
  /// source stays closed.
  func finish(_ mark: MoveMark) async throws(StoreError)

  /// Undoes a move that isn't complete: opens the store, takes the mark away and, from a target, all
  /// rows.
  func reopen(from mark: MoveMark) async throws(StoreError)
}

/// What an archive holds, in the order in which it moves: who may ask stands before all that can be
/// asked for.
package enum ArchivePart: String, Sendable, Hashable, CaseIterable, Codable {
  case tokens, jobs, attempts, minuteCounts, schedules, occurrences, operations, effects, audit
  case gates, nodes

  package static let first = ArchivePart.tokens

  package var next: ArchivePart? {
    let all = ArchivePart.allCases
    return all.firstIndex(of: self).flatMap { $0 + 1 < all.count ? all[$0 + 1] : nil }
  }
}

/// Rows of one part.
package struct ArchivePage: Sendable, Hashable {
  package var tokens: [TokenRecord] = []
  package var jobs: [ArchivedJob] = []
  package var attempts: [Attempt] = []
  package var minuteCounts: [MinuteCount] = []
  package var schedules: [Schedule] = []
  package var occurrences: [OccurrenceRecord] = []
  package var operations: [JobOperation] = []
  package var effects: [OperationEffect] = []
  package var audit: [AuditEntry] = []
  package var gates: [GateRow] = []
  package var nodes: [Node] = []
  /// Rows that can't be moved as they are, and why.
  package var damaged: [DamagedRow] = []
  /// The last row's place; nil when the part ends here.
  package var cursor: String?

  package init() {}

  package var count: Int {
    tokens.count + jobs.count + attempts.count + minuteCounts.count + schedules.count
      + occurrences.count + operations.count + effects.count + audit.count + gates.count
      + nodes.count
  }
}

/// A job with what a store knows of it besides.
package struct ArchivedJob: Sendable, Hashable {
  package let job: Job
  /// The digest of the request that it was made from; nil where that isn't known.
  package let content: Int64?

  package init(job: Job, content: Int64?) {
    self.job = job
    self.content = content
  }
}

/// A row that can't be moved as it is.
package struct DamagedRow: Sendable, Hashable, CustomStringConvertible {
  /// For people: `row 7 of carillon_jobs`.
  package let row: String
  package let why: String

  package init(row: String, why: String) {
    self.row = row
    self.why = why
  }

  package var description: String { "\(row): \(why)" }
}

/// A store's part in a move, kept in the store itself.
package struct MoveMark: Sendable, Hashable, Codable {
  package enum Role: String, Sendable, Hashable, Codable { case source, target }

  /// The same in both stores.
  package let move: UUID
  package let role: Role
  /// Where the other store is, for people; never with a secret in it.
  package let peer: String
  package var isComplete = false
  /// In a target: what comes next. Nil when all parts are there.
  package var part: ArchivePart? = .first
  package var cursor: String?
  /// Rows that are there.
  package var rows = 0

  package init(move: UUID, role: Role, peer: String) {
    self.move = move
    self.role = role
    self.peer = peer
  }

  /// Whether it is a target's that has got nothing yet.
  package var isUntouched: Bool {
    role == .target && !isComplete && rows == 0 && part == .first && cursor == nil
  }

  /// The mark once `page` is there.
  package func advanced(by page: ArchivePage) -> MoveMark {
    var mark = self
    mark.rows += page.count
    mark.cursor = page.cursor
    if page.cursor == nil { mark.part = part?.next }
    return mark
  }

  package func completed() -> MoveMark {
    var mark = self
    mark.isComplete = true
    return mark
  }

  /// What a store keeps.
  package var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  package init(text: String) throws {
    self = try JSONDecoder().decode(MoveMark.self, from: Data(text.utf8))
  }

  /// Why a store of this mark takes no change.
  package func refusal(of store: String) -> StoreError {
    switch role {
    case .source: .moved(store: store, to: peer)
    case .target: .filling(store: store, from: peer)
    }
  }
}

/// Why a store can't be closed for a move.
package enum MoveObstacle: Error, Sendable, Hashable {
  /// These have leases that haven't run out.
  case liveNodes(store: String, names: [String])
  /// A target that holds something.
  case notEmpty(
    store: String, jobs: Int, attempts: Int, minuteCounts: Int, schedules: Int, operations: Int,
    audit: Int, gates: Int, tokens: Int)
  case otherMove(store: String, mark: MoveMark)
  /// A target that holds a part, of a source that has been opened again.
  case givenUp(store: String, from: String)
  /// Only the owner of the tables may close them.
  case notOwner(store: String, user: String, owner: String)
}

extension MoveObstacle: CustomStringConvertible {
  package var description: String {
    switch self {
    case .liveNodes(let store, let names):
      return "\(names.count == 1 ? "A node is" : "\(names.count) nodes are") alive on \(store): "
        + "\(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? " …" : ""). "
        + "Stop them first; a killed node counts as alive until its lease has run out."
    case .notEmpty(
      let store, let jobs, let attempts, let minuteCounts, let schedules, let operations,
      let audit, let gates, let tokens):
      return "\(store) isn't empty: jobs \(jobs), attempt records \(attempts), minute counts "
        + "\(minuteCounts), schedules \(schedules), operations \(operations), audit entries "
        + "\(audit), pauses and blackouts \(gates), tokens \(tokens). Move into a new store."
    case .otherMove(let store, let mark):
      switch (mark.role, mark.isComplete) {
      case (.source, true): return "\(store) has been moved to \(mark.peer) already."
      case (.source, false):
        return "\(store) is being moved to \(mark.peer). Go on with `move --from \(store) --to "
          + "\(mark.peer)`, or give it up with `move --undo --from \(store) --to \(mark.peer)`."
      case (.target, _):
        return "\(store) is being filled from \(mark.peer). Go on with `move --from \(mark.peer) "
          + "--to \(store)`, or give it up with `move --undo --from \(mark.peer) --to \(store)`."
      }
    case .givenUp(let store, let source):
      return "\(store) holds a part of \(source), from a move that was given up there. Empty it "
        + "with `move --undo --from \(source) --to \(store)`, then move again."
    case .notOwner(let store, let user, let owner):
      return "A move closes \(store), which only the owner of its schema and tables may do. That "
        + "is \(owner), and this is \(user): connect as \(owner), as in "
        + "postgres://\(owner)@HOST/DATABASE. Nothing has been written."
    }
  }
}

extension Finding {
  /// That a store is closed; nil for one that has been filled.
  package init?(of mark: MoveMark) {
    switch mark.role {
    case .source:
      self.init(
        id: "store.moved", severity: .error,
        message:
          "The jobs of this store \(mark.isComplete ? "have moved" : "move") to \(mark.peer); "
          + "it takes no changes.",
        advice: mark.isComplete
          ? "Use that store; this one may be deleted."
          : "Go on with the same `move`, or give it up with `move --undo` of both stores.")
    case .target where !mark.isComplete:
      self.init(
        id: "store.moved", severity: .error,
        message: "This store is being filled from \(mark.peer); it takes no changes meanwhile.",
        advice: "Go on with the same `move`, or give it up with `move --undo` of both stores.")
    case .target: return nil
    }
  }
}
