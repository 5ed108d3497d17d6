import Carillon
import Foundation

/// Those who schedule jobs and change their minds.
///
/// @unchecked: touched only by the thread that drives the simulation's executor.
final class Load: @unchecked Sendable {
  /// A handler that no node has.
  static let unknownModule = "Elsewhere.UnknownHandler"

  unowned let world: World
  private let resources: [UUID]
  private let chance: Chance

  init(_ world: World) {
    self.world = world
    let chance = Chance(SplitMix64(seed: world.seed, stream: 4))
    self.chance = chance
    resources = (0..<5).map { _ in chance.uuid(at: VirtualClock.start) }
  }

  /// Acts until the unrest is over.
  func run() async {
    let store = FaultyStore(world: world, link: Link(), node: nil)
    let uuid = { @Sendable [chance, world] in chance.uuid(at: world.storeClock.now()) }
    await add(schedules(with: uuid), to: store)
    var left = world.setting.jobs
    await insert(requests(count: left / 3, makingMore: true, with: uuid), into: store)
    left -= left / 3
    let pace = Int(world.setting.unrest.microseconds / 1_000) / max(left, 1)
    while left > 0, world.time.elapsed < world.setting.unrest {
      await world.pause(world.dice.milliseconds(0...pace))
      await act(on: store)
      guard world.dice.isLucky(0.8) else { continue }
      let count = min(left, world.dice.within(1...2))
      left -= count
      await insert(requests(count: count, makingMore: true, with: uuid), into: store)
    }
  }

  /// Closes or opens a gate. A pause that a late write makes must end by itself.
  private func turnGate(of store: FaultyStore, isPause: Bool) async {
    let scopes: [GateScope] = [
      .queue("default"), .queue("other"), .handler(SimulatedHandler.handlerModule),
      .handler(SimulatedTimedHandler.handlerModule),
      .resourceType(SimulatedHandler.resourceType),
    ]
    guard let scope = world.dice.roll({ $0.element(of: scopes) }) else { return }
    let end = world.dice.milliseconds(100...8_000)
    let command: GateCommand =
      isPause
      ? .pause(scope, until: .in(end), by: "load", reason: nil)
      : .resume(world.invariants.pauses.keys.sorted().first ?? scope)
    _ = try? await store.apply(command)
  }

  /// Stores them, however often it takes: a request of unknown fate is simply repeated.
  private func insert(_ requests: [JobRequest], into store: FaultyStore) async {
    while !world.isOver {
      do throws(StoreError) {
        _ = try await store.insert(requests)
        if world.dice.isLucky(0.1) { _ = try await store.insert(requests) }
        return
      } catch {
        if case .conflict = error {
          world.invariants.expect(false, "a repeated insert was taken for another")
          return
        }
        await world.pause(world.dice.milliseconds(100...2_000))
      }
    }
  }

  private func act(on store: FaultyStore) async {
    let roll = world.dice.below(17)
    guard roll < 14 else { return await turnGate(of: store, isPause: roll < 16) }
    let running = world.runs.active.map(\.job.uuid)
    // A running job's end is worth asking for; everything else may meet a job in any state.
    let choice = roll == 1 && !running.isEmpty ? running : world.invariants.uuids
    guard let uuid = world.dice.roll({ $0.element(of: choice) }) else { return }
    let delay = world.dice.milliseconds(0...5_000)
    let command: JobCommand
    switch roll {
    case 0: command = .cancel(reason: Reason.cancelledByHand)
    case 1, 2: command = .requestCancel(reason: Reason.cancelledByHand)
    case 3: command = .reschedule(.in(delay))
    case 4: command = .reschedule(.at(world.storeClock.now() + delay - .seconds(1)))
    case 5: command = .retry
    case 6: command = .delete
    case 7:
      if let resource = world.dice.roll({ [resources] in $0.element(of: resources) }) {
        world.trace.note(.command, resource.halves.low, text: "cancel jobs of a resource")
        _ = try? await store.cancelJobs(
          for: Resource(SimulatedHandler.resourceType, resource), reason: "obsolete")
      }
      return
    case 8:
      await begin(on: store)
      return
    default: return
    }
    world.trace.note(
      .command, uuid.halves.low, text: "\(command) \(world.trace.name(uuid))")
    _ = try? await store.apply(command, to: uuid)
  }

  /// Begins a command on many jobs, and leaves it to the nodes.
  private func begin(on store: FaultyStore) async {
    let delay = world.dice.milliseconds(0...5_000)
    let choices: [(JobCommand, String)] = [
      (.retry, "status:failed"), (.requestCancel(reason: "obsolete"), "priority:>0"),
      (.reschedule(.in(delay)), "status:pending,cancelled"),
      (.cancel(reason: "obsolete"), "queue:other"),
    ]
    guard let (command, text) = world.dice.roll({ $0.element(of: choices) }) else { return }
    guard let filter = try? JobFilter(text, now: world.storeClock.now()) else { return }
    let uuid = chance.uuid(at: world.storeClock.now())
    world.trace.note(.command, uuid.halves.low, text: "\(command) \(text)")
    _ = try? await store.begin(
      OperationRequest(uuid: uuid, command: command, filterText: text, filter: filter))
  }

  // MARK: Making jobs

  /// New requests; `makingMore`: some may schedule further ones.
  func requests(
    count: Int, makingMore: Bool, with uuid: () -> UUID
  ) -> [JobRequest] {
    (0..<count).compactMap { _ in request(makingMore, uuid()) }
  }

  private func request(_ makingMore: Bool, _ uuid: UUID) -> JobRequest? {
    let dice = world.dice
    var work = SimulatedWork(
      kind: kind(dice.below(100)), milliseconds: dice.within(0...900))
    if work.kind == .scheduleMore, !makingMore { work.kind = .succeed }
    if dice.isLucky(0.12) {
      let lease = Int(world.setting.configuration.lease.microseconds / 1_000)
      work.milliseconds = dice.within(lease / 2...lease * 2)
    }
    let time: ScheduledTime
    switch dice.below(4) {
    case 0: time = .now
    case 1, 2: time = .in(dice.milliseconds(0...15_000))
    default: time = .at(VirtualClock.start + dice.milliseconds(0...30_000))
    }
    let handler: any JobHandler.Type
    switch dice.below(10) {
    case 0...6: handler = SimulatedHandler.self
    case 7, 8: handler = SimulatedTimedHandler.self
    default: handler = SimulatedRareHandler.self
    }
    let isUnknown = dice.isLucky(0.02)
    return try? JobRequest(
      uuid: uuid, jobType: isUnknown ? "unknown" : handler.jobType,
      handlerModule: isUnknown ? Load.unknownModule : handler.handlerModule,
      resource: Resource(
        handler.resourceType, resources[dice.below(resources.count)]),
      args: [
        "kind": .string(work.kind.rawValue), "milliseconds": .number(JSONNumber(work.milliseconds)),
      ],
      time: time, queue: dice.isLucky(0.2) ? "other" : "default", priority: dice.below(3),
      maxAttempts: dice.within(1...3))
  }

  private func kind(_ roll: Int) -> SimulatedWork.Kind {
    switch roll {
    case 0..<36: .succeed
    case 36..<42: .fail
    case 42..<54: .failSometimes
    case 54..<60: .throwError
    case 60..<66: .retryLater
    case 66..<74: .snooze
    case 74..<80: .cancelItself
    case 80..<87: .scheduleMore
    case 87..<95: .deaf
    case 95..<97: world.setting.hasPoison ? .poison : .succeed
    default: world.setting.hasPoison ? .stumble : .failSometimes
    }
  }
}
