import Carillon

/// The acts of a simulation, one after the other.
struct Play: Sendable {
  let world: World

  func run() async {
    let audit = world.outside { [world] in
      while !world.isOver {
        await world.pause(.milliseconds(500))
        world.invariants.checkCancellations()
        world.invariants.checkRescues()
      }
    }
    let nemesis = Nemesis(world: world)
    let slots = (0..<world.setting.nodes).map { slot in
      world.outside { await nemesis.supervise(slot: slot) }
    }
    let load = world.outside { [world] in await world.load.run() }
    await world.outside { await nemesis.run() }.value
    await load.value
    await restOrFail()
    if world.setting.endsIdle { await idle() }
    await shutDown(slots)
    do throws(StoreError) {
      try await world.invariants.checkAtEnd()
    } catch {
      world.invariants.expect(false, "the store failed at the end: \(error)")
    }
    if world.invariants.violation == nil { world.isOver = true }
    await audit.value
  }

  private func restOrFail() async {
    do throws(StoreError) {
      try await rest()
    } catch {
      world.invariants.expect(false, "the store failed at rest: \(error)")
    }
  }

  private func areSchedulesOver() async throws(StoreError) -> Bool {
    try await world.store.schedules(ScheduleQuery()).allSatisfy { $0.nextAt == nil }
  }

  private func areOperationsOver() async throws(StoreError) -> Bool {
    try await world.store.operations(OperationQuery(isUnfinished: true)).isEmpty
  }

  /// Without faults, everything comes to its end.
  private func rest() async throws(StoreError) {
    // Crashes back off: a job that brings its node down each time takes its time.
    let deadline = world.time.elapsed + .seconds(600)
    while try await !areSchedulesOver(), world.time.elapsed < deadline {
      await world.pause(.seconds(1))
    }
    while try await !areOperationsOver(), world.time.elapsed < deadline {
      await world.pause(.seconds(1))
    }
    let isOver = try await areOperationsOver()
    world.invariants.expect(isOver, "an operation found no end")
    while !world.invariants.isAtRest, world.time.elapsed < deadline {
      await world.pause(.seconds(1))
    }
    let names = world.invariants.unsettled.map { "\(world.invariants.name($0)) (\($0.status))" }
    world.invariants.expect(names.isEmpty, "\(names.joined(separator: ", ")) found no end")
  }

  /// Without work, a cluster asks little of its store.
  private func idle() async {
    // Nodes that are just being restarted, and their first moments, would be in the way.
    await world.pause(.seconds(8))
    world.trace.note(.phase, text: "idle")
    let configuration = world.setting.configuration
    let (calls, seconds) = (world.invariants.calls, 20)
    await world.pause(.seconds(seconds))
    let made = world.invariants.calls - calls
    let span = Duration.seconds(seconds)
    // A renewal; five calls of housekeeping and a look at operations; a turn; what is held; a look at
    // schedules. Half as much again for jitter.
    let perNode =
      span / configuration.heartbeatInterval + 6 * (span / (configuration.watchInterval * 0.9))
      + 2 * (span / configuration.recheckInterval) + span / configuration.lease + 8
    let bound = Int(perNode * 1.5) * world.living.count
    world.invariants.expect(
      made <= bound, "\(world.living.count) idle nodes made \(made) calls in \(seconds) s")
  }

  private func shutDown(_ slots: [Task<Void, Never>]) async {
    world.trace.note(.phase, text: "shutdown")
    world.isClosing = true
    for node in world.living { node.stop() }
    for slot in slots { await slot.value }
  }
}
