import Carillon
import Foundation
import Logging
import Testing

@testable import CarillonPostgres

/// With servers of their own, which are stopped and started.
@Suite(.enabled(if: TestServer.isThere), .serialized)
struct OutageTests {
  @Test(arguments: ["fast", "immediate"])
  func `a server that goes amid a statement leaves its fate open, and the pool recovers`(
    mode: String
  ) async throws {
    try await OwnServer.with { server in
      try await TestServer.withPool(server.url) { pool in
        try await check(pool.query("SELECT 1").count == 1)
        let slow = Task { _ = try await pool.query("SELECT pg_sleep(60)::text") }
        #expect(
          await TestServer.eventually { pool.census(.work) == .init(open: 1, idle: 0, waiting: 0) })
        #expect(
          try await TestServer.eventually {
            try await TestServer.runs("pg_sleep(60)", at: server.url)
          })
        try await server.order("stop", mode)
        let lost = await TestServer.error { try await slow.value }
        #expect(lost?.kind == .connectionLost)
        #expect(lost?.isRetryable == true)
        let away = await TestServer.error { _ = try await pool.query("SELECT 1") }
        #expect(away?.kind == .unreachable)
        try await server.order("start")
        let isBack = await TestServer.eventually {
          (try? await pool.query("SELECT 1", deadline: .now + .seconds(5)).count) == 1
        }
        #expect(isBack)
      }
    }
  }

  @Test func `an outage is logged once, and its end`() async throws {
    try await OwnServer.with { server in
      let log = CapturedLog()
      let pool = PostgresPool(
        configuration: try TestServer.configuration(server.url),
        logger: Logger(label: "test") { _ in log })
      _ = try await pool.query("SELECT 1")
      try await server.order("stop", "fast")
      for _ in 0..<3 { _ = await TestServer.error { _ = try await pool.query("SELECT 1") } }
      #expect(log.messages == ["PostgreSQL can't be reached"])
      try await server.order("start")
      let isBack = await TestServer.eventually {
        (try? await pool.query("SELECT 1", deadline: .now + .seconds(5)).count) == 1
      }
      #expect(isBack)
      #expect(log.messages == ["PostgreSQL can't be reached", "PostgreSQL answers again"])
      await pool.close(grace: .zero)
    }
  }

  @Test func `a listener comes back after its connection was terminated`() async throws {
    try await OwnServer.with { server in
      let listener = PostgresListener(
        configuration: try PostgresConfiguration(server.url), logger: TestServer.logger)
      try await TestServer.withPool(server.url) { pool in
        var events = await listener.events(of: "Odd \"channel\"").makeAsyncIterator()
        for round in 0..<5 {
          // It may fail a few times before the server is back.
          var event = await events.next()
          while case .disconnected = event { event = await events.next() }
          #expect(event == .connected)
          _ = try await pool.query(
            "SELECT pg_notify($1, $2)::text", "Odd \"channel\"", "n \(round)")
          #expect(await events.next() == .notification(payload: "n \(round)"))
          if round == 2 {
            try await server.order("restart", "immediate")
          } else {
            _ = try await pool.query(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
          }
          guard case .disconnected(let error) = await events.next() else {
            Issue.record("the listener didn't notice")
            return
          }
          #expect(error.kind == .connectionLost)
        }
      }
      await listener.close()
    }
  }

  #if os(Linux)
    @Test func `two hundred connections leave no descriptor behind`() async throws {
      try await OwnServer.with { server in
        for _ in 0..<10 {
          try await TestServer.withPool(server.url, { $0.poolSize = 20 }) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
              for _ in 0..<20 {
                group.addTask { _ = try await pool.query("SELECT pg_sleep(0.05)::text") }
              }
              try await group.waitForAll()
            }
          }
        }
        let port = try #require(URL(string: server.url)?.port)
        #expect(await TestServer.eventually { (try? sockets(to: port)) == 0 })
      }
    }

    /// This process's sockets that are connected to a port.
    private func sockets(to port: Int) throws -> Int {
      let hex = String(port, radix: 16, uppercase: true)
      let suffix = ":" + String(repeating: "0", count: 4 - hex.count) + hex
      let table = try String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)
      let inodes = table.split(separator: "\n").dropFirst().compactMap { line -> Substring? in
        let fields = line.split(separator: " ")
        return fields.count > 9 && fields[2].hasSuffix(suffix) ? fields[9] : nil
      }
      let files = FileManager.default
      return try files.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
        guard let target = try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
        else { return false }
        return inodes.contains { target == "socket:[\($0)]" }
      }
    }
  #endif
}
