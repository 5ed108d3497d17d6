import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A row that can't be read or written` {
  /// The first can't be read, and is held; a row that breaks a constraint can't even be held.
  private static let damages = [
    "args = '[1]'", "attempts = 99", "failures = -1", "finished_at = now()", "max_attempts = -5",
  ]

  @Test(arguments: damages)
  func `is put aside, and others are claimed`(_ damage: String) async throws {
    try await TestStore.with { test in
      let (bad, good) = (try await test.insert(priority: 1), try await test.insert())
      try await test.damage(bad, damage)
      let node = try await test.join()
      #expect(try await test.claim(by: node).map(\.uuid) == [good.uuid])
      #expect(try await test.claim(by: node).isEmpty)
      let later = try await test.insert()
      #expect(try await test.claim(1, by: node).map(\.uuid) == [later.uuid])
      let finding = try await test.store.diagnose().first { $0.id == "jobs.damaged" }
      #expect(finding?.severity == .error)
    }
  }

  @Test(arguments: damages)
  func `doesn't keep a dead node's other jobs from running again`(_ damage: String) async throws {
    try await TestStore.with { test in
      let (bad, good) = (try await test.insert(), try await test.insert())
      let node = try await test.join()
      #expect(try await test.claim(by: node).count == 2)
      try await test.damage(bad, damage)
      test.clock.advance(by: .seconds(60))
      let rescued = try await test.store.rescue(node, at: 0)
      #expect(rescued?.map(\.uuid) == [good.uuid])
      let finding = try await test.store.diagnose().first { $0.id == "jobs.orphaned" }
      #expect(finding?.severity == .error)
    }
  }

  @Test(arguments: damages.filter { !$0.hasPrefix("finished_at") })
  func `doesn't fail the outcomes of its batch`(_ damage: String) async throws {
    try await TestStore.with { test in
      let jobs = try await test.insert(count: 5)
      let node = try await test.join()
      let claimed = try await test.claim(by: node)
      try await test.damage(jobs[0], damage)
      let settlements = try claimed.map { try test.settlement($0, isRead: true) }
      let answers = try await test.store.exchange(settlements, claim: nil, by: node).answers
      let refused = answers.count { if case .refused = $0 { true } else { false } }
      let applied = answers.count { if case .applied = $0 { true } else { false } }
      #expect(refused == 1 && applied == 4)
    }
  }

  @Test func `keeps no other waiting while somebody has locked it`() async throws {
    try await TestStore.with { test in
      let jobs = try await test.insert(count: 3)
      let node = try await test.join()
      let settlements = try await test.claim(by: node).map { try test.settlement($0) }
      let place = try #require(settlements.firstIndex { $0.fence.uuid == jobs[1].uuid })
      let later = try await test.insert()
      let claim = ClaimRequest(keys: [TestStore.key], free: .all(10), idle: false)
      try await test.store.pool.withConnection { connection in
        try await connection.transaction { connection in
          _ = try await connection.query(
            "SELECT uuid FROM \(test.store.schema("jobs")) WHERE uuid = $1 FOR UPDATE",
            jobs[1].uuid)
          let exchange = try await test.store.exchange(settlements, claim: claim, by: node)
          for (index, answer) in exchange.answers.enumerated() {
            let isApplied = if case .applied = answer { true } else { false }
            #expect(index == place ? answer == .busy : isApplied)
          }
          #expect(exchange.claimed.map(\.uuid) == [later.uuid])
        }
      }
      let answers = try await test.store.exchange([settlements[place]], claim: nil, by: node)
        .answers
      #expect(answers != [.busy])
      #expect(try await test.store.job(jobs[1].uuid)?.status == .executed)
    }
  }

  @Test(arguments: ["processing", "executed"])
  func `costs others nothing when a trigger refuses it`(_ status: String) async throws {
    try await TestStore.with { test in
      let jobs = try await test.insert(count: 5)
      try await test.execute(
        """
        CREATE FUNCTION $schema.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.uuid = '\(jobs[0].uuid.text)' AND NEW.status = '\(status)' THEN
            RAISE 'not this one';
          END IF;
          RETURN NEW;
        END $$
        """)
      try await test.execute(
        """
        CREATE TRIGGER refuse BEFORE UPDATE ON $schema.jobs
        FOR EACH ROW EXECUTE FUNCTION $schema.refuse()
        """)
      let node = try await test.join()
      let claimed = try await test.claim(by: node)
      #expect(claimed.count == (status == "processing" ? 4 : 5))
      let settlements = try claimed.map { try test.settlement($0) }
      let answers = try await test.store.exchange(settlements, claim: nil, by: node).answers
      let applied = answers.count { if case .applied = $0 { true } else { false } }
      #expect(applied == 4)
      #expect(
        zip(claimed, answers).allSatisfy {
          $0.uuid != jobs[0].uuid || $1 == .refused("not this one")
        })
    }
  }

  @Test func `doesn't keep a node from signing off, nor the others from being cancelled`()
    async throws
  {
    try await TestStore.with { test in
      let (bad, good) = (try await test.insert(), try await test.insert())
      let node = try await test.join()
      #expect(try await test.claim(by: node).count == 2)
      try await test.damage(bad, "attempts = 99")
      try await test.store.leave(node)
      #expect(try await test.store.nodes().isEmpty)
      #expect(try await test.store.job(good.uuid)?.status == .pending)
      let other = try await test.insert()
      try await test.damage(other, "failures = -1")
      let cancelled = try await test.store.cancelJobs(for: test.resource, reason: "enough")
      #expect(cancelled.map(\.uuid) == [good.uuid])
    }
  }

  @Test func `is an outcome that can't be stored, and leaves the others`() async throws {
    try await TestStore.with { test in
      _ = try await test.insert(count: 3)
      let node = try await test.join()
      let claimed = try await test.claim(by: node)
      let results = ["no json", "1", "{}"]
      let settlements = try zip(claimed, results).map { job, result in
        try test.settlement(job, .succeed(result: result))
      }
      let answers = try await test.store.exchange(settlements, claim: nil, by: node).answers
      guard case .refused = answers[0], case .applied = answers[1], case .applied = answers[2]
      else {
        Issue.record("\(answers)")
        return
      }
    }
  }
}

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `Sums at the end of their range` {
  @Test func `stay there`() async throws {
    try await TestStore.with { test in
      let node = try await test.join()
      for _ in 0..<2 {
        _ = try await test.insert()
        let job = try #require(try await test.claim(by: node).first)
        _ = try await test.store.exchange([test.settlement(job)], claim: nil, by: node)
        try await test.store.maintain()
        try await test.execute(
          """
          UPDATE $schema.minute_counts SET attempts = 9223372036854775807,
            run_buckets = '9223372036854775807 9223372036854775807'
          """)
        try await test.execute("UPDATE $schema.totals SET jobs = 9223372036854775807")
      }
      let now = test.clock.now()
      #expect(try await test.store.minuteCounts(from: now, to: now).map(\.count) == [.max])
      let statistics = try await test.store.statistics(known: [])
      #expect(statistics.jobs[.executed] == .max)
      try await test.store.maintain()
    }
  }

  @Test func `are the same before and after they are folded`() async throws {
    try await TestStore.with { test in
      let node = try await test.join()
      _ = try await test.insert(count: 50)
      for job in try await test.claim(20, by: node) {
        _ = try await test.store.exchange([test.settlement(job)], claim: nil, by: node)
      }
      let now = test.clock.now()
      let counts = try await test.store.minuteCounts(from: now, to: now)
      let statistics = try await test.store.statistics(known: [])
      #expect(statistics.jobs == [.pending: 30, .executed: 20, .processing: 0])
      try await test.store.maintain()
      let left = try await test.execute(
        """
        SELECT (SELECT count(*) FROM $schema.totals_changes)
          + (SELECT count(*) FROM $schema.minute_counts_changes)
        """)
      #expect(try left.first?.int(0) == 0)
      #expect(try await test.store.minuteCounts(from: now, to: now) == counts)
      #expect(try await test.store.statistics(known: []) == statistics)
    }
  }
}
