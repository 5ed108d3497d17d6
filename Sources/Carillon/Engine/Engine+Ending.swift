import Logging

/// How attempts, and the engine itself, are brought to an end.
extension Engine {
  func enforceTimeouts() {
    for job in running.cancelOverdue(at: environment.clock.uptime()) {
      logger.warning(
        "A job is over its timeout; its task is cancelled.", metadata: job.logMetadata)
    }
  }

  func enforceStop(_ loop: inout Loop) {
    let now = environment.clock.uptime()
    switch stop.stage {
    case .none: return
    case .drain:
      keeper.drain()
      let deadline = loop.drainDeadline ?? now + configuration.shutdownGrace
      loop.drainDeadline = deadline
      loop.stopDeadline = deadline
      if now < deadline { return }
    case .now:
      keeper.drain()
    }
    if loop.leaveDeadline == nil {
      running.cancelAll(because: .shutdown)
      loop.leaveDeadline = now + configuration.cancelGrace
    }
    loop.stopDeadline = loop.leaveDeadline
  }

  func isOver(_ loop: Loop) -> Bool {
    let isQuiet =
      running.isEmpty && loop.unsettled.isEmpty && !loop.isHeldUp && loop.flights.isEmpty
    if stop.stage != .none {
      if isQuiet, !loop.isUnsure { return true }
      return loop.leaveDeadline.map { environment.clock.uptime() >= $0 } ?? false
    }
    switch mode {
    case .serving: return false
    case .sweep: return isQuiet && loop.lastClaimWasEmpty && !loop.isUnsure
    }
  }

  /// Takes the node off, unless handlers still run: then its lease keeps their jobs from running
  /// twice until it runs out.
  func leave() async {
    guard running.isEmpty else {
      for job in running.jobs {
        logger.error(
          """
          A handler ignored its cancellation and is left behind; its job runs again elsewhere \
          when this node's lease has run out.
          """, metadata: job.logMetadata)
      }
      return
    }
    do {
      try await store.leave(keeper.uuid)
    } catch {
      logger.warning("The node could not sign off; its lease will run out: \(error)")
    }
  }
}
