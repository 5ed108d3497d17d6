import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonPostgres

/// Times are compared with bounds far above what they are, so that only another order of magnitude is
/// noticed.
@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A claim and a completion of a thousand jobs` {
  @Test func `take as long beside many future and finished jobs as alone`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      // Never analysed, and empty a moment ago.
      try await test.execute("ALTER TABLE $schema.jobs SET (autovacuum_enabled = off)")
      let alone = try await turns(test, node)
      try await fill(test, future: 200_000, finished: 300_000)
      let crowded = try await turns(test, node)
      try await test.execute("ANALYZE $schema.jobs")
      let analysed = try await turns(test, node)
      for time in [crowded, analysed] {
        #expect(time < max(alone * 5, .seconds(2)), "\(alone) alone, \(crowded), \(analysed)")
      }
    }
  }

  @Test func `pass closed and opened gates in batches that don't walk all held jobs for each`()
    async throws
  {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      try await test.execute("ALTER TABLE $schema.jobs SET (autovacuum_enabled = off)")
      let gate = GateScope.handler(TestStore.handler)
      _ = try await test.store.apply(.pause(gate, until: nil, by: nil, reason: nil))
      // Held and freed once when the table is small, so that plans are made.
      _ = try await test.insert(count: 1)
      _ = try await test.claim(by: node)
      _ = try await test.insert(count: 20_000)
      #expect(try await longestClaim(test, node, until: "hold = 'paused'") < .seconds(2))
      _ = try await test.store.apply(.resume(gate))
      #expect(try await longestClaim(test, node, until: "hold IS NULL") < .seconds(2))
    }
  }

  /// Of those that it takes until all jobs are so.
  private func longestClaim(
    _ test: TestStore, _ node: UUID, until all: String
  ) async throws -> Duration {
    var longest = Duration.zero
    for _ in 0..<20 {
      let begin = ContinuousClock.now
      _ = try await test.claim(1, by: node)
      longest = max(longest, ContinuousClock.now - begin)
    }
    try await test.execute(
      "SELECT 1 / (bool_and(\(all)))::int FROM $schema.jobs WHERE status = 'pending'")
    return longest
  }

  @Test func `a look for jobs that a filter means walks an index, however many there are`()
    async throws
  {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      try await test.execute("ALTER TABLE $schema.jobs SET (autovacuum_enabled = off)")
      try await fill(test, future: 200_000, finished: 300_000)
      let now = try await test.store.now()
      for text in ["status:failed", "status:pending", "queue:mail*", "args.n:5", "error:x"] {
        var (cursor, found, looks): (UUID?, Int, Int) = (nil, 0, 0)
        repeat {
          let begin = ContinuousClock.now
          let survey = try await test.store.survey(
            JobFilter(text, now: now), storedBy: now, after: cursor, limit: 500)
          #expect(ContinuousClock.now - begin < .seconds(2), "\(text)")
          found += survey.uuids.count
          cursor = survey.next
          looks += 1
        } while cursor != nil && looks < 20
        #expect(found == (text == "status:pending" ? 10_000 : 0))
      }
    }
  }

  /// Six rounds, so that prepared statements have come to their generic plans.
  private func turns(_ test: TestStore, _ node: UUID) async throws -> Duration {
    var longest = Duration.zero
    for _ in 0..<6 {
      _ = try await test.insert(count: 1_000)
      let begin = ContinuousClock.now
      let claimed = try await test.claim(1_000, by: node)
      #expect(claimed.count == 1_000)
      let settlements = try claimed.map { try test.settlement($0) }
      let answers = try await test.store.exchange(settlements, claim: nil, by: node).answers
      #expect(answers.allSatisfy { if case .applied = $0 { true } else { false } })
      longest = max(longest, ContinuousClock.now - begin)
    }
    return longest
  }

  private func fill(_ test: TestStore, future: Int, finished: Int) async throws {
    let columns = """
      uuid, run, job_type, handler_module, resource_type, resource_uuid, args, args_version, queue,
      priority, scheduled_at, run_at, status, attempts, max_attempts, failures, snoozes, crashes,
      inserted_at, updated_at, claim, executed_at, finished_at
      """
    try await test.execute(
      """
      INSERT INTO $schema.jobs (\(columns))
      SELECT gen_random_uuid(), 1, 'publish_post', 'Publish', 'post', gen_random_uuid(), '{}', 1,
        'default', 0, now() + interval '1 day', now() + interval '1 day', 'pending', 0, 3, 0, 0, 0,
        now(), now(), 0, NULL, NULL
      FROM generate_series(1, \(future))
      """)
    try await test.execute(
      """
      INSERT INTO $schema.jobs (\(columns))
      SELECT gen_random_uuid(), 1, 'publish_post', 'Publish', 'post', gen_random_uuid(), '{}', 1,
        'default', 0, now(), now(), 'executed', 1, 3, 0, 0, 0, now(), now(), 1, now(), now()
      FROM generate_series(1, \(finished))
      """)
  }
}
