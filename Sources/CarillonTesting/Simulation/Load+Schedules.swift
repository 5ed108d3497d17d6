import Carillon
import Foundation

/// The recurring schedules of a simulation: a few, until the unrest is over.
extension Load {
  func schedules(with uuid: () -> UUID) -> [ScheduleRequest] {
    (0..<world.setting.schedules).compactMap { number in
      let dice = world.dice
      let kinds: [SimulatedWork.Kind] = [.succeed, .failSometimes, .fail, .deaf]
      let work = SimulatedWork(
        kind: dice.roll { $0.element(of: kinds) } ?? .succeed, milliseconds: dice.within(0...4_000))
      var definition = ScheduleDefinition(
        handlerModule: SimulatedHandler.handlerModule, jobType: SimulatedHandler.jobType,
        resource: Resource(SimulatedHandler.resourceType, uuid()),
        args: [
          "kind": .string(work.kind.rawValue),
          "milliseconds": .number(JSONNumber(work.milliseconds)),
        ],
        maxAttempts: 2, recurrence: "@every \(dice.within(1...5))s",
        endAt: VirtualClock.start + world.setting.unrest)
      definition.misfirePolicy = .all()
      definition.misfireThreshold = .seconds(dice.within(0...5))
      definition.overlapPolicy =
        dice.roll { $0.element(of: [.skip, .bufferOne, .bufferAll, .allow]) } ?? .skip
      return try? ScheduleRequest(
        uuid: uuid(), name: "schedule-\(number)", definition: definition)
    }
  }

  /// Stores them, however often it takes.
  func add(_ requests: [ScheduleRequest], to store: FaultyStore) async {
    while !requests.isEmpty, !world.isOver {
      do throws(StoreError) {
        _ = try await store.addSchedules(requests)
        return
      } catch {
        // The clock may have been stepped beyond their end.
        if case .schedule = error { return }
        await world.pause(world.dice.milliseconds(100...2_000))
      }
    }
  }
}
