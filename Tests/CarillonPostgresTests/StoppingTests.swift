import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite(.enabled(if: TestServer.isThere))
struct StoppingTests {
  @Test(arguments: TestServer.urls)
  func `a statement past its deadline is stopped on the server`(url: String) async throws {
    try await TestServer.withPool(url, { $0.cancelGrace = .seconds(60) }) { pool in
      let mark = UUID().hex
      try await check(pool.query("SELECT 1").count == 1)
      let begin = ContinuousClock.now
      let error = await TestServer.error {
        _ = try await pool.query(
          "SELECT pg_sleep(300)::text /* \(mark) */", deadline: .now + .milliseconds(300))
      }
      #expect(error?.kind == .deadline)
      #expect(begin.duration(to: .now) < .seconds(60))
      try await check(TestServer.eventually { try await !TestServer.runs(mark) })
      try await check(pool.query("SELECT 1").count == 1)
    }
  }

  @Test(arguments: TestServer.urls)
  func `a cancelled task stops its statement on the server`(url: String) async throws {
    try await TestServer.withPool(url, { $0.cancelGrace = .seconds(60) }) { pool in
      let mark = UUID().hex
      let task = Task {
        _ = try await pool.query("SELECT pg_sleep(300)::text /* \(mark) */")
      }
      try await check(TestServer.eventually { try await TestServer.runs(mark) })
      let begin = ContinuousClock.now
      task.cancel()
      let error = await TestServer.error { try await task.value }
      #expect(error?.kind == .cancelled)
      #expect(begin.duration(to: .now) < .seconds(60))
      try await check(TestServer.eventually { try await !TestServer.runs(mark) })
      try await check(pool.query("SELECT 1").count == 1)
    }
  }

  @Test func `a cancel never hits the next statement`() async throws {
    try await TestServer.withConnection { connection in
      for round in 0..<100 {
        _ = await TestServer.error {
          _ = try await connection.query(
            "SELECT pg_sleep(0.005)::text", deadline: .now + .microseconds(5_000 + 40 * round))
        }
        try await check(connection.query("SELECT 1").count == 1)
      }
    }
  }

  @Test(.enabled(if: TestServer.pooledURL != nil))
  func `a statement that waits in a pooler's queue is stopped too`() async throws {
    // More than the pooler has connections to the server.
    try await TestServer.withPool(
      TestServer.pooledURL,
      {
        $0.poolSize = 12
        $0.cancelGrace = .seconds(60)
      }
    ) { pool in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<12 {
          group.addTask {
            let error = await TestServer.error {
              _ = try await pool.withConnection { connection in
                try await connection.query(
                  "SELECT pg_sleep(300)::text", deadline: .now + .milliseconds(50))
              }
            }
            #expect(error?.kind == .deadline)
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func `a task that is cancelled in a transaction rolls back`() async throws {
    try await TestServer.withPool { pool in
      let task = Task {
        try await pool.withConnection { connection in
          try await connection.transaction { connection in
            _ = try await connection.query("SELECT pg_advisory_xact_lock(4711)::text")
            _ = try await connection.query("SELECT pg_sleep(300)::text")
          }
        }
      }
      let isLocked = {
        let rows = try await pool.query(
          "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711")
        return !rows.isEmpty
      }
      try await check(TestServer.eventually { try await isLocked() })
      task.cancel()
      _ = await task.result
      try await check(TestServer.eventually { try await !isLocked() })
    }
  }

  @Test func `a server that is frozen doesn't hold its caller`() async throws {
    try await TestServer.withPool(nil, { $0.cancelGrace = .milliseconds(300) }) { pool in
      try await pool.withConnection { connection in
        let process = pid_t(await connection.backendID)
        #expect(kill(process, SIGSTOP) == 0)
        defer { kill(process, SIGCONT) }
        let begin = ContinuousClock.now
        let error = await TestServer.error {
          _ = try await connection.query("SELECT 1", deadline: .now + .seconds(2))
        }
        #expect(error?.kind == .deadline)
        #expect(begin.duration(to: .now) < .seconds(60))
        #expect(connection.condition == .broken)
      }
      try await check(pool.query("SELECT 1").count == 1)
    }
  }

  @Test func `connecting to a server that doesn't answer ends at its time`() async throws {
    // It accepts and says nothing.
    let silent = try SilentServer()
    defer { silent.close() }
    let configuration = try PostgresConfiguration(
      "host=127.0.0.1 port=\(silent.port) user=a dbname=a connect_timeout=2")
    let begin = ContinuousClock.now
    let error = await TestServer.error { _ = try await PostgresConnection.open(configuration) }
    #expect(error?.kind == .unreachable || error?.kind == .deadline)
    let elapsed = begin.duration(to: .now)
    #expect(elapsed > .seconds(1.5) && elapsed < .seconds(60))
    let patient = try PostgresConfiguration(
      "host=127.0.0.1 port=\(silent.port) user=a dbname=a connect_timeout=120")
    let task = Task { try await PostgresConnection.open(patient) }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    let cancelled = await TestServer.error { _ = try await task.value }
    #expect(cancelled?.kind == .cancelled)
  }
}

/// A port that accepts connections and never answers.
struct SilentServer {
  let port: UInt16
  private let descriptor: CInt

  init() throws {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let ok = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard ok else { throw CocoaError(.fileNoSuchFile) }
    port = UInt16(bigEndian: address.sin_port)
  }

  func close() {
    #if canImport(Glibc)
      _ = Glibc.close(descriptor)
    #else
      _ = Darwin.close(descriptor)
    #endif
  }
}
