import Carillon
import Foundation

/// That nothing of a closed scope starts, and that what a gate has held goes on when it opens.
extension Invariants {
  func answered(_ command: GateCommand, _ answer: GateAnswer) {
    switch answer {
    case .paused(let pause, _):
      pauses[pause.scope] = pause
      world.trace.note(.command, text: "\(pause.scope) is paused")
    case .resumed(let pause):
      pauses[pause.scope] = nil
      resumedAt[pause.scope] = world.storeClock.now()
      world.trace.note(.command, text: "\(pause.scope) is resumed")
    case .added, .removed, .refused: return
    }
  }

  /// Waiting jobs that a gate may have held or freed.
  var gated: [UUID] {
    guard !pauses.isEmpty || !resumedAt.isEmpty else { return [] }
    return uuids.filter { uuid in
      guard let job = known[uuid]?.job, job.status == .pending else { return false }
      return job.gates.contains { pauses[$0] != nil || resumedAt[$0] != nil }
    }
  }

  func isClosed(_ job: Job, at now: Instant) -> Bool {
    job.gates.contains { pauses[$0]?.isClosed(at: now) ?? false }
  }

  /// Whether one of the gates is closed that hold their jobs one by one: not the queue's.
  func isHeldBack(_ job: Job, at now: Instant) -> Bool {
    job.gates.contains { $0.holdsJobs && pauses[$0]?.isClosed(at: now) ?? false }
  }

  /// When the last of a job's gates opened; the distant past for one that never was closed.
  func openedAt(_ job: Job, at now: Instant) -> Instant {
    job.gates.reduce(Instant(microseconds: .min)) { latest, scope in
      let end = pauses[scope]?.until.flatMap { $0 <= now ? $0 : nil }
      return max(latest, max(end ?? latest, resumedAt[scope] ?? latest))
    }
  }
}

extension Job {
  /// The gates that it stands before.
  var gates: [GateScope] {
    [.queue(queue), .handler(handlerModule), .resourceType(resourceType)]
  }
}
