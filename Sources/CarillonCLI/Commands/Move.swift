import ArgumentParser
import Carillon
import Foundation

/// Moves a store with its whole history.
struct Move: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "move",
      abstract: "Move all jobs to another store, with their history.",
      usage: ProgramName.usage("move [--from URL] --to URL [--dry-run | --undo] [options]"),
      discussion: """
        Stop every node first. Jobs of every status move as they are, with their attempts, schedules, \
        pauses, the counts per minute, the audit and the HTTP API's tokens, into a store that holds \
        nothing. Meanwhile neither store takes a change, \
        and the old one never again: programs that still use it are told where its jobs are.

        A move that was interrupted goes on when the same command is run again. Until it is \
        complete, --undo opens the old store again and empties the new one.

        \(ProgramName.examples(
          "move --from sqlite:carillon.db --to postgres://jobs@db.example.com/jobs --dry-run",
          "move --from sqlite:carillon.db --to postgres://jobs@db.example.com/jobs",
          "move --from postgres:///jobs --to sqlite:/var/lib/jobs.db --json"))
        """)
  }

  @Option(
    help: ArgumentHelp(
      "Where the jobs are. (default: the store of --store or CARILLON_STORE)", valueName: "url"))
  var from: String?

  @Option(help: ArgumentHelp("Where they go: sqlite:PATH or postgres://….", valueName: "url"))
  var to: String?

  @Flag(help: "Say what would move, and write nothing.")
  var dryRun = false

  @Flag(help: "Give up a move that isn't complete; without --to, the new store keeps its part.")
  var undo = false

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let (source, target) = try urls(session)
    guard try await source.isStore() else {
      throw CommandFailure(
        status: .storeUnreachable,
        description: "There is no \(source): the jobs of nothing can't move.")
    }
    return try await session.withArchive(source) { from in
      // A dry run must not make the file, or the tables, that it looks for.
      if dryRun, try await target?.isStore() != true { return try await survey(from, nil, session) }
      guard let target else { return try await giveUp(from, nil, session) }
      // Before there is a new store.
      if !dryRun, !undo { try await StoreMove.expectRights(to: from) }
      return try await session.withArchive(target) { to in
        if dryRun { return try await survey(from, to, session) }
        if undo { return try await giveUp(from, to, session) }
        return try await move(from, to, session)
      }
    }
  }

  private func urls(_ session: Session) throws(UsageError) -> (from: StoreURL, to: StoreURL?) {
    let source: StoreURL
    if let from {
      source = try StoreURL(text: from, source: "--from")
    } else {
      source = try StoreURL(option: common.store, environment: session.environment)
    }
    guard !(dryRun && undo) else {
      throw UsageError("--dry-run and --undo contradict each other. Give one of them.")
    }
    guard let to else {
      guard undo || dryRun else {
        throw UsageError("--to is missing: say where the jobs go, such as --to sqlite:new.db.")
      }
      return (try source.ofArchive("--from"), nil)
    }
    let (from, target) = (
      try source.ofArchive("--from"),
      try StoreURL(text: to, source: "--to").ofArchive("--to")
    )
    // Another user or other settings make no other store.
    guard from.description != target.description else {
      throw UsageError("--from and --to are the same store. Move into another one.")
    }
    return (from, target)
  }

  // MARK: Acts

  private func move(
    _ from: any StoreArchive, _ to: any StoreArchive, _ session: Session
  ) async throws -> ExitStatus {
    let bars = MoveBars(session.err)
    let report: StoreMove.Report
    do {
      defer { bars.end() }
      let move = session.chance.uuid(at: SystemClock().now())
      report = try await StoreMove(from: from, to: to).run(as: move, progress: bars.update)
    }
    if common.json {
      session.print(
        .object(
          [
            "move": .string(report.move.text), "from": .string(from.location),
            "to": .string(to.location), "was_complete": .bool(report.wasComplete),
          ].merging(report.sum.jsonMembers) { old, _ in old }))
    } else {
      session.out.line(
        report.wasComplete ? "moved already: \(report.sum.text)" : "moved \(report.sum.text)")
      session.out.line("  from      \(from.location.harmless)")
      session.out.line("  to        \(to.location.harmless)")
      session.out.line(
        "  checksum  \(report.sum.checksum)\(report.wasComplete ? "" : " in both stores")")
    }
    return .done
  }

  private func survey(
    _ from: any StoreArchive, _ to: (any StoreArchive)?, _ session: Session
  ) async throws -> ExitStatus {
    let bars = MoveBars(session.err)
    let (sum, damaged) = try await StoreMove(from: from, to: to ?? from).survey(
      progress: bars.update)
    bars.end()
    var obstacles = try await StoreMove.obstacles(from: from, to: to).map(\.description)
    if !damaged.isEmpty {
      obstacles.append(MoveFailure.damaged(store: from.location, damaged).description)
    }
    if common.json {
      session.print(
        .object(
          [
            "from": .string(from.location), "to": JSONValue(to?.location),
            "obstacles": .array(obstacles.map(JSONValue.string)),
          ].merging(sum.jsonMembers) { old, _ in old }))
    } else {
      session.out.line("would move \(sum.text)")
      session.out.line("  from      \(from.location.harmless)")
      if let to { session.out.line("  to        \(to.location.harmless)") }
      session.out.line("  checksum  \(sum.checksum)")
      for obstacle in obstacles { session.warn(obstacle) }
    }
    guard damaged.isEmpty else { return .failed }
    return obstacles.isEmpty ? .done : .conflict
  }

  private func giveUp(
    _ from: any StoreArchive, _ to: (any StoreArchive)?, _ session: Session
  ) async throws -> ExitStatus {
    // Without the other store nobody empties it, and it takes no move before somebody has.
    let left = to == nil ? try await from.moveMark()?.peer : nil
    let isUndone = try await StoreMove.undo(from: from, to: to)
    if common.json {
      session.print(
        .object(["undone": .bool(isUndone), "left": JSONValue(isUndone ? left : nil)]))
    } else {
      session.out.line(
        isUndone
          ? "undone: \(from.location.harmless) takes jobs again"
          : "nothing to undo: \(from.location.harmless) isn't being moved")
      if isUndone, let left {
        session.say(
          "\(left) may hold a part of the jobs. Unless it is lost, empty it: "
            + "`move --undo --from \(from.location) --to \(left)`.")
      }
    }
    return .done
  }
}

