import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonSQLite

/// How an operation's walk over the jobs goes, however many of them its filter means.
@Suite struct `A survey of SQLite` {
  private static let filters =
    JobStatus.allCases.map { "status:\($0.rawValue)" } + [
      "", "status:pending,failed queue:mail", "hold:paused", "resource:post type:a*",
      "resource:post/4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34", "-status:executed node:any",
      "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34", "args.a:5 status:failed", "error:busy after:2h",
    ]

  @Test func `goes on where the last one ended, and sorts nothing`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await SQLiteStore(path: folder.appending(path: "jobs.db").path)
    for text in `A survey of SQLite`.filters {
      let (columns, args) = try JobFilter(text, now: Instant(microseconds: 0)).split
      let uuid = UUID()
      let plan = try await store.read("explain a survey") { database, now in
        let (conditions, values) = FilterSQL.conditions(columns)
        let statement = SQLiteStore.survey(
          args.isAll ? "uuid" : JobRow.columns,
          where: conditions + ["uuid > ? AND inserted_at <= ?", "uuid <= ?"])
        let rows = try SQL(
          database, "EXPLAIN QUERY PLAN \(statement)", all: values + [uuid, now, uuid])
        var steps: [String] = []
        while try rows.step() { steps.append(rows.text(3)) }
        return steps
      }
      let walk = try #require(plan.first)
      #expect(walk.hasPrefix("SEARCH carillon_jobs USING"), "\(plan)")
      #expect(
        walk.hasSuffix("INDEX sqlite_autoindex_carillon_jobs_1 (uuid>? AND uuid<?)"), "\(plan)")
      #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
    }
  }
}
