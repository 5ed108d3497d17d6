import Logging

/// Goes on with operations that nobody goes on with: whoever began one may be gone.
///
/// Any number of nodes may do it at once; each step is done by one of them.
struct OperationKeeper: Sendable {
  let store: any JobStore
  let configuration: SchedulerConfiguration
  let environment: SchedulerEnvironment
  let logger: Logger

  /// Works until cancelled.
  func run() async {
    let clock = environment.clock
    var isFailing = false
    while true {
      // A little earlier or later each time, so that nodes don't act in step.
      let pause = configuration.watchInterval * (0.9 + 0.1 * environment.chance.fraction())
      guard (try? await clock.sleep(until: clock.uptime() + pause)) != nil else { return }
      do {
        try await finishTheUnfinished()
        isFailing = false
      } catch {
        guard !Task.isCancelled else { return }
        // Once per outage, not once per try.
        if !isFailing { logger.warning("Operations stand still and are tried again: \(error)") }
        isFailing = true
      }
    }
  }

  private func finishTheUnfinished() async throws {
    let open = try await store.operations(OperationQuery(isUnfinished: true))
    guard !open.isEmpty else { return }
    let now = try await store.now()
    let operations = Operations(store: store, environment: environment)
    // The oldest first, and only those that stand still: others are being gone on with.
    for operation in open.reversed()
    where now - operation.updatedAt >= configuration.watchInterval {
      let end = try await operations.finish(operation.uuid)
      logger.info(
        "An operation has ended: \(end.summary).",
        metadata: ["operation": "\(end.uuid.text)", "state": "\(end.state.rawValue)"])
    }
  }
}