/// A progress bar for each phase of a move.
private final class MoveBars: Sendable {
  private let bars: [StoreMove.Phase: ProgressBar]

  init(_ screen: Screen) {
    bars = [
      .looking: ProgressBar("Looking", on: screen), .moving: ProgressBar("Moving", on: screen),
      .verifying: ProgressBar("Verifying", on: screen),
    ]
  }

  @Sendable func update(_ phase: StoreMove.Phase, _ done: Int, _ total: Int) {
    bars[phase]?.update(done, of: total)
    // The next phase draws over this one's bar.
    if done >= total, phase != .looking { bars[phase]?.end() }
  }

  func end() { for bar in bars.values { bar.end() } }
}

extension ArchiveSum {
  fileprivate var jsonMembers: [String: JSONValue] {
    [
      "jobs": JSONValue(jobs), "attempts": JSONValue(attempts),
      "minute_counts": JSONValue(minuteCounts), "schedules": JSONValue(schedules),
      "occurrences": JSONValue(occurrences), "operations": JSONValue(operations),
      "operation_effects": JSONValue(effects),
      "audit_entries": JSONValue(audit), "gates": JSONValue(gates), "tokens": JSONValue(tokens),
      "checksum": .string(checksum),
    ]
  }

  fileprivate var text: String {
    [
      counted(jobs, "job", "jobs"), counted(attempts, "attempt record", "attempt records"),
      counted(minuteCounts, "minute count", "minute counts"),
      counted(schedules, "schedule", "schedules"),
      counted(occurrences, "occurrence", "occurrences"),
      counted(operations, "operation", "operations")
        + (effects > 0 ? " with \(counted(effects, "change", "changes")) of jobs" : ""),
      counted(audit, "audit entry", "audit entries"),
      counted(gates, "pause or blackout", "pauses and blackouts"),
    ].joined(separator: ", ") + " and \(counted(tokens, "token", "tokens"))"
  }
}

extension StoreURL {
  /// The same store under a name that holds in every folder, or a usage error.
  fileprivate func ofArchive(_ option: String) throws(UsageError) -> StoreURL {
    switch self {
    case .memory:
      throw UsageError("\(option): memory: ends with this process; nothing can move there or away.")
    case .postgres: return self
    case .sqlite(let path):
      let url = URL(filePath: path)
      // The file itself may not be there yet; its folder tells where it will be.
      let folder = url.absoluteURL.deletingLastPathComponent().resolvingSymlinksInPath()
      let full = folder.appending(path: url.lastPathComponent).resolvingSymlinksInPath()
      return .sqlite(path: full.path)
    }
  }
}

extension Session {
  /// Opens a store that can be read and written whole, lends it to `body`, and closes it.
  fileprivate func withArchive<Answer: Sendable>(
    _ url: StoreURL, _ body: (any StoreArchive) async throws -> Answer
  ) async throws -> Answer {
    try await withStore(url) { store in
      guard let archive = store as? any StoreArchive else {
        throw UsageError("\(url) can't be moved: it is a store of another kind.")
      }
      return try await body(archive)
    }
  }
}
