import Carillon
import CarillonPostgres
import Foundation
import Testing

extension ProcessTests {
  /// Recurring schedules of many processes on one PostgreSQL server, none of which leads.
  @Suite(.serialized, .enabled(if: Cluster.server != nil)) struct ScheduleTests {
    @Test func `each occurrence fires exactly once, however nodes die`() async throws {
      // Ten nodes with pools of the usual size would want more connections than the server has.
      let cluster = try await Cluster(lease: 1_500, parameters: "&pool_size=4")
      let (nodes, schedules, seconds) = Cluster.isLong ? (10, 200, 120) : (3, 20, 8)
      try await cluster.start(nodes)
      let end = try await cluster.store.now() + .seconds(seconds)
      let stored = try await cluster.store.addSchedules(
        (0..<schedules).map { number in
          var definition = ScheduleDefinition(
            handlerModule: "CarillonProbe.Line", jobType: "line",
            resource: Resource("thing", UUID()),
            recurrence: "* * * * * *", endAt: end)
          definition.misfirePolicy = .all()
          definition.overlapPolicy = .allow
          return try ScheduleRequest(
            uuid: UUID(), name: "every-second-\(number)", definition: definition)
        })
      for _ in 0..<(Cluster.isLong ? seconds / 10 : 3) {
        try await Task.sleep(for: .milliseconds(Cluster.isLong ? 10_000 : 2_000))
        try await cluster.killOne()
      }
      let haveEnded = try await eventually(within: .seconds(60)) {
        try await cluster.store.schedules(ScheduleQuery(limit: 1_000))
          .allSatisfy { $0.nextAt == nil }
      }
      #expect(haveEnded)
      var fired: Set<UUID> = []
      for schedule in stored {
        let timetable = try schedule.definition.timetable()
        let due = timetable.occurrences(after: schedule.insertedAt, through: end).map(\.nominal)
        let history = try await cluster.store.occurrences(
          of: schedule.uuid, OccurrenceQuery(limit: 10_000))
        #expect(history.map(\.nominalAt) == due.reversed(), "\(schedule.name)")
        #expect(history.allSatisfy { $0.outcome == .fired })
        fired.formUnion(history.compactMap(\.jobUUID))
      }
      let areExecuted = try await cluster.untilExecuted(fired.count, within: .seconds(30))
      let jobs = try await cluster.jobs()
      let statuses = Dictionary(grouping: jobs, by: \.status).mapValues(\.count)
      #expect(areExecuted, "\(fired.count) fired; \(statuses)")
      #expect(Set(jobs.map(\.uuid)) == fired)
      let occurrences = Set(jobs.map { "\($0.scheduleUUID?.text ?? "") \($0.scheduledAt.rfc3339)" })
      #expect(occurrences.count == jobs.count)
      try await cluster.end()
    }
  }
}
