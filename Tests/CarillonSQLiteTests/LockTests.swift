import Carillon
import CarillonSQLite
import Foundation
import GRDB
import Testing

/// What other programs on the same file may do, and must not spoil.
@Suite struct `Locks of other programs` {
  private let file: DamagedFile
  private let other: DatabaseQueue

  init() async throws {
    file = try await DamagedFile()
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    other = try DatabaseQueue(path: file.path, configuration: configuration)
  }

  private func other(_ sql: String) async throws {
    try await other.writeWithoutTransaction { try $0.execute(sql: sql) }
  }

  @Test func `don't keep a current file from being opened and read`() async throws {
    try await other("BEGIN IMMEDIATE")
    let store = try await SQLiteStore(path: file.path)
    #expect(try await store.statistics(known: []).nodes.isEmpty)
    store.close()
    try await other("ROLLBACK")
  }

  @Test func `a long log is cut back once no reader needs it, and nobody waits for that`()
    async throws
  {
    try await other("BEGIN; SELECT count(*) FROM carillon_jobs")
    try file.execute("CREATE TABLE ballast AS SELECT zeroblob(\(70 << 20)) AS bytes")
    func logSize() throws -> Int {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(file.path)-wal")
      return attributes[.size] as? Int ?? 0
    }
    #expect(try logSize() > 64 << 20)
    let start = ContinuousClock.now
    try await file.store.maintain()
    // Waiting for the reader would take the busy timeout, 15 s.
    #expect(ContinuousClock.now - start < .seconds(7))
    try await other("COMMIT")
    try await file.store.maintain()
    #expect(try logSize() < 64 << 20)
  }

  @Test(arguments: ["BEGIN; SELECT count(*) FROM t", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
  func `keep a file only for a while from becoming ours`(_ lock: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "new.db").path
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try await other.writeWithoutTransaction { try $0.execute(sql: "CREATE TABLE t (a)") }
    try await other.writeWithoutTransaction { try $0.execute(sql: lock) }
    async let store = SQLiteStore(path: path)
    try await Task.sleep(for: .milliseconds(300))
    try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
    try await store.close()
  }
}
