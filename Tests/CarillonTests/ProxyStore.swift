import CarillonTesting
import Foundation

@testable import Carillon

/// A store in front of another, where a test may look on, break in, or falsify.
struct ProxyStore: ForwardingStore {
  enum Call: Sendable {
    case wakeUps
    case exchange([Settlement], ClaimRequest?)
    case other
  }

  let base: any JobStore
  /// Asked before a call is passed on; what it throws is the answer.
  var before: @Sendable (Call) async throws(StoreError) -> Void = { _ in }
  /// Asked when the call has been carried out; what it throws takes the answer's place.
  var after: @Sendable (Call) async throws(StoreError) -> Void = { _ in }
  var listening: @Sendable () -> Void = {}

  var underlying: any JobStore { base }

  func now() async throws(StoreError) -> Instant {
    try await before(.other)
    return try await base.now()
  }

  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
    try await before(.other)
    return try await base.insert(requests)
  }

  func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer {
    try await before(.other)
    return try await base.apply(command, to: uuid)
  }

  func cancelJobs(for resource: Resource, reason: String) async throws(StoreError) -> [Job] {
    try await before(.other)
    return try await base.cancelJobs(for: resource, reason: reason)
  }

  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange {
    try await before(.exchange(settlements, claim))
    let exchange = try await base.exchange(settlements, claim: claim, by: node)
    try await after(.exchange(settlements, claim))
    return exchange
  }

  // MARK: Schedules

  func addSchedules(_ requests: [ScheduleRequest]) async throws(StoreError) -> [Schedule] {
    try await before(.other)
    return try await base.addSchedules(requests)
  }

  func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer {
    try await before(.other)
    return try await base.apply(command, toSchedule: name)
  }

  func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules {
    try await before(.other)
    return try await base.dueSchedules(limit: limit, except: except)
  }

  func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer] {
    try await before(.other)
    return try await base.fire(firings)
  }

  func claims(of node: UUID) async throws(StoreError) -> [Job] {
    try await before(.other)
    return try await base.claims(of: node)
  }

  func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence] {
    try await before(.other)
    return try await base.report(attempts)
  }

  func join(_ node: Node, lease: Duration) async throws(StoreError) {
    try await before(.other)
    try await base.join(node, lease: lease)
  }

  func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    try await before(.other)
    return try await base.heartbeat(node, lease: lease, draining: draining)
  }

  func leave(_ node: UUID) async throws(StoreError) {
    try await before(.other)
    try await base.leave(node)
  }

  func wakeUps() -> AsyncStream<Void> {
    listening()
    return base.wakeUps()
  }
}
