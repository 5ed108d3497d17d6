import Carillon
import Foundation

/// What must be true after every step, whatever went wrong before.
///
/// It keeps a picture of its own of every job, and compares each write of the store with it.
///
/// @unchecked: touched only by the thread that drives the simulation's executor.
final class Invariants: @unchecked Sendable {
  /// A job as it was last seen, and what must never be forgotten of it.
  struct Known {
    var job: Job?
    /// Its client was told that it is stored.
    var isAcknowledged = false
    var isDeleteAsked = false
    /// It runs at once, also before its nominal time.
    var isRetriedByHand = false
    /// How each claim ended that has ended.
    var ends: [Int64: End] = [:]
    /// The same of lives before a deletion.
    var formerEnds: [End] = []
    /// When a cancel of the running job was asked for, in uptime.
    var cancelAskedAt: Duration?
    /// When it was last claimed, in uptime.
    var claimedAt = Duration.zero
  }

  struct End {
    let node: UUID
    let outcome: AttemptOutcome
    let isRescue: Bool
  }

  /// One registration of a process.
  struct Member {
    let process: SimulatedNode
    /// When its newest renewal was written.
    var renewedAt: Duration
    var isGone = false
  }

  unowned let world: World
  private(set) var violation: String?
  /// In the order in which they were first heard of.
  private(set) var uuids: [UUID] = []
  var known: [UUID: Known] = [:]
  var members: [UUID: Member] = [:]
  /// The newest pause of each scope, also when it is over.
  var pauses: [GateScope: Pause] = [:]
  /// When each scope was last opened by hand.
  var resumedAt: [GateScope: Instant] = [:]
  /// Calls to the store so far, by all nodes.
  private(set) var calls = 0

  init(_ world: World) {
    self.world = world
  }

  func expect(_ condition: Bool, _ complaint: @autoclosure () -> String) {
    guard !condition, violation == nil, !world.isOver else { return }
    let text = complaint()
    violation = "after \(world.time.elapsed): \(text)"
    world.trace.note(.violation, text: text)
  }

  func called(by node: SimulatedNode?) {
    if node != nil { calls += 1 }
  }

  // MARK: What clients were told

  /// Somebody asks for the job to be stored.
  func attempted(_ request: JobRequest) {
    guard known[request.uuid] == nil else { return }
    known[request.uuid] = Known()
    uuids.append(request.uuid)
    world.trace.call(request.uuid, "job-\(uuids.count)")
  }

  /// Somebody was told that the job is stored.
  func acknowledged(_ job: Job) {
    known[job.uuid]?.isAcknowledged = true
    expect(known[job.uuid] != nil, "an insert was answered with a job that nobody asked for")
  }

  /// A schedule has made a job.
  func fired(_ job: Job) {
    expect(known[job.uuid] == nil, "the occurrence at \(job.scheduledAt.rfc3339) fired twice")
    known[job.uuid] = Known(isAcknowledged: true)
    uuids.append(job.uuid)
    world.trace.call(job.uuid, "job-\(uuids.count)")
    let late = world.storeClock.now() - job.scheduledAt
    // By the clock as it was when it was decided: it may have been set back before the write.
    let early = job.scheduledAt - job.insertedAt
    expect(early <= .zero, "an occurrence fired \(early) early")
    if world.setting.isCalm, !members.isEmpty {
      expect(late < .milliseconds(100), "an occurrence fired late by \(late)")
    }
  }

  func deleteAsked(_ uuid: UUID) { known[uuid]?.isDeleteAsked = true }

  func name(_ job: Job) -> String { "\(world.trace.name(job.uuid))#\(job.claim)" }
}
