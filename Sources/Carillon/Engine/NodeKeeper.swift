import Foundation
import Logging
import Synchronization

/// Keeps this process registered: joins, renews the lease, and says so when it is lost.
///
/// It runs on an executor of its own, so that no handler and no busy main loop can starve it.
final class NodeKeeper: Sendable {
  private struct State {
    var uuid: UUID
    var lease: Lease
    var isDraining = false
    var isLost = false
  }

  private let state: Mutex<State>
  private let store: any JobStore
  private let configuration: SchedulerConfiguration
  private let environment: SchedulerEnvironment
  private let catalogue: [PublishedHandler]
  private let logger: Logger
  /// Called when nothing that this node runs is its own any more.
  private let onLoss: @Sendable () -> Void

  init(
    store: any JobStore, configuration: SchedulerConfiguration,
    environment: SchedulerEnvironment, catalogue: [PublishedHandler], logger: Logger,
    onLoss: @escaping @Sendable () -> Void
  ) {
    self.store = store
    self.configuration = configuration
    self.environment = environment
    self.catalogue = catalogue
    self.logger = logger
    self.onLoss = onLoss
    let clock = environment.clock
    state = Mutex(
      State(
        uuid: environment.chance.uuid(at: clock.now()),
        lease: Lease(
          duration: configuration.lease, interval: configuration.heartbeatInterval,
          startedAt: clock.uptime())))
  }

  var uuid: UUID { state.withLock(\.uuid) }
  var lease: Lease { state.withLock(\.lease) }
  /// The store doesn't know this node any more: it must join again before it claims.
  var isLost: Bool { state.withLock(\.isLost) }

  /// Registers under a new identity.
  func join() async throws(StoreError) {
    let clock = environment.clock
    let asked = clock.uptime()
    let now = try await store.now()
    let uuid = environment.chance.uuid(at: now)
    try await store.join(
      Node(
        uuid: uuid, name: environment.nodeName, startedAt: now, catalogue: catalogue,
        queues: configuration.queues, leaseExpiresAt: now + configuration.lease),
      lease: configuration.lease)
    state.withLock { state in
      state.uuid = uuid
      state.isLost = false
      state.lease = Lease(
        duration: configuration.lease, interval: configuration.heartbeatInterval,
        startedAt: asked)
    }
  }

  /// Shows that nothing more will be claimed.
  func drain() { state.withLock { $0.isDraining = true } }

  /// The store has said that the node is gone.
  func lose() {
    let isNew = state.withLock { state in
      defer { state.isLost = true }
      return !state.isLost
    }
    guard isNew else { return }
    logger.warning("This node was taken for dead; what it runs is stopped and it joins anew.")
    onLoss()
  }

  /// Renews the lease until cancelled.
  func beat() async {
    let clock = environment.clock
    var next = clock.uptime() + configuration.heartbeatInterval
    var isFailing = false
    while (try? await clock.sleep(until: next)) != nil {
      let asked = clock.uptime()
      next = asked + configuration.heartbeatInterval
      let (uuid, isDraining, isLost) = state.withLock { ($0.uuid, $0.isDraining, $0.isLost) }
      guard !isLost else { continue }
      do throws(StoreError) {
        switch try await store.heartbeat(
          uuid, lease: configuration.lease, draining: isDraining)
        {
        case .renewed:
          if isFailing { logger.notice("The lease is renewed again.") }
          isFailing = false
          state.withLock { state in
            if state.uuid == uuid { state.lease.renew(askedAt: asked) }
          }
        case .gone:
          if self.uuid == uuid { lose() }
        }
      } catch {
        guard !Task.isCancelled else { return }
        let now = clock.uptime()
        state.withLock { $0.lease.fail(at: now) }
        // Once per outage, not once per try.
        if !isFailing { logger.warning("A heartbeat failed, and is tried again: \(error)") }
        isFailing = true
        // Sooner than usual: a short outage should not cost the lease.
        next = asked + configuration.heartbeatInterval / 4
      }
    }
  }

  /// Says so when the lease has run out unrenewed: others may have taken over, so whatever runs must
  /// stop. Apart from `beat`, which may hang in the store.
  func watch() async {
    let clock = environment.clock
    var announced: Duration?
    while !Task.isCancelled {
      let lease = self.lease
      let now = clock.uptime()
      if lease.isExpired(at: now), announced != lease.expiresAt {
        announced = lease.expiresAt
        logger.error("The store could not be reached for a whole lease; what runs is stopped.")
        onLoss()
      }
      let next = lease.isExpired(at: now) ? now + configuration.heartbeatInterval : lease.expiresAt
      guard (try? await clock.sleep(until: next)) != nil else { return }
    }
  }
}
