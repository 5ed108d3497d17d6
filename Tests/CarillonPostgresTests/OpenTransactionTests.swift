import Carillon
import CarillonTesting
import Foundation
import Synchronization
import Testing

@testable import CarillonPostgres

/// A transaction that stays open keeps all index entries of claimed jobs from being cleared away.
@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `Claims beside an open transaction` {
  @Test func `don't step over all that was claimed since it began`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      try await test.execute("ALTER TABLE $schema.jobs SET (autovacuum_enabled = off)")
      let node = try await test.join()
      let count = 40_000
      for _ in 0..<(count / 10_000) { _ = try await test.insert(count: 10_000) }
      // As dear as beside some hundred thousand: then the looks from the beginning are seconds apart.
      test.store.frontier.withLock { $0 = Frontier(least: .milliseconds(50)) }
      let began = ContinuousClock.now
      try await test.holding {
        var done = 0
        while true {
          let claimed = try await test.claim(200, by: node)
          if claimed.isEmpty { break }
          done += claimed.count
          _ = try await test.store.exchange(
            try claimed.map { try test.settlement($0) }, claim: nil, by: node)
        }
        #expect(done == count)
        // Each walks them at most four times: to see whether there is anything, for the levels, for the
        // jobs, and for what is left. If each of the 200 claims did it would be 400 entries for each job.
        let looks = Int((ContinuousClock.now - began) / .seconds(3)) + 2
        let walked = try await test.walkedEntries()
        #expect(walked < count * (4 * looks + 10), "\(walked) entries in \(looks) looks")
        #expect(looks < 40)
        // What they really cost is noticed by itself.
        test.store.frontier.withLock { $0 = Frontier() }
        for _ in 0..<3 { _ = try await test.claim(200, by: node) }
        #expect(
          test.store.frontier.withLock { $0.look(for: nil, at: .zero, isExact: false) }
            .asksForTheRest)
      }
    }
  }

  @Test func `find what another process stores, on whatever level`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      let other = try await test.another(isOnDatabaseClock: true)
      test.store.frontier.withLock { $0 = Frontier(least: .milliseconds(10)) }
      _ = try await test.insert(count: 10)
      for _ in 0..<5 { _ = try await test.claim(1, by: node) }
      let new = [
        try test.request(priority: 9), try test.request(queue: "mail"), try test.request(),
        try test.request(time: .at(Instant(microseconds: 0))),
      ]
      _ = try await other.insert(new)
      var missing = Set(new.map(\.uuid))
      let deadline = ContinuousClock.now + .seconds(10)
      while !missing.isEmpty, ContinuousClock.now < deadline {
        for job in try await test.claim(1, by: node) { missing.remove(job.uuid) }
      }
      #expect(missing.isEmpty)
    }
  }

  @Test func `learn of another process's levels also while nothing is due`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      let other = try await test.another(isOnDatabaseClock: true)
      test.store.frontier.withLock { $0 = Frontier(least: .milliseconds(10)) }
      _ = try await test.insert(count: 3)
      while try await !test.claim(9, by: node).isEmpty {}
      _ = try await other.insert([try test.request(time: .in(.seconds(600)), priority: 9)])
      let deadline = ContinuousClock.now + .seconds(10)
      var levels: Set<Frontier.Level> = []
      while !levels.contains(where: { $0.priority == 9 }), ContinuousClock.now < deadline {
        #expect(try await test.claim(9, by: node).isEmpty)
        levels = test.store.frontier.withLock { $0.levels(of: .all(1)) }
      }
      #expect(levels.contains { $0.priority == 9 })
    }
  }

  @Test func `aren't led back to the beginning by a job that is cancelled`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      test.store.frontier.withLock { $0 = Frontier(least: .seconds(1)) }
      let jobs = try await test.insert(count: 5)
      _ = try await test.claim(2, by: node)
      _ = try await test.store.apply(.cancel(reason: "test"), to: jobs[4].uuid)
      let isKnown = test.store.frontier.withLock { $0.levels(of: .all(1)) }
      #expect(!isKnown.isEmpty)
    }
  }

  @Test func `aren't led back to the beginning by an operation, and claim what it has put first`()
    async throws
  {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      test.store.frontier.withLock { $0 = Frontier(least: .seconds(1)) }
      let jobs = try await test.insert(count: 6)
      let claimed = try await test.claim(3, by: node).map(\.uuid)
      let left = jobs.map(\.uuid).filter { !claimed.contains($0) }
      let operations = Operations(store: test.store)
      for (command, filter) in [
        (JobCommand.edit(try JobEdit(priority: 9)), "uuid:\(left[0].text)"),
        (.cancel(reason: "test"), "uuid:\(left[1].text)"),
      ] {
        let operation = try await operations.begin(command, on: filter)
        #expect(try await operations.finish(operation.uuid).done == 1)
      }
      #expect(!test.store.frontier.withLock { $0.levels(of: .all(1)) }.isEmpty)
      #expect(try await test.claim(1, by: node).map(\.uuid) == [left[0]])
      #expect(try await test.claim(9, by: node).map(\.uuid) == [left[2]])
    }
  }

  @Test func `take what another process lets go of as soon as a queue is open again`() async throws
  {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      let other = try await test.another(isOnDatabaseClock: true)
      test.store.frontier.withLock { $0 = Frontier(least: .milliseconds(50)) }
      _ = try await test.insert(count: 3)
      for _ in 0..<4 { _ = try await test.claim(1, by: node) }
      _ = try await other.apply(.pause(.queue("default"), until: nil, by: nil, reason: nil))
      let late = try await other.insert([test.request(time: .at(Instant(microseconds: 0)))])
      for _ in 0..<4 {
        let none = try await test.claim(1, by: node)
        #expect(none.isEmpty)
      }
      _ = try await other.apply(.resume(.queue("default")))
      var claimed: [Job] = []
      let deadline = ContinuousClock.now + .seconds(10)
      while claimed.isEmpty, ContinuousClock.now < deadline {
        claimed = try await test.claim(1, by: node)
      }
      #expect(claimed.map(\.uuid) == late.map(\.uuid))
    }
  }
}

extension TestStore {
  /// Runs `body` while somebody else has a transaction open that has read the jobs.
  fileprivate func holding(_ body: () async throws -> Void) async throws {
    try await store.pool.withConnection { connection in
      try await connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ")
      _ = try await connection.query(
        PostgresStatement("SELECT count(*) FROM \(self.store.schema("jobs"))"),
        deadline: .now + .seconds(60))
      try await body()
      try await connection.script("ROLLBACK")
    }
  }

  /// How many index entries of ready jobs have been walked; the server tells it a little later.
  fileprivate func walkedEntries() async throws -> Int {
    var last = -1
    for _ in 0..<40 {
      let rows = try await execute(
        """
        SELECT idx_tup_read FROM pg_stat_user_indexes
        WHERE indexrelid = '$schema.jobs_ready'::regclass
        """)
      let read = try #require(rows.first).int(0)
      if read == last { return read }
      last = read
      try await Task.sleep(for: .seconds(1.5))
    }
    return last
  }
}
