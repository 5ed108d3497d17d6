import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.enabled(if: TestServer.isThere))
struct PoolTests {
  @Test func `who waits first is served first, and a full lane leaves the other alone`()
    async throws
  {
    try await TestServer.withPool(
      nil,
      {
        $0.poolSize = 1
        $0.reservedSize = 1
      }
    ) { pool in
      let (order, line) = AsyncStream.makeStream(of: Int.self)
      try await pool.withConnection { _ in
        let error = await TestServer.error {
          _ = try await pool.query("SELECT 1", deadline: .now + .milliseconds(100))
        }
        #expect(error?.kind == .poolExhausted)
        try await check(pool.query("SELECT 1", lane: .reserved).count == 1)
      }
      let holding = Signal()
      let holder = Task {
        try await pool.withConnection { _ in
          _ = await PostgresIO.thread.wait(until: .now + .seconds(10), heeding: holding)
        }
      }
      #expect(
        await TestServer.eventually { pool.census(.work) == .init(open: 1, idle: 0, waiting: 0) })
      var tasks: [Task<Void, any Error>] = []
      for number in 0..<20 {
        tasks.append(
          Task {
            _ = try await pool.withConnection { _ in line.yield(number) }
          })
        #expect(await TestServer.eventually { pool.census(.work).waiting == number + 1 })
      }
      holding.raise()
      try await holder.value
      for task in tasks { try await task.value }
      line.finish()
      let numbers = await order.reduce(into: []) { $0.append($1) }
      #expect(numbers == Array(0..<20))
    }
  }

  @Test func `a task that is cancelled while it waits gets out at once`() async throws {
    try await TestServer.withPool(nil, { $0.poolSize = 1 }) { pool in
      try await pool.withConnection { _ in
        let task = Task { _ = try await pool.query("SELECT 1") }
        #expect(await TestServer.eventually { pool.census(.work).waiting == 1 })
        let begin = ContinuousClock.now
        task.cancel()
        let error = await TestServer.error { try await task.value }
        #expect(error?.kind == .cancelled)
        #expect(begin.duration(to: .now) < .seconds(30))
        #expect(pool.census(.work).waiting == 0)
      }
      try await check(pool.query("SELECT 1").count == 1)
    }
  }

  @Test(arguments: TestServer.urls)
  func `two hundred tasks share four connections`(url: String) async throws {
    try await TestServer.withPool(url, { $0.poolSize = 4 }) { pool in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<200 {
          group.addTask {
            try await pool.withConnection(deadline: .now + .seconds(60)) { connection in
              try await connection.transaction { connection in
                try await connection.query("SELECT $1::int8", number).first?.int(0) ?? -1
              }
            }
          }
        }
        let sum = try await group.reduce(0, +)
        #expect(sum == 199 * 100)
      }
      #expect(pool.census(.work).open <= 4)
      #expect(pool.census(.work).waiting == 0)
    }
  }

  @Test func `a statement blocks no thread`() async throws {
    // A blocked thread each would need 64, and Swift's pool has as many as there are cores.
    let key = Int64.random(in: 1...1_000_000_000)
    try await TestServer.withPool(nil, { $0.poolSize = 64 }) { pool in
      try await pool.withConnection(.reserved) { holder in
        _ = try await holder.query("SELECT pg_advisory_lock($1)::text", key)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<64 {
            group.addTask {
              _ = try await pool.query(
                "SELECT pg_advisory_lock_shared($1)::text", key, deadline: .now + .seconds(60))
            }
          }
          let allWait = try await TestServer.eventually {
            let rows = try await holder.query(
              "SELECT 1 FROM pg_locks WHERE NOT granted AND objid = $1::int8", key)
            return rows.count == 64
          }
          #expect(allWait)
          _ = try await holder.query("SELECT pg_advisory_unlock($1)", key)
          try await group.waitForAll()
        }
      }
    }
  }

  @Test func `what a user leaves open is taken back`() async throws {
    try await TestServer.withPool(nil, { $0.poolSize = 1 }) { pool in
      try await pool.withConnection { connection in
        _ = try await connection.query(PostgresStatement("BEGIN"))
      }
      try await pool.withConnection { connection in
        #expect(await !connection.isInTransaction)
      }
    }
  }

  @Test func `closing fails who waits and what goes on too long`() async throws {
    let pool = try TestServer.pool(nil) { $0.poolSize = 2 }
    var tasks: [Task<Void, any Error>] = []
    for _ in 0..<20 {
      tasks.append(Task { _ = try await pool.query("SELECT pg_sleep(300)::text") })
    }
    #expect(await TestServer.eventually { pool.census(.work).waiting == 18 })
    #expect(await TestServer.eventually { pool.census(.work).open == 2 })
    let begin = ContinuousClock.now
    await pool.close(grace: .milliseconds(200))
    for task in tasks {
      let error = await TestServer.error { try await task.value }
      #expect(error?.kind == .closed)
    }
    #expect(begin.duration(to: .now) < .seconds(60))
    let late = await TestServer.error { _ = try await pool.query("SELECT 1") }
    #expect(late?.kind == .closed)
    #expect(await TestServer.eventually { pool.census(.work).open == 0 })
  }

  @Test func `closing at any moment loses nobody`() async throws {
    for round in 0..<20 {
      let pool = try TestServer.pool(nil) { $0.poolSize = 3 }
      let tasks = (0..<12).map { _ in
        Task {
          for _ in 0..<50 { _ = try await pool.query("SELECT 1") }
        }
      }
      try await Task.sleep(for: .microseconds(700 * round))
      await pool.close(grace: .milliseconds(round.isMultiple(of: 2) ? 0 : 100))
      for task in tasks {
        let error = await TestServer.error { try await task.value }
        #expect(error == nil || error?.kind == .closed)
      }
    }
  }
}
