import Foundation
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
    var taken: Set<UUID> = []
    var isFailing = false
    while true {
      // A little earlier or later each time, so that nodes don't act in step.
      let pause = configuration.watchInterval * (0.9 + 0.1 * environment.chance.fraction())
      guard (try? await clock.sleep(until: clock.uptime() + pause)) != nil else { return }
      do {
        try await goOn(&taken)
        isFailing = false
      } catch {
        guard !Task.isCancelled else { return }
        // Once per outage, not once per try.
        if !isFailing { logger.warning("Operations stand still and are tried again: \(error)") }
        isFailing = true
      }
    }
  }

  /// Takes up what stands still, for others are being gone on with, and goes on with all that it has
  /// taken up in turn. Not for long: new ones may stand still beside a large one.
  ///
  /// - Parameter taken: what it has taken up before.
  private func goOn(_ taken: inout Set<UUID>) async throws {
    let open = try await store.operations(OperationQuery(isUnfinished: true))
    guard !open.isEmpty else {
      taken = []
      return
    }
    let now = try await store.now()
    let known = taken
    var uuids = open.reversed().filter {
      known.contains($0.uuid) || now - $0.updatedAt >= configuration.watchInterval
    }.map(\.uuid)
    taken = Set(uuids)
    let operations = Operations(store: store, environment: environment)
    let end = environment.clock.uptime() + configuration.watchInterval * 4
    while !uuids.isEmpty, environment.clock.uptime() < end {
      for uuid in uuids {
        let operation = try await operations.step(uuid)
        if let operation, !operation.state.isFinal { continue }
        uuids.removeAll { $0 == uuid }
        guard let operation else { continue }
        logger.info(
          "An operation has ended: \(operation.summary).",
          metadata: ["operation": "\(uuid.text)", "state": "\(operation.state.rawValue)"])
      }
    }
  }
}
