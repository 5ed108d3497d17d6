package import Foundation

/// Moves all that one store holds to another: every job in every status, with every column as it is,
/// its attempts, and the counts per minute; schedules, gates, the audit, and who may ask over HTTP.
///
/// Both stores are closed meanwhile. How far it has come stands in the target, written with the rows
/// themselves, so that a move that was killed anywhere goes on from there. The source is given up
/// (`moved`) before the target is opened: at no time do both take jobs.
package struct StoreMove: Sendable {
  package enum Phase: Sendable, Hashable { case looking, moving, verifying }

  /// Told of rows done, of so many.
  package typealias Progress = @Sendable (Phase, _ done: Int, _ total: Int) -> Void

  /// What became of it.
  package struct Report: Sendable, Hashable {
    package let move: UUID
    package let sum: ArchiveSum
    /// The move had been completed before; the sum is that of the source.
    package let wasComplete: Bool
  }

  let source: any StoreArchive
  let target: any StoreArchive
  let rowsAPage: Int

  package init(from source: any StoreArchive, to target: any StoreArchive, rowsAPage: Int = 1_000) {
    self.source = source
    self.target = target
    self.rowsAPage = rowsAPage
  }

  /// What would move, and which rows stand against it. Writes nothing.
  package func survey(
    progress: Progress = { _, _, _ in }
  ) async throws(StoreError) -> (sum: ArchiveSum, damaged: [DamagedRow]) {
    let total = try await source.statistics(known: []).jobs.values.reduce(0) {
      $0.addingSaturated($1)
    }
    return try await StoreMove.sum(of: source, rowsAPage) { progress(.looking, $0, total) }
  }

  /// Moves everything, or goes on with it. `move` is the identity of a move that begins.
  package func run(
    as move: UUID, progress: Progress = { _, _, _ in }
  ) async throws(MoveFailure) -> Report {
    do {
      let (there, here) = (try await source.moveMark(), try await target.moveMark())
      if let there, let here, there.isComplete, here.isComplete, there.move == here.move {
        let sum = try await survey(progress: progress).sum
        return Report(move: there.move, sum: sum, wasComplete: true)
      }
      for store in [source, target] { try await StoreMove.expectRights(to: store) }
      let (sum, damaged) = try await survey(progress: progress)
      guard damaged.isEmpty else { throw MoveFailure.damaged(store: source.location, damaged) }
      let marks = try await close(as: move, there, here)
      try await copy(marks.target, rows: sum.rows, progress)
      return try await complete(marks.source, progress)
    } catch let error as StoreError {
      throw .store(error)
    } catch let obstacle as MoveObstacle {
      throw .obstacle(obstacle)
    } catch let failure as MoveFailure {
      throw failure
    } catch {
      throw .store(.failed(operation: "move the jobs", why: "\(error)"))
    }
  }

  /// Throws what the connection isn't allowed of a move; not once the store has been moved, when
  /// nothing is left to be done to it.
  package static func expectRights(to store: any StoreArchive) async throws(MoveFailure) {
    let obstacle: MoveObstacle?
    do throws(StoreError) {
      if let mark = try await store.moveMark(), mark.role == .source, mark.isComplete { return }
      obstacle = try await store.missingRights()
    } catch {
      throw .store(error)
    }
    if let obstacle { throw .obstacle(obstacle) }
  }

  /// What stands against a move now, as far as it can be told without closing the stores.
  package static func obstacles(
    from source: any StoreArchive, to target: (any StoreArchive)?
  ) async throws(StoreError) -> [MoveObstacle] {
    var obstacles: [MoveObstacle] = []
    let there = try await source.moveMark()
    if let there, there.role == .source || !there.isComplete {
      obstacles.append(.otherMove(store: source.location, mark: there))
    }
    for store in [source] + (target.map { [$0] } ?? []) {
      if let obstacle = try await store.missingRights() { obstacles.append(obstacle) }
      let now = try await store.now()
      let alive = try await store.nodes().filter { $0.leaseExpiresAt > now }
      if !alive.isEmpty {
        obstacles.append(.liveNodes(store: store.location, names: alive.map(\.name)))
      }
    }
    guard let target else { return obstacles }
    if let here = try await target.moveMark(), here.role == .source || !here.isComplete {
      if here.move != there?.move {
        obstacles.append(
          refusal(of: target.location, here, isOpen: there?.role != .source, source.location))
      }
      return obstacles
    }
    let (sum, _) = try await sum(of: target, 1_000) { _ in }
    if sum.rows > 0 {
      obstacles.append(
        .notEmpty(
          store: target.location, jobs: sum.jobs, attempts: sum.attempts,
          minuteCounts: sum.minuteCounts, schedules: sum.schedules, operations: sum.operations,
          audit: sum.audit, gates: sum.gates, tokens: sum.tokens))
    }
    return obstacles
  }

  /// Gives up a move that isn't complete: the source takes jobs again, and what the target has got is
  /// deleted. Without a target, as when that is lost, the source alone is opened.
  package static func undo(
    from source: any StoreArchive, to target: (any StoreArchive)?
  ) async throws(MoveFailure) -> Bool {
    do {
      var there = try await source.moveMark()
      // A store that was filled once is a store like any other.
      if there?.role == .target, there?.isComplete == true { there = nil }
      if let there, there.role == .target || there.isComplete {
        throw MoveObstacle.otherMove(store: source.location, mark: there)
      }
      if there != nil { try await expectRights(to: source) }
      var isUndone = false
      if let target, let here = try await target.moveMark(), here.role == .target, !here.isComplete
      {
        guard here.move == there?.move ?? here.move else {
          throw MoveObstacle.otherMove(store: target.location, mark: here)
        }
        try await target.reopen(from: here)
        isUndone = true
      }
      guard let there else { return isUndone }
      try await source.reopen(from: there)
      return true
    } catch let error as StoreError {
      throw .store(error)
    } catch let obstacle as MoveObstacle {
      throw .obstacle(obstacle)
    } catch let failure as MoveFailure {
      throw failure
    } catch {
      throw .store(.failed(operation: "undo the move", why: "\(error)"))
    }
  }

  // MARK: Steps

  /// Closes both stores; answers with the marks from which to go on.
  private func close(
    as move: UUID, _ there: MoveMark?, _ here: MoveMark?
  ) async throws -> (source: MoveMark, target: MoveMark) {
    let sourceMark: MoveMark
    if let there, there.role == .source {
      // A target without a mark is the right one if it is where the move was to go. Not after a
      // complete move, whose target had one.
      let isOurs =
        here.map { $0.move == there.move }
        ?? (there.peer == target.location && !there.isComplete)
      guard isOurs else {
        // To go on with the source's move is no advice where its target is taken by another.
        if let here, here.role == .target, !here.isComplete, there.peer == target.location {
          throw MoveObstacle.otherMove(store: target.location, mark: here)
        }
        throw MoveObstacle.otherMove(store: source.location, mark: there)
      }
      sourceMark = there
    } else if let there, !there.isComplete {
      throw MoveObstacle.otherMove(store: source.location, mark: there)
    } else if let here, here.isUntouched, here.peer == source.location {
      // A move that ended between the closing of its two stores.
      sourceMark = MoveMark(move: here.move, role: .source, peer: target.location)
    } else {
      sourceMark = MoveMark(move: move, role: .source, peer: target.location)
    }
    var targetMark = MoveMark(move: sourceMark.move, role: .target, peer: source.location)
    if let here, here.role == .target, here.move == targetMark.move {
      targetMark = here
    } else if let obstacle = try await target.close(for: targetMark) {
      // The target is asked first, so that its refusal leaves the source as it is.
      if case .otherMove(_, let here) = obstacle {
        throw StoreMove.refusal(
          of: target.location, here, isOpen: there?.role != .source, source.location)
      }
      throw obstacle
    }
    if sourceMark.isComplete { return (sourceMark, targetMark) }
    do {
      if let obstacle = try await source.close(for: sourceMark) { throw obstacle }
    } catch {
      // What has come to nothing must not stand in the way of the next move. If the source has been
      // closed all the same, its mark tells where to go on.
      if targetMark.isUntouched { try? await target.reopen(from: targetMark) }
      throw error
    }
    return (sourceMark, targetMark)
  }

  /// Why a target of another move's mark isn't filled. Its source may have been opened again without
  /// it; then to go on with that move would be no advice.
  private static func refusal(
    of target: String, _ mark: MoveMark, isOpen: Bool, _ source: String
  ) -> MoveObstacle {
    mark.role == .target && isOpen && mark.peer == source
      ? .givenUp(store: target, from: source) : .otherMove(store: target, mark: mark)
  }

  private func copy(_ mark: MoveMark, rows: Int, _ progress: Progress) async throws {
    var mark = mark
    while let part = mark.part {
      let page = try await source.page(of: part, after: mark.cursor, limit: rowsAPage)
      guard page.damaged.isEmpty else {
        throw MoveFailure.damaged(store: source.location, page.damaged)
      }
      let next = mark.advanced(by: page)
      try await target.keep(page, replacing: mark, by: next)
      mark = next
      progress(.moving, mark.rows, rows)
    }
  }

  private func complete(_ sourceMark: MoveMark, _ progress: Progress) async throws -> Report {
    let there = try await StoreMove.sum(of: source, rowsAPage) { _ in }.sum
    let here = try await StoreMove.sum(of: target, rowsAPage) {
      progress(.verifying, $0, there.rows)
    }.sum
    guard there == here else {
      throw MoveFailure.differs(
        source: source.location, there, target: target.location, here)
    }
    guard let targetMark = try await target.moveMark(), targetMark.move == sourceMark.move else {
      throw StoreError.failed(
        operation: "complete the move", why: "\(target.location) isn't marked for it any more")
    }
    try await source.finish(sourceMark.completed())
    try await target.finish(targetMark.completed())
    return Report(move: sourceMark.move, sum: there, wasComplete: false)
  }

  private static func sum(
    of store: any StoreArchive, _ rowsAPage: Int, _ progress: (Int) -> Void
  ) async throws(StoreError) -> (sum: ArchiveSum, damaged: [DamagedRow]) {
    var sum = ArchiveSum()
    var damaged: [DamagedRow] = []
    for part in ArchivePart.allCases {
      var cursor: String?
      repeat {
        let page = try await store.page(of: part, after: cursor, limit: rowsAPage)
        sum.add(page)
        damaged += page.damaged.prefix(max(0, 1_000 - damaged.count))
        cursor = page.cursor
        progress(sum.jobs)
      } while cursor != nil
    }
    return (sum, damaged)
  }
}

