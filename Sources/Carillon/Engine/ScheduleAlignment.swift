/// A walk over all schedules of a store, once in a node's life, that puts right what the rules of their
/// time zones have changed since their next occurrence was worked out.
///
/// Governments change such rules, sometimes within days, and a process reads them when it starts. An
/// occurrence that has moved back would be found by itself, for nothing fires at a time that its
/// schedule doesn't name; one that has moved forth would come late.
struct ScheduleAlignment {
  /// Schedules that are looked at with one step; a hundred thousand don't keep others from firing.
  private static let page = 250

  private var after: String?
  private(set) var isDone = false

  /// Looks at the next page; answers with the schedules that it has moved.
  mutating func step(_ store: any JobStore) async throws(StoreError) -> [Schedule] {
    let schedules = try await store.schedules(
      ScheduleQuery(limit: ScheduleAlignment.page, after: after))
    var moved: [Schedule] = []
    if !schedules.isEmpty {
      let now = try await store.now()
      for schedule in schedules where !schedule.isAligned(at: now) {
        guard case .done(let aligned) = try await store.apply(.align, toSchedule: schedule.name)
        else { continue }
        if aligned.nextAt != schedule.nextAt { moved.append(aligned) }
      }
    }
    after = schedules.last?.name
    isDone = schedules.isEmpty
    return moved
  }
}
