import Carillon
import Foundation

/// What handlers really did, as they saw it themselves: the truth that stored outcomes are held to.
///
/// @unchecked: touched only by the thread that drives the simulation's executor.
final class RunLedger: @unchecked Sendable {
  /// One call of a handler.
  final class Run {
    let job: Job
    let node: SimulatedNode
    let startedAt: Duration
    var endedAt: Duration?
    var ending: RunEnding?
    var isCancelled = false

    init(_ job: Job, _ node: SimulatedNode, at uptime: Duration) {
      self.job = job
      self.node = node
      startedAt = uptime
    }

    var isActive: Bool { endedAt == nil && node.isAlive }
  }

  struct Key: Hashable {
    let uuid: UUID
    let claim: Int64
  }

  private let world: World
  private(set) var runs: [Key: Run] = [:]
  /// In order of their start.
  private var open: [Run] = []

  init(_ world: World) {
    self.world = world
  }

  func run(_ uuid: UUID, _ claim: Int64) -> Run? { runs[Key(uuid: uuid, claim: claim)] }

  /// The job begins a new life in which claims count from one again.
  func forget(_ uuid: UUID) {
    for key in runs.keys where key.uuid == uuid { runs[key] = nil }
  }

  /// Runs that go on, on nodes that live.
  var active: [Run] {
    open.removeAll { !$0.isActive }
    return open
  }

  /// Does the work between a note of its start and one of its end.
  func record(
    _ job: Job, on node: SimulatedNode, _ work: () async throws -> Outcome
  ) async throws -> Outcome {
    let run = start(job, node)
    let cancelled = { @Sendable [self] in cancel(job) }
    do {
      let outcome = try await withTaskCancellationHandler(operation: work, onCancel: cancelled)
      end(run, RunEnding(outcome))
      return outcome
    } catch is CancellationError {
      end(run, .interrupted)
      throw CancellationError()
    } catch {
      end(run, .failed)
      throw error
    }
  }

  private func start(_ job: Job, _ node: SimulatedNode) -> Run {
    let run = Run(job, node, at: world.time.elapsed)
    world.trace.note(
      .start, UInt64(job.claim), job.uuid.halves.low,
      text: "\(world.trace.name(job.uuid))#\(job.claim) on \(node.name)")
    let key = Key(uuid: job.uuid, claim: job.claim)
    if !world.isOver { world.invariants.started(run, beside: active, again: runs[key] != nil) }
    runs[key] = run
    open.append(run)
    return run
  }

  private func end(_ run: Run, _ ending: RunEnding) {
    run.endedAt = world.time.elapsed
    run.ending = ending
    world.trace.note(
      .finish, UInt64(run.job.claim), run.job.uuid.halves.low,
      text: "\(world.trace.name(run.job.uuid))#\(run.job.claim) \(ending)")
  }

  private func cancel(_ job: Job) {
    run(job.uuid, job.claim)?.isCancelled = true
    world.trace.note(
      .cancelled, UInt64(job.claim), job.uuid.halves.low,
      text: "\(world.trace.name(job.uuid))#\(job.claim)")
  }
}

/// How a handler's call ended, as the handler knows it.
enum RunEnding: Sendable {
  case ok, failed, snoozed, cancelled
  /// It threw because its task was cancelled.
  case interrupted

  init(_ outcome: Outcome) {
    switch outcome.kind {
    case .ok: self = .ok
    case .error, .retry: self = .failed
    case .snooze: self = .snoozed
    case .cancel: self = .cancelled
    }
  }
}
