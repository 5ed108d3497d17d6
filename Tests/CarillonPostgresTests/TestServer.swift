import Foundation
import Logging
import Synchronization
import Testing

@testable import CarillonPostgres

/// Expects what has to be asked for first. `#expect` alone doesn't make its closure a throwing one.
func check(_ isSo: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(isSo, sourceLocation: sourceLocation)
}

/// The servers that `bin/postgres` has started for the tests.
enum TestServer {
  static let url = ProcessInfo.processInfo.environment["CARILLON_TEST_POSTGRES"]
  static let pooledURL = ProcessInfo.processInfo.environment["CARILLON_TEST_PGBOUNCER"]
  static var isThere: Bool { url != nil }
  /// Both ways to the server, as far as there are two.
  static let urls = [url, pooledURL].compactMap { $0 }

  static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  static func configuration(
    _ url: String? = nil, _ change: (inout PostgresConfiguration) -> Void = { _ in }
  ) throws -> PostgresConfiguration {
    // Times that a busy machine doesn't reach.
    var configuration = try PostgresConfiguration(
      (url ?? TestServer.url ?? "") + "?connect_timeout=60&pool_timeout=60&statement_timeout=120")
    change(&configuration)
    return configuration
  }

  static func pool(
    _ url: String? = nil, _ change: (inout PostgresConfiguration) -> Void = { _ in }
  ) throws -> PostgresPool {
    PostgresPool(configuration: try configuration(url, change), logger: logger)
  }

  static func withPool(
    _ url: String? = nil, _ change: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresPool) async throws -> Void
  ) async throws {
    let pool = try pool(url, change)
    do {
      try await body(pool)
    } catch {
      await pool.close(grace: .zero)
      throw error
    }
    await pool.close(grace: .seconds(1))
  }

  static func withConnection(
    _ url: String? = nil, _ change: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresConnection) async throws -> Void
  ) async throws {
    let connection = try await PostgresConnection.open(configuration(url, change))
    do {
      try await body(connection)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }

  /// Waits until something is so, for at most a minute; answers with whether it came to be.
  static func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<3_000 {
      if try await condition() { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  /// Whether a statement with this mark runs on the server.
  static func runs(_ mark: String, at url: String? = nil) async throws -> Bool {
    var found = false
    try await withConnection(url) { connection in
      let rows = try await connection.query(
        """
        SELECT 1 FROM pg_stat_activity
        WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()
        """,
        "%\(mark)%")
      found = !rows.isEmpty
    }
    return found
  }

  /// What an operation throws; nil if it succeeds.
  static func error(of operation: () async throws -> Void) async -> PostgresError? {
    do {
      try await operation()
      return nil
    } catch {
      return error as? PostgresError
    }
  }
}

/// A server of a test's own, which may be stopped without harm to others.
struct OwnServer: Sendable {
  let url: String
  private let control: String
  private let process: Process
  private let input: Pipe

  /// Runs `body` with a new server, and ends that.
  static func with(_ body: (OwnServer) async throws -> Void) async throws {
    let server = try await blocking { try OwnServer() }
    do {
      try await body(server)
    } catch {
      try await blocking { server.end() }
      throw error
    }
    try await blocking { server.end() }
  }

  private init() throws {
    let repository = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    process = Process()
    process.executableURL = repository.appending(path: "bin/postgres")
    process.arguments = [
      "run", "sh", "-c",
      #"echo "$CARILLON_TEST_POSTGRES $CARILLON_TEST_POSTGRES_CONTROL"; exec cat >/dev/null"#,
    ]
    input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try OwnServer.start(process)
    var line = Data()
    while line.last != UInt8(ascii: "\n"),
      let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty
    {
      line.append(byte)
    }
    let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 2 else { throw CocoaError(.executableLoad) }
    url = String(words[0])
    control = String(words[1])
  }

  /// `start`, `stop fast`, `restart immediate` and so on.
  func order(_ words: String...) async throws {
    try await OwnServer.blocking {
      let process = Process()
      process.executableURL = URL(filePath: control)
      process.arguments = words
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try OwnServer.start(process)
      process.waitUntilExit()
    }
  }

  private func end() {
    try? input.fileHandleForWriting.close()
    // The other end may have come to another server's processes, which were started meanwhile.
    process.terminate()
    process.waitUntilExit()
  }

  private static let starting = Mutex(())

  /// One at a time: a process that is started inherits what another start has open, and Foundation
  /// would take the other for running as long as it does.
  private static func start(_ process: Process) throws {
    try starting.withLock { _ in try process.run() }
  }

  /// Other tests run on the threads of Swift's pool.
  private static func blocking<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread { continuation.resume(with: Result { try body() }) }.start()
    }
  }
}