extension ArchiveSum {
  package var rows: Int {
    jobs + attempts + minuteCounts + schedules + occurrences + operations + effects + audit + gates
      + tokens
  }
}

/// Why a move came to no end.
package enum MoveFailure: Error, Sendable, Hashable, CustomStringConvertible {
  case store(StoreError)
  case obstacle(MoveObstacle)
  case damaged(store: String, [DamagedRow])
  case differs(source: String, ArchiveSum, target: String, ArchiveSum)

  package var description: String {
    switch self {
    case .store(let error): return error.description
    case .obstacle(let obstacle): return obstacle.description
    case .damaged(let store, let rows):
      let shown = rows.prefix(20).map { "\n\($0)" }.joined()
      return
        "\(rows.count == 1 ? "A row" : "\(rows.count) rows") of \(store) can't be moved as they "
        + "are. Mend or delete them with the database's own tool, then move again.\(shown)"
        + (rows.count > 20 ? "\n…" : "")
    case .differs(let source, let there, let target, let here):
      return "The copy isn't like the original, so both stores stay closed. \(source) has "
        + "\(there.text), \(target) has \(here.text). Give the move up with `move --undo` and the "
        + "same stores, and report this."
    }
  }
}

extension ArchiveSum {
  fileprivate var text: String {
    "\(jobs) jobs, \(attempts) attempts, \(minuteCounts) minute counts, \(schedules) schedules, "
      + "\(occurrences) occurrences, \(operations) operations with \(effects) changes of "
      + "jobs, \(audit) audit entries, \(gates) pauses and blackouts and \(tokens) tokens of checksum \(checksum)"
  }
}
