import Carillon
import Foundation

/// What must be true of recurring schedules.
extension Invariants {
  /// Jobs that wait for the end of an earlier one of their schedule.
  var waiting: [UUID] { uuids.filter { known[$0]?.job?.hold == .overlap } }

  /// Each occurrence exactly once, none missed.
  func checkSchedules() async throws(StoreError) {
    for schedule in try await world.store.schedules(ScheduleQuery()) {
      expect(schedule.nextAt == nil, "\(schedule.name) hasn't ended")
      guard let timetable = try? schedule.definition.timetable(),
        let end = schedule.definition.endAt
      else {
        expect(false, "\(schedule.name) can't be read")
        continue
      }
      let records = try await world.store.occurrences(
        of: schedule.uuid, OccurrenceQuery(limit: 10_000))
      let due = timetable.occurrences(after: schedule.insertedAt, through: end).map(\.nominal)
      expect(
        records.map(\.nominalAt) == due.reversed(),
        "\(schedule.name) has \(records.count) occurrences, not \(due.count)")
      expect(
        records.allSatisfy { $0.outcome != .missed }, "\(schedule.name) missed an occurrence")
      let fired = records.compactMap(\.jobUUID)
      expect(fired.count == schedule.runs, "\(schedule.name) counts \(schedule.runs) runs")
      expect(Set(fired).count == fired.count, "two occurrences of \(schedule.name) share a job")
      expect(
        fired.allSatisfy { known[$0] != nil }, "a job of \(schedule.name) was never seen")
    }
  }
}
